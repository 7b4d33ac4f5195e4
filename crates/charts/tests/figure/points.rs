use charts::{Axis, PointGroup, Points};

use super::drawing::{area, elements, number, read, single, with_axes};

fn group(name: &str, count: usize) -> PointGroup {
    let at = (0..count).map(|index| [(index as f64 * 0.37).sin(), (index as f64 * 0.11).cos()]).collect();
    PointGroup { name: name.to_owned(), at }
}

#[test]
fn a_point_is_at_its_place() {
    let groups = vec![PointGroup { name: String::new(), at: vec![[2.5, 0.75], [f64::NAN, 0.5]] }];
    let figure = with_axes(Axis::linear("x").range(0.0, 10.0), Axis::linear("y").range(0.0, 1.0), groups);
    read(&figure, |document| {
        let [left, top, _, _] = area(document);
        let points = elements(document, "circle");
        assert_eq!(points.len(), 1);
        assert_eq!([number(points[0], "cx"), number(points[0], "cy")], [left + 100.0, top + 50.0]);
    });
}

#[test]
fn more_points_are_more_transparent() {
    let opacity = |count: usize| {
        read(&single(vec![group("", count)]), |document| number(elements(document, "circle")[0], "fill-opacity"))
    };
    assert!(opacity(10) > opacity(2_900));
    let given = Points { groups: vec![group("", 3)], opacity: Some(0.02) };
    assert_eq!(read(&single(given), |document| number(elements(document, "circle")[0], "fill-opacity")), 0.02);
}

#[test]
fn fifty_thousand_points_are_an_image_of_less_than_two_megabytes() {
    let figure = single(vec![group("a", 25_000), group("b", 25_000)]);
    read(&figure, |document| assert_eq!(elements(document, "image").len(), 1));
    let inline = figure.inline_svg();
    assert!(inline.contains("chart-light") && inline.contains("chart-dark"), "one image for each theme");
    assert!(inline.len() < 2_000_000, "{} bytes", inline.len());
}
