//! The distribution of the scores, and how often scores come true, before and after calibration.

use charts::{Axis, Column, Figure, Line, Panel, Point, Section, Table};

use super::{four, Page, Shown};
use crate::metrics::{calibration_error, log_loss, score_bins};

/// Number of bins of the distribution.
const BINS: usize = 20;

/// Distribution and reliability of all scores.
pub(super) fn section(page: &Page<'_>, shown: &Shown<'_>) -> Option<Section> {
    if shown.scores.is_empty() || shown.scores.iter().any(|score| !score.is_finite()) {
        return None;
    }
    let calibrated = page.calibration.map(|calibration| {
        let mut scores = shown.scores.to_vec();
        scores.chunks_exact_mut(shown.data.tags.max(1)).for_each(|row| calibration.apply(row));
        scores
    });
    let figure = Figure::new("Scores and how often they come true")
        .caption(format!(
            "{} clips, all (clip, tag) cells. Left: the share of the scores in each of {BINS} bins. Right: the share \
             of true tags among scores of a bin; on the diagonal a score is a probability.",
            shown.title
        ))
        .panel(distribution(shown.scores, shown.targets))
        .panel(reliability(shown.scores, calibrated.as_deref(), shown.targets))
        .columns(2)
        .panel_size(380.0, 300.0);
    let mut rows = vec![row("scores", shown.scores, shown.targets)];
    rows.extend(calibrated.as_deref().map(|scores| row("calibrated scores", scores, shown.targets)));
    let columns =
        vec![Column::new("", false), Column::new("log loss", true), Column::new("expected calibration error", true)];
    let notes = match (page.calibration, page.is_single_label()) {
        (None, _) => "There is no calibration: the validation part has too few clips with and without each tag.",
        (Some(_), true) => {
            "One temperature, fitted on the validation clips. Scores are calibrated only where `--calibrated` asks for \
             it."
        }
        (Some(_), false) => {
            "A line in the logit of each tag (Platt), fitted on the validation clips. Scores are calibrated only where \
             `--calibrated` asks for it."
        }
    };
    let caption = "All cells pooled".to_owned();
    Some(Section::new("Calibration").block(figure).block(Table {
        caption,
        columns,
        rows,
        notes: vec![notes.to_owned()],
    }))
}

fn row(name: &str, scores: &[f32], targets: &[bool]) -> Vec<String> {
    vec![name.to_owned(), four(log_loss(scores, targets)), four(calibration_error(scores, targets))]
}

/// The distribution of the scores of true and of other tags.
fn distribution(scores: &[f32], targets: &[bool]) -> Panel {
    let mut panel =
        Panel::new(Axis::linear("score").range(0.0, 1.0), Axis::linear("share of the scores")).title("Distribution");
    for (name, wanted) in [("tag of the clip", true), ("other tags", false)] {
        let mut counts = [0usize; BINS];
        for (&score, _) in scores.iter().zip(targets).filter(|(_, &is)| is == wanted) {
            counts[((f64::from(score) * BINS as f64).max(0.0) as usize).min(BINS - 1)] += 1;
        }
        let total: usize = counts.iter().sum();
        let point = |(bin, &count): (usize, &usize)| {
            Point::new((bin as f64 + 0.5) / BINS as f64, count as f64 / total.max(1) as f64)
        };
        panel = panel.layer(Line::new(name, counts.iter().enumerate().map(point)));
    }
    panel
}

/// How often scores come true.
fn reliability(scores: &[f32], calibrated: Option<&[f32]>, targets: &[bool]) -> Panel {
    let line = |name: &str, scores: &[f32]| {
        Line::new(name, score_bins(scores, targets).into_iter().map(|bin| Point::new(bin.score, bin.share)))
    };
    let mut panel =
        Panel::new(Axis::linear("mean score").range(0.0, 1.0), Axis::linear("share of true tags").range(0.0, 1.0))
            .title("Reliability")
            .layer(line("scores", scores));
    if let Some(calibrated) = calibrated {
        panel = panel.layer(line("calibrated scores", calibrated));
    }
    panel.layer(Line::new("", [Point::new(0.0, 0.0), Point::new(1.0, 1.0)]).without_markers())
}
