//! The backends of plans on the CPU.

use engine_core::backend::{Backends, InferenceBackend, TrainingBackend};
use engine_core::tape::Tape;
use engine_core::{Mel, Tap};
use error::Result;
use net::{Architecture, Parameters};

use crate::cpu::Cpu;
use crate::infer::bytes_of;
use crate::inference::CpuInference;
use crate::train::CpuTraining;

impl Backends for Cpu {
    fn check(&self, training: bool) -> Result<()> {
        if training {
            self.precision.check_training()?;
        }
        self.precision.check_cpu()
    }

    fn training(
        &self,
        architecture: &Architecture,
        tape: Tape,
        mel: Option<Mel>,
        batch: usize,
        validation: bool,
    ) -> Result<Box<dyn TrainingBackend>> {
        if !validation {
            return Ok(Box::new(CpuTraining::new(tape, mel, batch, self.threads, ("training", &|_| 0))?));
        }
        // The system counts only pages that have been written as used. Therefore the memory of both plans is counted
        // before either plan is created.
        let beside = bytes_of(architecture, tape.tags, &tape.layout, *self)?;
        let what = "training (including validation)";
        Ok(Box::new(CpuTraining::new(tape, mel, batch, self.threads, (what, &beside))?))
    }

    fn inference(
        &self,
        architecture: &Architecture,
        tags: usize,
        parameters: &Parameters,
        batch: usize,
        taps: &[Tap],
    ) -> Result<Box<dyn InferenceBackend>> {
        Ok(Box::new(CpuInference::new(architecture, tags, parameters, batch, taps, *self)?))
    }
}
