use charts::{Axis, Figure, HeatMap, Panel};

use super::drawing::{area, elements, number, read, single, texts, with_axes};

/// The cells of the first panel: fill, x, y.
fn cells(figure: &Figure, count: usize) -> Vec<(String, f64, f64)> {
    read(figure, |document| {
        let cells = elements(document, "rect").into_iter().skip(1).take(count);
        cells
            .map(|cell| (cell.attribute("fill").unwrap_or("").to_owned(), number(cell, "x"), number(cell, "y")))
            .collect()
    })
}

#[test]
fn the_smallest_value_is_dark_and_the_largest_light() {
    let found = cells(&single(HeatMap::new("v", vec![vec![0.0, 0.5], vec![0.75, 1.0]])), 4);
    assert_eq!(found[0].0, "#440154", "the first colour of viridis");
    assert_eq!(found[3].0, "#fde725", "the last colour of viridis");
    assert_ne!(found[1].0, found[2].0);
}

#[test]
fn the_first_row_is_at_the_bottom_of_a_linear_axis_and_at_the_top_of_categories() {
    let rows = || HeatMap::new("v", vec![vec![0.0], vec![1.0]]);
    let found = cells(&single(rows()), 2);
    assert!(found[0].2 > found[1].2);
    let found = cells(&with_axes(Axis::linear("x"), Axis::categories("", ["a", "b"]), rows()), 2);
    assert!(found[0].2 < found[1].2);
}

#[test]
fn panels_with_the_same_label_have_one_scale_and_one_bar() {
    let panel = |rows| Panel::new(Axis::linear("x"), Axis::linear("y")).layer(HeatMap::new("AUC", rows));
    let figure = Figure::new("").panel(panel(vec![vec![0.0]])).panel(panel(vec![vec![8.0]]));
    assert_eq!(cells(&figure, 1)[0].0, "#440154");
    assert_eq!(texts(&figure).iter().filter(|text| *text == "AUC").count(), 1);
    let other = Panel::new(Axis::linear("x"), Axis::linear("y")).layer(HeatMap::new("time", vec![vec![8.0]]));
    let figure = figure.panel(other).columns(3);
    assert_eq!(texts(&figure).iter().filter(|text| *text == "AUC" || *text == "time").count(), 2);
}

#[test]
fn a_cell_without_a_value_is_empty() {
    let figure = single(HeatMap::new("v", vec![vec![0.0, f64::NAN], vec![f64::INFINITY, 1.0], vec![0.5]]));
    let colours: Vec<String> = cells(&figure, 3).into_iter().map(|cell| cell.0).collect();
    assert_eq!(colours, ["#440154", "#fde725", "#20908c"]);
}

#[test]
fn a_large_matrix_is_an_image_over_the_whole_area() {
    let rows: Vec<Vec<f64>> = (0..100).map(|row| (0..100).map(|column| f64::from(row * column)).collect()).collect();
    let figure = single(HeatMap::new("v", rows).edges([0.0, 100.0], [0.0, 11_025.0]));
    read(&figure, |document| {
        let [left, top, right, bottom] = area(document);
        let image = elements(document, "image")[0];
        let found = ["x", "y", "width", "height"].map(|name| number(image, name));
        assert_eq!(found, [left, top, right - left, bottom - top]);
    });
}

#[test]
fn a_matrix_without_cells_has_no_values() {
    for rows in [vec![], vec![vec![]], vec![vec![f64::NAN]]] {
        assert!(texts(&single(HeatMap::new("v", rows))).contains(&"no values".to_owned()));
    }
}
