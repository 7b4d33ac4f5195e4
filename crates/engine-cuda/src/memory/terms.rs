//! The terms for which a plan is laid out.

use crate::gpu::{Cores, Element};

/// The mode of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Training,
    /// With running statistics and without gradients.
    Inference,
}

/// The terms for which a plan is laid out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// The largest number of segments.
    pub batch: usize,
    pub mode: Mode,
    /// The element type of maps, raw outputs and their gradients.
    pub stored: Element,
    /// The properties of the GPU for our own tensor-core kernels; `None` if they must not be used.
    pub cores: Option<Cores>,
}

impl Terms {
    pub(crate) fn is_training(&self) -> bool {
        self.mode == Mode::Training
    }
}
