//! Recordings of passes: the hundred and more launches of a step are started together, if a step of the same form has
//! been run before.

use engine_core::backend::Step;
use engine_core::{Formula, StepUpdate, Targets};
use error::Result;

use crate::gpu::{Gpu, Recording};

/// Everything that the launches of a training step depend on; all other data are uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    batch: usize,
    targets: u8,
    dropout: bool,
    /// The kind of formula and whether the norm of the gradient is limited, if there is an update.
    update: Option<(bool, bool)>,
    /// Whether the batch is a share of an update.
    share: bool,
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
            Targets::Distributions(_) => 3,
        };
        let Step { batch, update, share, dropout, input_gradient, .. } = *step;
        let kind = |StepUpdate { formula, largest_norm, .. }: StepUpdate| {
            (matches!(formula, Formula::Adam { .. }), largest_norm.is_some())
        };
        let (update, share) = (update.map(kind), share.is_some());
        Self { batch, targets, dropout: dropout.is_some(), update, share, input_gradient, cut }
    }
}

/// The largest number of forms that are kept. An epoch has two forms: that of its full batches, and that of its last
/// batch.
const MOST_FORMS: usize = 8;

/// The recorded passes, by form: everything that their launches depend on.
pub(crate) struct Recorded<F> {
    forms: Vec<(F, Option<Recording>)>,
    /// Whether the driver has refused to record; it is not asked again.
    refused: bool,
    /// The number of replayed passes.
    pub(crate) replayed: u64,
}

impl<F> Default for Recorded<F> {
    fn default() -> Self {
        Self { forms: Vec::new(), refused: false, replayed: 0 }
    }
}

impl<F: Copy + PartialEq> Recorded<F> {
    /// Starts the launches of a pass of this form. The first time they are started one by one, so that the libraries
    /// load everything that they need; the second time they are recorded; later they are replayed. A recording that
    /// fails has no effect: its launches are started one by one, now and from then on.
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
