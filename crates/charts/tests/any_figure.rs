//! Figures of any numbers and names are drawn: no panic, valid XML, nothing that is not a number.

use charts::{Axis, BarSeries, Bars, Figure, HeatMap, Layer, Line, Panel, Point, PointGroup, Points, Rule, Theme};
use proptest::prelude::*;

/// Any number, often an unusual one.
fn number() -> impl Strategy<Value = f64> {
    let unusual = prop::sample::select(vec![
        0.0,
        -0.0,
        1.0,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        5e-324,
        1e16,
        1e16 + 2.0,
    ]);
    prop_oneof![unusual, any::<f64>(), -10.0..10.0f64]
}

fn point() -> impl Strategy<Value = Point> {
    let end = || prop::option::of(number());
    (number(), number(), end(), end()).prop_map(|(x, y, low, high)| Point { x, y, low, high })
}

fn layer() -> impl Strategy<Value = Layer> {
    let points = || prop::collection::vec(point(), 0..6);
    let line =
        (any::<String>(), points(), any::<[bool; 3]>()).prop_map(|(name, points, [markers, connected, band])| {
            let line = Line { markers, connected, ..Line::new(name, points) };
            Layer::Line(if band { line.band() } else { line })
        });
    let series = (any::<String>(), points()).prop_map(|(name, bars)| BarSeries { name, bars });
    let bars = prop::collection::vec(series, 0..4).prop_map(|series| Layer::Bars(Bars { series }));
    let group = (any::<String>(), prop::collection::vec([number(), number()], 0..6))
        .prop_map(|(name, at)| PointGroup { name, at });
    let points = (prop::collection::vec(group, 0..3), prop::option::of(number()))
        .prop_map(|(groups, opacity)| Layer::Points(Points { groups, opacity }));
    let pair = || prop::option::of([number(), number()]);
    let rows = prop::collection::vec(prop::collection::vec(number(), 0..5), 0..5);
    let map = (any::<String>(), rows, pair(), pair(), pair())
        .prop_map(|(label, rows, x, y, range)| Layer::HeatMap(HeatMap { rows, x, y, label, range }));
    let rule = (any::<bool>(), number(), any::<String>()).prop_map(|(upright, at, label)| {
        Layer::Rule(if upright { Rule::vertical(at, label) } else { Rule::horizontal(at, label) })
    });
    prop_oneof![line, bars, points, map, rule]
}

fn axis() -> impl Strategy<Value = Axis> {
    let names = prop::collection::vec(any::<String>(), 0..5);
    let scale = prop_oneof![
        any::<String>().prop_map(Axis::linear),
        any::<String>().prop_map(Axis::log10),
        (any::<String>(), names).prop_map(|(label, names)| Axis::categories(label, names)),
    ];
    let ticks = prop::option::of(prop::collection::vec(number(), 0..4));
    (scale, prop::option::of([number(), number()]), ticks).prop_map(|(axis, range, ticks)| Axis {
        range,
        ticks,
        ..axis
    })
}

fn figure() -> impl Strategy<Value = Figure> {
    let panel = (any::<String>(), axis(), axis(), prop::collection::vec(layer(), 0..4), any::<String>())
        .prop_map(|(title, x, y, layers, note)| Panel { title, x, y, layers, notes: vec![note] });
    let size = prop::option::of([number(), number()]);
    (any::<[String; 2]>(), prop::collection::vec(panel, 0..4), prop::option::of(0usize..6), any::<[bool; 2]>(), size)
        .prop_map(|([title, caption], panels, columns, [shared_x, shared_y], panel_size)| Figure {
            title,
            caption,
            panels,
            columns,
            shared_x,
            shared_y,
            panel_size,
            ..Figure::default()
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn every_figure_is_drawn(figure in figure()) {
        let svg = figure.svg(Theme::Light);
        let document = roxmltree::Document::parse(&svg).expect("XML");
        for node in document.descendants() {
            for attribute in node.attributes().filter(|one| one.name() != "aria-label") {
                let broken = ["NaN", "inf"].iter().any(|word| attribute.value().contains(word));
                prop_assert!(!broken, "{} of {:?}", attribute.name(), node.tag_name());
            }
        }
        prop_assert!(roxmltree::Document::parse(&figure.inline_svg()).is_ok());
        let again = Figure::from_data(&figure.data()).expect("a figure");
        prop_assert_eq!(again.data(), figure.data());
    }
}
