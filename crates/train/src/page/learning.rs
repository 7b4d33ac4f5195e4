//! Learning curves: the losses and the learning rate of every epoch, and where stages begin.

use charts::{Axis, Figure, Line, Panel, Point, Rule, Section};

use super::{unless_empty, Page};
use crate::event::Epoch;
use crate::options::ScheduleKind;

/// Curves with more points have no markers.
const MANY: usize = 40;

/// The curves; `None` without epochs.
pub(super) fn section(page: &Page<'_>) -> Option<Section> {
    let epochs = page.epochs;
    if epochs.is_empty() {
        return None;
    }
    let line = |name: &str, of: fn(&Epoch) -> f64| {
        let line = Line::new(name, epochs.iter().map(|epoch| Point::new(epoch.epoch as f64, of(epoch))));
        if epochs.len() > MANY {
            line.without_markers()
        } else {
            line
        }
    };
    let mut losses = Panel::new(Axis::linear("epoch"), Axis::linear("loss"))
        .title("Loss")
        .layer(line("training", |epoch| epoch.train_loss))
        .layer(line("validation", |epoch| epoch.valid_loss));
    for pair in epochs.windows(2).filter(|pair| pair[0].stage != pair[1].stage) {
        losses = losses.layer(Rule::vertical(pair[0].epoch as f64 + 0.5, format!("stage {}", pair[1].stage)));
    }
    let best = page.report.best_epoch as f64;
    losses = losses.layer(Rule::vertical(best, "best"));
    let rates = Panel::new(Axis::linear("epoch"), Axis::log10("learning rate"))
        .title("Learning rate")
        .layer(line("", |epoch| epoch.learning_rate));
    let mut caption =
        "The training loss of an epoch is measured before each update, with dropout; the validation loss \
                       after the epoch, without."
            .to_owned();
    if page.config.options.schedule == ScheduleKind::Staged && page.config.options.phases.is_empty() {
        caption += " A stage begins with the best weights of the stage before.";
    }
    let figure =
        Figure::new("Learning curves").caption(caption).panel(losses).panel(rates).columns(2).panel_size(420.0, 260.0);
    unless_empty(Section::new("Learning curves").block(figure))
}
