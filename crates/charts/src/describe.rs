//! A figure in words, for readers who do not see it, and the facts about its source.

use crate::domain::extrema;
use crate::figure::{Figure, Layer, Panel};
use crate::ticks::number;

/// What a figure shows: its caption, and each panel with its axes and series.
pub fn describe(figure: &Figure) -> String {
    let mut sentences = Vec::new();
    if !figure.caption.is_empty() {
        sentences.push(figure.caption.clone());
    }
    for (index, panel) in figure.panels.iter().enumerate() {
        let name = match (figure.panels.len(), panel.title.as_str()) {
            (1, "") => String::new(),
            (1, title) => format!("{title}: "),
            (_, "") => format!("Panel {}: ", index + 1),
            (_, title) => format!("Panel {}, {title}: ", index + 1),
        };
        let axes = match (panel.y.heading(), panel.x.heading()) {
            (y, x) if y.is_empty() && x.is_empty() => "axes without a unit".to_owned(),
            (y, x) if y.is_empty() => x,
            (y, x) if x.is_empty() => y,
            (y, x) => format!("{y} against {x}"),
        };
        let layers: Vec<String> = panel.layers.iter().flat_map(in_words).collect();
        let layers = if layers.is_empty() { "no values".to_owned() } else { layers.join("; ") };
        sentences.push(format!("{name}{axes}: {layers}."));
        sentences.extend(panel.notes.iter().cloned());
    }
    sentences.join(" ")
}

/// The facts about the source as JSON; `None` for a figure without facts.
pub fn metadata(figure: &Figure) -> Option<String> {
    if figure.metadata.is_empty() {
        return None;
    }
    serde_json::to_string(&figure.metadata).ok()
}

/// Whether a panel has nothing to show but reference lines.
pub fn is_empty(panel: &Panel) -> bool {
    panel.layers.iter().all(|layer| match layer {
        Layer::Line(line) => !line.points.iter().any(|point| point.x.is_finite() && point.y.is_finite()),
        Layer::Bars(bars) => !bars.series.iter().flat_map(|series| &series.bars).any(|bar| bar.y.is_finite()),
        Layer::Points(points) => !points.groups.iter().flat_map(|group| &group.at).any(|[x, y]| (x + y).is_finite()),
        Layer::HeatMap(map) => !map.rows.iter().flatten().any(|value| value.is_finite()),
        Layer::Rule(_) => true,
    })
}

fn in_words(layer: &Layer) -> Vec<String> {
    let series = |kind: &str, name: &str, values: Vec<f64>| {
        let name = if name.is_empty() { String::new() } else { format!(" “{name}”") };
        format!("{kind}{name}, {}", extent(&values))
    };
    match layer {
        Layer::Line(line) => vec![series("line", &line.name, line.points.iter().map(|point| point.y).collect())],
        Layer::Bars(bars) => {
            let words = |one: &crate::BarSeries| series("bars", &one.name, one.bars.iter().map(|bar| bar.y).collect());
            bars.series.iter().map(words).collect()
        }
        Layer::Points(points) => {
            let name = |name: &str| if name.is_empty() { "points".to_owned() } else { format!("points “{name}”") };
            points.groups.iter().map(|group| format!("{}, {}", group.at.len(), name(&group.name))).collect()
        }
        Layer::HeatMap(map) => {
            let values: Vec<f64> = map.rows.iter().flatten().copied().collect();
            vec![format!(
                "heat map of {} by {} cells, {}, {}",
                map.rows.len(),
                map.columns(),
                map.label,
                extent(&values)
            )]
        }
        Layer::Rule(rule) => vec![format!("reference line at {}: {}", number(rule.at), rule.label)],
    }
}

/// How many values there are, and from where to where they reach.
fn extent(values: &[f64]) -> String {
    let finite = values.iter().copied().filter(|value| value.is_finite());
    let [low, high] = extrema(finite.clone());
    match finite.count() {
        0 => "no values".to_owned(),
        1 => format!("1 value, {}", number(low)),
        count => format!("{count} values from {} to {}", number(low), number(high)),
    }
}
