//! Passes as recordings: the hundred and more launches of a step are started as one thing, where their form has been seen before.

use engine_core::backend::Step;
use engine_core::Targets;
use error::Result;

use crate::gpu::{Gpu, Recording};

/// What the launches of a training step depend on; everything else is uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    batch: usize,
    targets: u8,
    dropout: bool,
    update: bool,
    input_gradient: bool,
    /// Whether segments are cut out of held audio.
    cut: bool,
}

impl Form {
    /// The form of `step`.
    pub(crate) fn of(step: &Step, cut: bool) -> Self {
        let targets = match step.targets {
            Targets::Tags(_) => 0,
            Targets::Classes(_) => 1,
            Targets::LogitGradient(_) => 2,
        };
        let Step { batch, update, dropout, input_gradient, .. } = *step;
        Self { batch, targets, dropout: dropout.is_some(), update: update.is_some(), input_gradient, cut }
    }
}

/// Forms that are kept: an epoch has two, its full batches and its last one.
const MOST_FORMS: usize = 8;

/// The passes that were seen, by their form: all that their launches depend on.
pub(crate) struct Recorded<F> {
    forms: Vec<(F, Option<Recording>)>,
    /// A driver that could not record is not asked again.
    refused: bool,
    /// Passes that were replayed.
    pub(crate) replayed: u64,
}

impl<F> Default for Recorded<F> {
    fn default() -> Self {
        Self { forms: Vec::new(), refused: false, replayed: 0 }
    }
}

impl<F: Copy + PartialEq> Recorded<F> {
    /// Starts the launches of a pass of this form. The first time they are started as they come, so that the libraries have loaded what
    /// they need; the second time they are recorded; then they are replayed. Nothing of a recording that fails has happened:
    /// its launches are started as they come, then and from then on.
    pub(crate) fn run(&mut self, gpu: &dyn Gpu, form: F, launches: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        let known = self.forms.iter().position(|(one, _)| *one == form);
        let Some(known) = known.filter(|_| !self.refused) else {
            if known.is_none() && self.forms.len() < MOST_FORMS {
                self.forms.push((form, None));
            }
            return launches();
        };
        let recording = match self.forms[known].1 {
            Some(recording) => recording,
            None => match record(gpu, launches) {
                Ok(recording) => recording,
                Err(_) => {
                    self.refused = true;
                    return launches();
                }
            },
        };
        self.forms[known].1 = Some(recording);
        self.replayed += 1;
        gpu.replay(recording)
    }
}

fn record(gpu: &dyn Gpu, launches: &mut dyn FnMut() -> Result<()>) -> Result<Recording> {
    gpu.begin_recording()?;
    let noted = launches();
    let recording = gpu.end_recording();
    noted.and(recording)
}
