//! How often the scores of the model come true.

use charts::{Axis, Column, Figure, Line, Panel, Point, Section, Table};
use net::Task;
use train::metrics::{calibration_error, log_loss, score_bins};

use super::super::learn_set::answers;
use super::{three, Learnt};

/// The reliability of the scores before and after calibration: of all of them, or of the highest of each song in a
/// single-label task; `None` without scores.
pub(super) fn section(learnt: &Learnt<'_>) -> Option<Section> {
    if learnt.scores.is_empty() {
        return None;
    }
    let (scores, probabilities, targets) = (learnt.scores, learnt.probabilities, learnt.targets);
    if learnt.start.task == Task::MultiLabel {
        let caption = "All songs and tags of the model together";
        let note =
            "`tag --calibrated` gives probabilities: a line in the logit of each tag (Platt). Here the lines were \
                    fitted on other parts than the songs that they are applied to.";
        return Some(reliability(caption, note, [(scores, targets), (probabilities, targets)]));
    }
    let tags = learnt.done.tags.len();
    let (sure, right) = answers(scores, targets, tags);
    // A temperature does not change which tag has the highest score.
    let (calibrated, still_right) = answers(probabilities, targets, tags);
    let caption = "The highest score of each song, and whether the song has that tag";
    let note =
        "`tag --calibrated` gives probabilities: one temperature for all tags. Here the temperatures were fitted on \
                other parts than the songs that they are applied to.";
    Some(reliability(caption, note, [(&sure, &right), (&calibrated, &still_right)]))
}

/// The section about `pairs`: scores and probabilities, each with whether they came true.
fn reliability(caption: &str, note: &str, pairs: [(&[f32], &[bool]); 2]) -> Section {
    let [scores, probabilities] = pairs;
    let line = |name: &str, (scores, targets): (&[f32], &[bool])| {
        Line::new(name, score_bins(scores, targets).into_iter().map(|bin| Point::new(bin.score, bin.share)))
    };
    let panel =
        Panel::new(Axis::linear("mean score").range(0.0, 1.0), Axis::linear("share of true tags").range(0.0, 1.0))
            .layer(line("scores", scores))
            .layer(line("probabilities", probabilities))
            .layer(Line::new("", [Point::new(0.0, 0.0), Point::new(1.0, 1.0)]).without_markers());
    let figure = Figure::new("Scores and how often they come true")
        .caption(format!("{caption}. On the diagonal a score is a probability."))
        .panel(panel)
        .panel_size(380.0, 300.0);
    let row = |name: &str, (scores, targets): (&[f32], &[bool])| {
        vec![name.to_owned(), three(log_loss(scores, targets)), three(calibration_error(scores, targets))]
    };
    let table = Table {
        caption: caption.to_owned(),
        columns: vec![
            Column::new("", false),
            Column::new("log loss", true),
            Column::new("expected calibration error", true),
        ],
        rows: vec![row("scores", scores), row("probabilities", probabilities)],
        notes: vec![note.to_owned()],
    };
    Section::new("Calibration").block(figure).block(table)
}
