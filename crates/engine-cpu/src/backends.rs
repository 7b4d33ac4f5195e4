//! The backends of plans on the CPU.

use engine_core::backend::{Backends, InferenceBackend, TrainingBackend};
use engine_core::tape::Tape;
use engine_core::{Mel, Precision, Tap};
use error::Result;
use net::{Architecture, Parameters};

use crate::cpu::Cpu;
use crate::features::check_bf16;
use crate::infer::bytes_of;
use crate::inference::CpuInference;
use crate::train::CpuTraining;

/// Checks that this processor can train in `precision`; otherwise [`error::Code::InvalidOption`], with what to do.
pub fn check_training(precision: Precision) -> Result<()> {
    precision.check_cpu_training()?;
    if precision == Precision::Bf16 {
        check_bf16()?;
    }
    Ok(())
}

impl Backends for Cpu {
    fn check(&self, training: bool) -> Result<()> {
        if training {
            check_training(self.precision)
        } else {
            self.precision.check_cpu()
        }
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
            return Ok(Box::new(CpuTraining::new(tape, mel, batch, *self, ("training", &|_| 0))?));
        }
        // The system counts only pages that have been written as used. Therefore the memory of both plans is counted
        // before either plan is created.
        let validating = Self { precision: self.precision.of_cpu_inference(), ..*self };
        let beside = bytes_of(architecture, tape.tags, &tape.layout, validating)?;
        let what = "training (including validation)";
        Ok(Box::new(CpuTraining::new(tape, mel, batch, *self, (what, &beside))?))
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
