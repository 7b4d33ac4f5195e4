//! An NVIDIA GPU as what plans run on.

use engine_core::backend::{Backends, InferenceBackend, TrainingBackend};
use engine_core::tape::Tape;
use engine_core::{Mel, Precision};
use error::Result;
use net::{Architecture, Parameters};

use crate::inference::CudaInference;
use crate::memory::terms::Mode;
use crate::opened::open_for;
use crate::training::CudaTraining;

/// An NVIDIA GPU, with the settings of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cuda {
    /// The GPU's number, as in `cuda:N`.
    pub index: usize,
    /// Threads of the CPU on which mel spectrograms are computed; 0: all physical cores.
    pub threads: usize,
    /// The number format of products.
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
    ) -> Result<Box<dyn InferenceBackend>> {
        let gpu = open_for(self.index, self.precision, Mode::Inference)?;
        let (tape, mel) = (Tape::compile(architecture, tags)?, Mel::of(architecture)?);
        Ok(Box::new(CudaInference::new(gpu, tape, mel, parameters, batch, self.threads, self.precision)?))
    }

    /// A run that gets memory for both does not run out of it later.
    fn keeps_validation(&self) -> bool {
        true
    }
}
