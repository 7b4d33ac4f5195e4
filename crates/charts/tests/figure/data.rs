use charts::{Axis, BarSeries, Figure, HeatMap, Line, Panel, Point, PointGroup, Points, Rule, Theme};
use error::Code;

fn everything() -> Figure {
    let line = Line::new("a", [Point::new(1.0, 0.1).between(0.0, 0.2), Point::new(2.0, f64::NAN)]);
    let groups = vec![PointGroup { name: "g".to_owned(), at: vec![[0.0, f64::NAN], [1.0, 2.0]] }];
    let panel = Panel::new(Axis::log10("x").unit("Hz").ticks([1.0, 2.0]), Axis::linear("y").range(0.0, 1.0))
        .title("panel")
        .layer(line.band())
        .layer(Points { groups, opacity: Some(0.5) })
        .layer(HeatMap::new("v", vec![vec![0.1 + 0.2, f64::NAN]]).edges([0.0, 1.0], [0.0, 2.0]))
        .layer(Rule::vertical(1.5, "rule"))
        .note("note");
    let bars =
        Panel::new(Axis::categories("c", ["one", "two"]), Axis::linear("y")).layer(vec![BarSeries::new("b", [1.0])]);
    Figure::new("title").caption("caption").panel(panel).panel(bars).columns(2).shared(false, true).fact("seed", "1")
}

#[test]
fn a_figure_is_drawn_again_from_its_data() {
    let figure = everything();
    let text = serde_json::to_string(&figure.data()).expect("data are JSON");
    assert!(text.starts_with(r#"{"format":1,"title":"title""#), "{text}");
    let again = Figure::from_data(&serde_json::from_str(&text).expect("JSON")).expect("a figure");
    assert_eq!(again.svg(Theme::Light), figure.svg(Theme::Light));
    assert_eq!(again.data(), figure.data());
}

#[test]
fn data_of_another_version_are_refused() {
    let mut data = everything().data();
    data["format"] = 2.into();
    let failure = Figure::from_data(&data).expect_err("an error");
    assert_eq!(failure.code, Code::InvalidOption);
    assert!(failure.message.contains("format 2; expected 1"), "{}", failure.message);
}

#[test]
fn data_with_a_misspelt_key_are_refused() {
    let mut data = everything().data();
    data["panels"][0]["titel"] = "x".into();
    let failure = Figure::from_data(&data).expect_err("an error");
    assert!(failure.message.contains("titel"), "{}", failure.message);
    assert!(Figure::from_data(&serde_json::json!([1])).is_err());
}
