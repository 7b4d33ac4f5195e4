//! The metrics of every tag: bars with intervals next to the number of clips, and a table.

use charts::{Axis, BarSeries, Bars, Column, Figure, Layer, Panel, Point, Rule, Section, Table};

use super::{between, four, Shown};
use crate::metrics::TagMetrics;

/// Most tags in the figure.
const MOST: usize = 60;
/// Height of the bar of a tag, in pixels.
const BAR: f64 = 18.0;

/// A metric and its interval.
type Value = (Option<f64>, Option<[f64; 2]>);

/// The figure and the table.
pub(super) fn section(shown: &Shown<'_>) -> Section {
    let Shown { metrics, title, .. } = shown;
    let mut order: Vec<&TagMetrics> = metrics.per_tag.iter().collect();
    order.sort_by(|a, b| b.positives.cmp(&a.positives).then_with(|| a.tag.cmp(&b.tag)));
    let shown = &order[..order.len().min(MOST)];
    let names: Vec<String> = shown.iter().map(|tag| tag.tag.clone()).collect();
    let bars = |of: fn(&TagMetrics) -> Value| {
        let bar = |(index, tag): (usize, &&TagMetrics)| {
            let (value, interval) = of(tag);
            let point = Point::new(index as f64, value?);
            Some(interval.map_or(point, |[low, high]| point.between(low, high)))
        };
        Bars {
            series: vec![BarSeries { name: String::new(), bars: shown.iter().enumerate().filter_map(bar).collect() }],
        }
    };
    let panel = |title: &str, x: Axis, bars: Bars| {
        Panel::new(x, Axis::categories("", names.clone())).title(title).layer(Layer::Bars(bars))
    };
    let roc = panel("ROC-AUC", Axis::linear("ROC-AUC").range(0.0, 1.0), bars(|t| (t.roc_auc, t.roc_auc_interval)));
    let precision = panel(
        "Average precision",
        Axis::linear("average precision").range(0.0, 1.0),
        bars(|t| (t.pr_auc, t.pr_auc_interval)),
    );
    let support = panel("Clips with the tag", Axis::linear("clips"), bars(|t| (Some(t.positives as f64), None)));
    let left = match order.len() > MOST {
        true => format!(" The {MOST} of {} tags with the most clips are shown; the table has all.", order.len()),
        false => String::new(),
    };
    let figure = Figure::new("Metrics of each tag")
        .caption(format!(
            "{} clips. Bars are ordered by the number of clips with the tag; thin lines are 95 % intervals of a \
             bootstrap over clips. The dashed line is a scorer without any knowledge.{left}",
            title
        ))
        .panel(roc.layer(Rule::vertical(0.5, "chance")))
        .panel(precision)
        .panel(support)
        .columns(3)
        .shared(false, true)
        .panel_size(270.0, (BAR * names.len() as f64).max(80.0));
    let mut section = Section::new("Tags").block(figure).block(table(&metrics.per_tag));
    for (what, tags) in [
        ("Tags without positives or without negatives, left out of the averages", &metrics.skipped),
        ("Tags with fewer than 10 clips, whose metrics depend on single clips", &metrics.few),
    ] {
        if !tags.is_empty() {
            section = section.paragraph(format!("{what}: {}.", tags.join(", ")));
        }
    }
    section
}

fn table(tags: &[TagMetrics]) -> Table {
    let headings = [
        "tag",
        "clips",
        "prevalence",
        "ROC-AUC",
        "95 % interval",
        "average precision",
        "95 % interval",
        "F1",
        "threshold",
        "log loss",
        "calibration error",
    ];
    let row = |tag: &TagMetrics| {
        vec![
            tag.tag.clone(),
            format!("{}{}", tag.positives, if tag.few { " (few)" } else { "" }),
            four(Some(tag.prevalence)),
            four(tag.roc_auc),
            between(tag.roc_auc_interval),
            four(tag.pr_auc),
            between(tag.pr_auc_interval),
            four(tag.f1),
            four(tag.threshold.map(f64::from)),
            four(tag.log_loss),
            four(tag.calibration_error),
        ]
    };
    Table {
        caption: "Metrics of each tag".to_owned(),
        columns: headings.iter().enumerate().map(|(index, heading)| Column::new(*heading, index > 0)).collect(),
        rows: tags.iter().map(row).collect(),
        notes: vec![
            "The average precision of a random scorer is the prevalence. Thresholds were chosen on the validation \
             clips."
                .to_owned(),
        ],
    }
}
