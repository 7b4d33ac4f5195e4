use charts::{Across, Axis, BarSeries, Figure, Layer, Line, Panel, Point, Rule};

use super::drawing::{area, elements, number, read, single, texts, with_axes};

fn line(points: &[[f64; 2]]) -> Layer {
    Line::new("", points.iter().map(|[x, y]| Point::new(*x, *y))).into()
}

#[test]
fn a_linear_axis_has_round_ticks_within_its_range() {
    let y = Axis::linear("AUC").range(0.88, 0.92);
    let found = texts(&with_axes(Axis::linear("x").range(0.0, 59_049.0), y, line(&[[0.0, 0.9]])));
    for label in ["0.88", "0.89", "0.90", "0.91", "0.92", "0", "20,000", "40,000"] {
        assert!(found.contains(&label.to_owned()), "{label} is missing in {found:?}");
    }
    assert!(!found.contains(&"60,000".to_owned()), "{found:?}");
}

#[test]
fn the_unit_is_in_the_heading_of_an_axis() {
    let figure = with_axes(Axis::linear("input").unit("s"), Axis::linear("AUC"), line(&[[1.0, 0.9]]));
    assert!(texts(&figure).contains(&"input (s)".to_owned()));
}

#[test]
fn a_logarithmic_axis_has_equal_distances_for_equal_ratios() {
    let figure =
        with_axes(Axis::log10("stride").range(1.0, 1_000.0), Axis::linear("y"), line(&[[1.0, 0.0], [10.0, 1.0]]));
    let labels = ["1", "10", "100", "1,000"];
    let places = read(&figure, |document| {
        let all = elements(document, "text");
        labels.map(|label| number(*all.iter().find(|node| node.text() == Some(label)).expect(label), "x"))
    });
    for pair in places.windows(2) {
        assert!((pair[1] - pair[0] - 400.0 / 3.0).abs() < 0.1, "{places:?}");
    }
}

#[test]
fn a_short_logarithmic_axis_has_labels_between_powers_of_ten() {
    let figure = with_axes(Axis::log10("rate").unit("Hz"), Axis::linear("y"), line(&[[2_000.0, 0.0], [22_050.0, 1.0]]));
    let found = texts(&figure);
    for label in ["2,000", "5,000", "10,000", "20,000"] {
        assert!(found.contains(&label.to_owned()), "{label} is missing in {found:?}");
    }
}

#[test]
fn values_without_a_place_on_a_logarithmic_axis_are_left_out() {
    let figure = with_axes(Axis::log10("x"), Axis::linear("y"), line(&[[0.0, 1.0], [-5.0, 2.0], [10.0, 3.0]]));
    assert_eq!(read(&figure, |document| elements(document, "circle").len()), 1);
}

#[test]
fn given_ticks_replace_the_usual_ones() {
    let x = Axis::log10("rate").ticks([2_000.0, 8_000.0, 22_050.0, 1e9]);
    let found = texts(&with_axes(x, Axis::linear("").ticks([]), line(&[[2_000.0, 0.0], [22_050.0, 1.0]])));
    assert_eq!(found, ["title", "2,000", "8,000", "22,050", "rate"]);
}

#[test]
fn large_and_small_numbers_are_short() {
    let cases =
        [(0.0, "0"), (22_050.0, "22,050"), (0.9055, "0.9055"), (-0.25, "−0.25"), (1e9, "10⁹"), (2e-5, "2×10⁻⁵")];
    for (value, text) in cases {
        assert_eq!(charts::number(value), text);
    }
}

#[test]
fn a_single_value_is_in_the_middle() {
    let figure = single(line(&[[3.0, 0.9]]));
    read(&figure, |document| {
        let [left, top, right, bottom] = area(document);
        let point = elements(document, "circle")[0];
        assert!((number(point, "cx") - (left + right) / 2.0).abs() < 0.1);
        assert!((number(point, "cy") - (top + bottom) / 2.0).abs() < 0.1);
    });
}

#[test]
fn shared_axes_have_one_range_and_labels_on_the_outside() {
    let panel =
        |high: f64| Panel::new(Axis::linear("left"), Axis::linear("AUC")).layer(line(&[[0.0, 0.0], [1.0, high]]));
    let figure = Figure::new("").panel(panel(1.0)).panel(panel(10.0)).shared(false, true);
    let found = texts(&figure);
    assert_eq!(found.iter().filter(|text| *text == "AUC").count(), 1);
    assert_eq!(found.iter().filter(|text| *text == "left").count(), 2);
    assert_eq!(found.iter().filter(|text| *text == "10").count(), 1, "{found:?}");
    read(&figure, |document| {
        let points = elements(document, "circle");
        // The highest value of the first panel is at a tenth of the height.
        let [first, last, _, highest] = [0, 1, 2, 3].map(|index| number(points[index], "cy"));
        assert!(((first - last) / (first - highest) - 0.1).abs() < 0.01);
    });
}

#[test]
fn an_axis_without_values_still_has_ticks() {
    for axis in [Axis::linear("x"), Axis::log10("x"), Axis::categories::<&str>("x", [])] {
        let found = texts(&with_axes(axis, Axis::linear("y"), line(&[])));
        assert!(found.contains(&"no values".to_owned()), "{found:?}");
    }
}

#[test]
fn a_reference_line_belongs_to_the_range() {
    let rule = Rule::horizontal(5.0, "published");
    assert_eq!(rule.across, Across::Y);
    let panel = Panel::new(Axis::linear("x"), Axis::linear("y")).layer(line(&[[0.0, 0.0], [1.0, 1.0]])).layer(rule);
    let found = texts(&Figure::new("").panel(panel));
    assert!(found.contains(&"4".to_owned()) && found.contains(&"published".to_owned()), "{found:?}");
}

#[test]
fn labels_of_many_categories_are_turned() {
    let names: Vec<String> = (0..50).map(|index| format!("tag {index}")).collect();
    let bars = vec![BarSeries::new("", (0..50).map(f64::from))];
    let figure = with_axes(Axis::categories("tag", names), Axis::linear("y"), bars);
    read(&figure, |document| {
        let turned =
            |node: &roxmltree::Node| node.attribute("transform").is_some_and(|turn| turn.starts_with("rotate(-90"));
        let texts = elements(document, "text");
        let tags: Vec<_> =
            texts.iter().filter(|node| node.text().is_some_and(|text| text.starts_with("tag "))).collect();
        assert_eq!(tags.len(), 50);
        assert!(tags.iter().all(|node| turned(node)));
        let gaps = tags.windows(2).map(|pair| number(*pair[1], "x") - number(*pair[0], "x"));
        assert!(gaps.fold(f64::INFINITY, f64::min) > 14.0, "the labels do not overlap");
    });
}

#[test]
fn powers_of_ten_keep_their_labels_where_there_is_no_room_for_all() {
    let x = Axis::log10("x").range(1.0, 1_000.0);
    let figure = with_axes(x, Axis::linear("y"), line(&[[1.0, 0.0]])).panel_size(260.0, 200.0);
    let found = texts(&figure);
    for label in ["1", "10", "100", "1,000"] {
        assert!(found.contains(&label.to_owned()), "{label} is missing in {found:?}");
    }
}
