use charts::{Axis, BarSeries, Figure, Line, Panel, Point, Rule};

use super::drawing::{area, elements, number, read, texts, with_axes};

const HOSTILE: &str = "<script>&\"'\u{1}\u{0}]]> r&b";

#[test]
fn names_with_markup_are_written_as_text() {
    let panel = Panel::new(Axis::categories(HOSTILE, [HOSTILE, "b"]).unit(HOSTILE), Axis::linear(HOSTILE))
        .title(HOSTILE)
        .layer(vec![BarSeries::new(HOSTILE, [1.0, 2.0])])
        .layer(Rule::horizontal(0.5, HOSTILE))
        .note(HOSTILE);
    let figure = Figure::new(HOSTILE).caption(HOSTILE).panel(panel).fact(HOSTILE, HOSTILE);
    let expected = "<script>&\"']]> r&b";
    let found = texts(&figure).join("\n");
    assert!(found.matches(expected).count() >= 7, "{found}");
    let inline = figure.inline_svg();
    assert!(roxmltree::Document::parse(&inline).is_ok() && !inline.contains("<script"));
}

#[test]
fn long_texts_stay_inside_the_page() {
    let long = "word ".repeat(80) + &"x".repeat(300);
    let panel = Panel::new(Axis::categories(long.clone(), [long.clone(), "b".to_owned()]), Axis::linear(long.clone()))
        .title(long.clone())
        .layer(vec![BarSeries::new(long.clone(), [1.0, 2.0])])
        .layer(Rule::horizontal(0.5, long.clone()))
        .note(long.clone());
    let figure = Figure::new(long.clone()).caption(long.clone()).panel(panel);
    read(&figure, |document| {
        let width = number(document.root_element(), "width");
        assert!(width < 700.0, "a long label does not widen the page to {width}");
        for text in elements(document, "text") {
            let words: String = text.children().filter(|node| node.is_text()).filter_map(|node| node.text()).collect();
            // DejaVu's letters are about 0.6 wide; a line of the page has room for this many.
            assert!(words.chars().count() as f64 * 4.0 < width, "{words}");
        }
    });
    assert!(read(&figure, |document| elements(document, "title").len()) > 1, "cut labels have their full text");
}

#[test]
fn a_label_of_a_reference_line_avoids_the_curve() {
    // The curve runs along the usual place of the label, above the right end of the line.
    let points = (0..50).map(|x| Point::new(f64::from(x), if x < 25 { 0.1 } else { 0.56 }));
    let panel = Panel::new(Axis::linear("x"), Axis::linear("y").range(0.0, 1.0))
        .layer(Line::new("", points).without_markers())
        .layer(Rule::horizontal(0.5, "chance"));
    let figure = Figure::new("").panel_size(400.0, 200.0).panel(panel);
    read(&figure, |document| {
        let [_, top, _, bottom] = area(document);
        let texts = elements(document, "text");
        let label = texts.iter().find(|text| text.text() == Some("chance")).expect("a label");
        assert!(number(*label, "y") > (top + bottom) / 2.0, "the label is below the line");
    });
}

#[test]
fn two_labels_do_not_overlap() {
    let rules = [Rule::vertical(5.0, "first"), Rule::vertical(5.01, "second")];
    let panel = rules.into_iter().fold(
        Panel::new(Axis::linear("x").range(0.0, 10.0), Axis::linear("y")).layer(Line::new("", [Point::new(1.0, 1.0)])),
        Panel::layer,
    );
    read(&Figure::new("").panel(panel), |document| {
        let texts = elements(document, "text");
        let place = |name: &str| {
            let node = texts.iter().find(|text| text.text() == Some(name)).expect("a label");
            [number(*node, "x"), number(*node, "y")]
        };
        let [one, other] = [place("first"), place("second")];
        assert!((one[0] - other[0]).abs() > 40.0 || (one[1] - other[1]).abs() >= 14.0, "{one:?} {other:?}");
    });
}

#[test]
fn a_reader_who_does_not_see_the_figure_gets_its_contents() {
    let points = [Point::new(1.0, 0.5), Point::new(2.0, 0.75)];
    let figure =
        with_axes(Axis::linear("input").unit("s"), Axis::linear("AUC"), Line::new("raw", points)).caption("Means.");
    read(&figure, |document| {
        let root = document.root_element();
        assert_eq!((root.attribute("role"), root.attribute("aria-label")), (Some("img"), Some("title")));
        let description = elements(document, "desc")[0].text().expect("a description").to_owned();
        assert_eq!(description, "Means. AUC against input (s): line “raw”, 2 values from 0.5 to 0.75.");
    });
}

#[test]
fn a_label_on_bars_has_the_page_behind_it() {
    let bars = vec![BarSeries::new("", [1.0, 1.0, 1.0])];
    let panel = Panel::new(Axis::categories("", ["a", "b", "c"]), Axis::linear("y"))
        .layer(bars)
        .layer(Rule::horizontal(0.5, "half"));
    read(&Figure::new("").panel(panel), |document| {
        let behind = elements(document, "rect").into_iter().filter(|rect| rect.attribute("fill-opacity").is_some());
        assert_eq!(behind.count(), 1);
    });
}
