//! The tags of the model with intervals, and the tags that are withheld.

use charts::{Axis, BarSeries, Bars, Column, Figure, Layer, Panel, Point, Rule, Section, Table};
use net::Task;

use super::super::event::LearnTag;
use super::{between, three, Learnt};

/// Most tags in the figure.
const MOST: usize = 60;
/// Most withheld tags in the table.
const MOST_WITHHELD: usize = 500;
/// Height of the bar of a tag, in pixels.
const BAR: f64 = 18.0;

/// A value of a tag, and its interval.
type Measured = (Option<f64>, Option<[f64; 2]>);

/// The tags that the model has.
pub(super) fn kept(learnt: &Learnt<'_>) -> Section {
    let mut tags: Vec<&LearnTag> = learnt.tags.iter().filter(|tag| tag.kept).collect();
    tags.sort_by(|one, other| other.roc_auc.unwrap_or(0.0).total_cmp(&one.roc_auc.unwrap_or(0.0)));
    let shown = &tags[..tags.len().min(MOST)];
    let names: Vec<String> = shown.iter().map(|tag| tag.tag.clone()).collect();
    let bars = |of: fn(&LearnTag) -> Measured| {
        let bar = |(index, tag): (usize, &&LearnTag)| {
            let (value, interval) = of(tag);
            let point = Point::new(index as f64, value?);
            Some(interval.map_or(point, |[low, high]| point.between(low, high)))
        };
        let bars = shown.iter().enumerate().filter_map(bar).collect();
        Layer::Bars(Bars { series: vec![BarSeries { name: String::new(), bars }] })
    };
    let panel = |title: &str, axis: Axis, bars: Layer| {
        Panel::new(axis, Axis::categories("", names.clone())).title(title).layer(bars)
    };
    let roc = panel("ROC-AUC", Axis::linear("ROC-AUC").range(0.0, 1.0), bars(|tag| (tag.roc_auc, tag.interval)));
    let figure = Figure::new("What the model can tell")
        .caption(
            "Every song is scored by a head that did not learn from it. Thin lines are 95 % intervals of a bootstrap \
             over artists and albums. The dashed line is a scorer without any knowledge.",
        )
        .panel(roc.layer(Rule::vertical(0.5, "chance")))
        .panel(panel(
            "Average precision",
            Axis::linear("average precision").range(0.0, 1.0),
            bars(|tag| (tag.pr_auc, tag.pr_auc_interval)),
        ))
        .panel(panel("Songs with the tag", Axis::linear("songs"), bars(|tag| (Some(tag.positives as f64), None))))
        .columns(3)
        .shared(false, true)
        .panel_size(270.0, (BAR * names.len() as f64).max(80.0));
    let headings = [
        "tag",
        "songs",
        "groups",
        "ROC-AUC",
        "95 % interval",
        "average precision",
        "95 % interval",
        "calibration error",
        "threshold",
    ];
    let row = |tag: &&LearnTag| {
        vec![
            tag.tag.clone(),
            tag.positives.to_string(),
            tag.groups.to_string(),
            three(tag.roc_auc),
            between(tag.interval),
            three(tag.pr_auc),
            between(tag.pr_auc_interval),
            three(tag.calibration_error),
            three(tag.threshold.map(f64::from)),
        ]
    };
    Section::new("Tags of the model").block(figure).block(Table {
        caption: "All tags of the model, the best first".to_owned(),
        columns: headings.iter().enumerate().map(|(at, name)| Column::new(*name, at > 0)).collect(),
        rows: tags.iter().map(row).collect(),
        notes: vec![match learnt.start.task {
            Task::MultiLabel => {
                "Groups are artists and albums with the tag. The threshold is for scores that are not calibrated."
            }
            Task::SingleLabel => {
                "Groups are artists and albums with the tag. Each tag is compared with all others together. There are no \
                 thresholds: the highest score decides."
            }
        }
        .to_owned()],
    })
}

/// The tags that are withheld, with the reasons; `None` if there are none.
pub(super) fn withheld(learnt: &Learnt<'_>) -> Option<Section> {
    let mut tags: Vec<&LearnTag> = learnt.tags.iter().filter(|tag| !tag.kept).collect();
    tags.sort_by_key(|tag| std::cmp::Reverse(tag.positives));
    if tags.is_empty() {
        return None;
    }
    let row = |tag: &&LearnTag| {
        let reason = tag.reason.clone().unwrap_or_default();
        vec![tag.tag.clone(), tag.positives.to_string(), three(tag.roc_auc), between(tag.interval), reason]
    };
    let notes = match tags.len() > MOST_WITHHELD {
        true => vec![format!(
            "The {MOST_WITHHELD} most frequent of {} tags are shown; `learn.json` has all of them.",
            tags.len()
        )],
        false => Vec::new(),
    };
    let table = Table {
        caption: "The model does not have these tags".to_owned(),
        columns: ["tag", "songs", "ROC-AUC", "95 % interval", "reason"]
            .iter()
            .enumerate()
            .map(|(at, name)| Column::new(*name, (1..4).contains(&at)))
            .collect(),
        rows: tags.iter().take(MOST_WITHHELD).map(row).collect(),
        notes,
    };
    Some(Section::new("Withheld tags").block(table))
}
