//! What a plan is laid out for.

use crate::gpu::{Cores, Element};

/// What a plan is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Training,
    /// Running statistics, no gradients.
    Inference,
}

/// What a plan is laid out for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// Segments it has room for.
    pub batch: usize,
    pub mode: Mode,
    /// What maps, raw outputs and their gradients are.
    pub stored: Element,
    /// Where our own kernels may compute with tensor cores.
    pub cores: Option<Cores>,
}

impl Terms {
    pub(crate) fn is_training(&self) -> bool {
        self.mode == Mode::Training
    }
}
