//! An NVIDIA GPU as a device of plans.

use engine_core::backend::{Backends, InferenceBackend, TrainingBackend};
use engine_core::tape::Tape;
use engine_core::{Mel, Precision, Tap};
use error::Result;
use net::{Architecture, Parameters};

use crate::inference::CudaInference;
use crate::memory::terms::Mode;
use crate::opened::open_for;
use crate::training::CudaTraining;

/// An NVIDIA GPU, with the settings of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cuda {
    /// The index of the GPU, as in `cuda:N`.
    pub index: usize,
    /// The number of CPU threads that compute mel spectrograms; 0 for one per physical core.
    pub threads: usize,
    /// The arithmetic precision.
    pub precision: Precision,
}

impl Backends for Cuda {
    fn check(&self, training: bool) -> Result<()> {
        if training {
            self.precision.check_training()?;
        }
        self.precision.check_gpu()
    }

    fn training(
        &self,
        _architecture: &Architecture,
        tape: Tape,
        mel: Option<Mel>,
        batch: usize,
        validation: bool,
    ) -> Result<Box<dyn TrainingBackend>> {
        let gpu = open_for(self.index, self.precision, Mode::Training)?;
        Ok(Box::new(CudaTraining::new(gpu, tape, mel, batch, self.threads, self.precision, validation)?))
    }

    fn inference(
        &self,
        architecture: &Architecture,
        tags: usize,
        parameters: &Parameters,
        batch: usize,
        taps: &[Tap],
    ) -> Result<Box<dyn InferenceBackend>> {
        let gpu = open_for(self.index, self.precision, Mode::Inference)?;
        let (tape, mel) = (Tape::compile(architecture, tags)?, Mel::of(architecture)?);
        let plan = CudaInference::new(gpu, tape, mel, parameters, batch, self.threads, self.precision)?;
        Ok(Box::new(plan.with_taps(taps)?))
    }

    /// A run that gets memory for both plans at its start does not run out of memory later.
    fn keeps_validation(&self) -> bool {
        true
    }
}
