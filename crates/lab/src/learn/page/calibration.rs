//! How often the scores of the model come true.

use charts::{Axis, Column, Figure, Line, Panel, Point, Section, Table};
use train::metrics::{calibration_error, log_loss, score_bins};

use super::{three, Learnt};

/// The reliability of the scores before and after calibration; `None` without scores.
pub(super) fn section(learnt: &Learnt<'_>) -> Option<Section> {
    let Learnt { scores, probabilities, targets, .. } = *learnt;
    if scores.is_empty() {
        return None;
    }
    let line = |name: &str, scores: &[f32]| {
        Line::new(name, score_bins(scores, targets).into_iter().map(|bin| Point::new(bin.score, bin.share)))
    };
    let panel =
        Panel::new(Axis::linear("mean score").range(0.0, 1.0), Axis::linear("share of true tags").range(0.0, 1.0))
            .layer(line("scores", scores))
            .layer(line("probabilities", probabilities))
            .layer(Line::new("", [Point::new(0.0, 0.0), Point::new(1.0, 1.0)]).without_markers());
    let figure = Figure::new("Scores and how often they come true")
        .caption("All songs and tags of the model together. On the diagonal a score is a probability.")
        .panel(panel)
        .panel_size(380.0, 300.0);
    let row = |name: &str, scores: &[f32]| {
        vec![name.to_owned(), three(log_loss(scores, targets)), three(calibration_error(scores, targets))]
    };
    let table = Table {
        caption: "All songs and tags of the model together".to_owned(),
        columns: vec![
            Column::new("", false),
            Column::new("log loss", true),
            Column::new("expected calibration error", true),
        ],
        rows: vec![row("scores", scores), row("probabilities", probabilities)],
        notes: vec![
            "`tag --calibrated` gives probabilities: a line in the logit of each tag (Platt). Here the lines were \
             fitted on other parts than the songs that they are applied to."
                .to_owned(),
        ],
    };
    Some(Section::new("Calibration").block(figure).block(table))
}
