use charts::{Axis, Figure, Line, Panel, Point};

use super::drawing::{area, elements, number, read, single, with_axes};

const BLUE: &str = "#0072b2";

/// The positions of an error bar's two ends and its line in a panel of 400 by 200 pixels from 0 to 10 by 0 to 1.
#[test]
fn an_error_bar_reaches_from_its_lower_to_its_upper_end() {
    let line = Line::new("", [Point::new(5.0, 0.5).between(0.25, 0.9)]);
    let figure = with_axes(Axis::linear("x").range(0.0, 10.0), Axis::linear("y").range(0.0, 1.0), line);
    read(&figure, |document| {
        let [left, top, right, bottom] = area(document);
        assert_eq!([right - left, bottom - top], [400.0, 200.0]);
        let bars: Vec<_> =
            elements(document, "line").into_iter().filter(|line| line.attribute("stroke") == Some(BLUE)).collect();
        let [stem, low, high] = [0, 1, 2].map(|index| ["x1", "y1", "x2", "y2"].map(|name| number(bars[index], name)));
        let x = left + 200.0;
        assert_eq!(stem, [x, bottom - 50.0, x, bottom - 180.0]);
        assert_eq!(low, [x - 4.0, bottom - 50.0, x + 4.0, bottom - 50.0]);
        assert_eq!(high, [x - 4.0, bottom - 180.0, x + 4.0, bottom - 180.0]);
    });
}

#[test]
fn an_error_bar_is_cut_at_the_edge() {
    let line = Line::new("", [Point::new(5.0, 0.5).between(-1.0, 0.9)]);
    let figure = with_axes(Axis::linear("x"), Axis::linear("y").range(0.0, 1.0), line);
    read(&figure, |document| {
        let [_, _, _, bottom] = area(document);
        let bars: Vec<_> =
            elements(document, "line").into_iter().filter(|line| line.attribute("stroke") == Some(BLUE)).collect();
        assert_eq!(bars.len(), 2, "the lower end is outside and has no cap");
        assert_eq!(number(bars[0], "y1"), bottom);
    });
}

#[test]
fn values_that_are_not_finite_interrupt_the_line() {
    let points = [1.0, 2.0, f64::NAN, 3.0, 4.0, f64::INFINITY, 5.0].into_iter().enumerate();
    let figure = single(Line::new("", points.map(|(x, y)| Point::new(x as f64, y))));
    read(&figure, |document| {
        let lines =
            elements(document, "path").into_iter().filter(|path| path.attribute("fill") == Some("none")).count();
        assert_eq!((lines, elements(document, "circle").len()), (2, 5));
    });
}

#[test]
fn a_line_is_cut_at_the_edges_of_its_panel() {
    let line = Line::new("", [Point::new(-10.0, 0.5), Point::new(20.0, 0.5)]);
    let figure = with_axes(Axis::linear("x").range(0.0, 10.0), Axis::linear("y").range(0.0, 1.0), line);
    read(&figure, |document| {
        let [left, top, right, _] = area(document);
        let path = elements(document, "path")[0].attribute("d").expect("data").to_owned();
        assert_eq!(path, format!("M{left} {0}L{right} {0}", top + 100.0));
        assert!(elements(document, "circle").is_empty(), "both points are outside");
    });
}

#[test]
fn a_band_lies_between_the_ends_of_the_intervals() {
    let points = [0.0, 10.0].map(|x| Point::new(x, 0.5).between(0.25, 0.75));
    let line = Line::new("", points).band().without_markers();
    let figure = with_axes(Axis::linear("x").range(0.0, 10.0), Axis::linear("y").range(0.0, 1.0), line);
    read(&figure, |document| {
        let [left, top, right, _] = area(document);
        let (upper, lower) = (top + 50.0, top + 150.0);
        let band = elements(document, "path")[0];
        let expected = format!("M{left} {upper}L{right} {upper}L{right} {lower}L{left} {lower}Z");
        assert_eq!(band.attribute("d"), Some(expected.as_str()));
    });
}

#[test]
fn fifty_series_differ_in_colour_or_marker() {
    let panel = (0..50).fold(Panel::new(Axis::linear("x"), Axis::linear("y")), |panel, index| {
        panel.layer(Line::new(format!("series {index}"), [Point::new(0.0, f64::from(index))]).unconnected())
    });
    let figure = Figure::new("").panel(panel);
    read(&figure, |document| {
        let mut seen = std::collections::HashSet::new();
        // The last 50 markers are those of the panel; those before are in the legend.
        let markers = document.descendants().filter(|node| node.attribute("stroke") == Some("#ffffff"));
        for marker in markers.collect::<Vec<_>>().into_iter().rev().take(50) {
            let data = marker.attribute("d").unwrap_or("circle");
            let corners: Vec<[f64; 2]> = data
                .split(['M', 'L', 'Z'])
                .filter_map(|corner| corner.split_once(' '))
                .filter_map(|(x, y)| Some([x.parse().ok()?, y.parse().ok()?]))
                .collect();
            let shape: Vec<String> =
                corners.iter().map(|[x, y]| format!("{:.0} {:.0}", x - corners[0][0], y - corners[0][1])).collect();
            assert!(seen.insert((marker.attribute("fill").map(str::to_owned), shape)), "two series look the same");
        }
        assert_eq!(seen.len(), 50);
    });
}

#[test]
fn a_series_looks_the_same_in_all_panels_and_is_once_in_the_legend() {
    let panel = |names: &[&str]| {
        names.iter().fold(Panel::new(Axis::linear("x"), Axis::linear("y")), |panel, name| {
            panel.layer(Line::new(*name, [Point::new(0.0, 1.0)]))
        })
    };
    let figure = Figure::new("").panel(panel(&["a", "b"])).panel(panel(&["b"]));
    let found = super::drawing::texts(&figure);
    assert_eq!(found.iter().filter(|text| *text == "b").count(), 1);
    read(&figure, |document| {
        let markers: Vec<_> =
            document.descendants().filter(|node| node.attribute("stroke") == Some("#ffffff")).collect();
        let fills: Vec<_> = markers.iter().map(|marker| marker.attribute("fill")).collect();
        assert_eq!(fills, [Some(BLUE), Some("#d55e00"), Some(BLUE), Some("#d55e00"), Some("#d55e00")]);
    });
}
