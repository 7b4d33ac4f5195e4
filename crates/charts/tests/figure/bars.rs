use charts::{Axis, BarSeries, Bars};

use super::drawing::{area, elements, number, read, with_axes};

const BLUE: &str = "#0072b2";

/// The rectangles of the first series: x, y, width, height.
fn rectangles(document: &roxmltree::Document) -> Vec<[f64; 4]> {
    let all = elements(document, "rect").into_iter().filter(|rect| rect.attribute("fill") == Some(BLUE));
    all.map(|rect| ["x", "y", "width", "height"].map(|name| number(rect, name))).collect()
}

#[test]
fn bars_begin_at_zero() {
    let bars = vec![BarSeries::new("", [2.0, -1.0, f64::NAN])];
    let figure = with_axes(Axis::categories("", ["a", "b", "c"]), Axis::linear("y").range(-2.0, 2.0), bars);
    read(&figure, |document| {
        let [_, top, _, _] = area(document);
        let found = rectangles(document);
        assert_eq!(found.len(), 2, "a value that is not finite has no bar");
        assert_eq!([found[0][1], found[0][3]], [top, 100.0]);
        assert_eq!([found[1][1], found[1][3]], [top + 100.0, 50.0]);
    });
}

#[test]
fn the_axis_of_bars_contains_zero() {
    let figure = with_axes(Axis::categories("", ["a"]), Axis::linear("y"), vec![BarSeries::new("", [0.9])]);
    read(&figure, |document| {
        let [_, _, _, bottom] = area(document);
        let [_, y, _, height] = rectangles(document)[0];
        assert!((y + height - bottom).abs() < 0.02);
    });
}

#[test]
fn bars_of_a_group_stand_beside_each_other() {
    let bars = Bars { series: vec![BarSeries::new("a", [1.0, 2.0]), BarSeries::new("b", [2.0, 3.0])] };
    let figure = with_axes(Axis::categories("", ["x", "y"]), Axis::linear("y"), bars);
    read(&figure, |document| {
        let rectangles = |fill: &str| {
            let all = elements(document, "rect").into_iter().filter(|rect| rect.attribute("fill") == Some(fill));
            all.map(|rect| [number(rect, "x"), number(rect, "width")]).collect::<Vec<_>>()
        };
        // The first of each is the sample in the legend.
        let (one, other) = (rectangles(BLUE), rectangles("#d55e00"));
        assert!((one[1][0] + one[1][1] - other[1][0]).abs() < 0.02);
        assert!(other[1][0] + other[1][1] < one[2][0], "there is a gap between groups");
    });
}

#[test]
fn bars_of_a_category_y_axis_are_horizontal_with_the_first_at_the_top() {
    let bars = vec![BarSeries::new("", [1.0, 2.0])];
    let figure = with_axes(Axis::linear("gain").range(0.0, 2.0), Axis::categories("", ["first", "second"]), bars);
    read(&figure, |document| {
        let found = rectangles(document);
        assert_eq!([found[0][2], found[1][2]], [200.0, 400.0]);
        assert!(found[0][1] < found[1][1]);
    });
}

#[test]
fn an_error_bar_stands_in_the_middle_of_its_bar() {
    let mut series = BarSeries::new("", [0.5]);
    series.bars[0] = series.bars[0].between(0.25, 0.75);
    let figure = with_axes(Axis::categories("", ["a"]), Axis::linear("y").range(0.0, 1.0), vec![series]);
    read(&figure, |document| {
        let [x, _, width, _] = rectangles(document)[0];
        let [left, top, _, bottom] = area(document);
        assert!((x + width / 2.0 - left - 200.0).abs() < 0.02);
        let lines = elements(document, "line");
        let stem = lines.iter().find(|line| line.attribute("stroke-width") == Some("1.6")).expect("an error bar");
        assert_eq!(["x1", "y1", "y2"].map(|name| number(*stem, name)), [left + 200.0, bottom - 50.0, top + 50.0]);
    });
}

#[test]
fn a_bar_of_a_category_that_does_not_exist_is_left_out() {
    let bars = vec![BarSeries::new("", [1.0, 2.0, 3.0])];
    let figure = with_axes(Axis::categories("", ["a"]), Axis::linear("y"), bars);
    assert_eq!(read(&figure, |document| rectangles(document).len()), 1);
}
