//! The selection of the backend for a device.

use engine_core::backend::{Backends, InferenceBackend, TrainingBackend};
use engine_core::tape::Tape;
use engine_core::{Mel, Peaks, Tap};
use engine_cpu::Cpu;
#[cfg(feature = "cuda")]
use engine_cuda::Cuda;
use error::{Code, Error, Result};
use net::{Architecture, Parameters};

#[cfg(not(feature = "cuda"))]
use crate::device::no_cuda;
use crate::device::Device;
use crate::options::Options;

impl Options {
    fn cpu(&self) -> Cpu {
        Cpu { threads: self.threads, precision: self.precision }
    }

    #[cfg(feature = "cuda")]
    fn cuda(&self, index: usize) -> Cuda {
        Cuda { index, threads: self.threads, precision: self.precision }
    }

    /// Measures the peak speed of the device in its arithmetic precision, which takes some seconds. The CPU is
    /// [`Code::InvalidOption`]; other errors: those of [`Device::parse`].
    pub fn peaks(&self) -> Result<Peaks> {
        match self.device {
            Device::Cpu => Err(Error::new(Code::InvalidOption, "peaks are measured on a GPU: use device cuda")),
            #[cfg(feature = "cuda")]
            Device::Cuda(index) => engine_cuda::peaks(index, self.precision),
            #[cfg(not(feature = "cuda"))]
            Device::Cuda(_) => Err(no_cuda()),
        }
    }
}

impl Backends for Options {
    fn check(&self, training: bool) -> Result<()> {
        match self.device {
            Device::Cpu => self.cpu().check(training),
            Device::Cuda(_) => {
                if training {
                    self.precision.check_training()?;
                }
                self.precision.check_gpu()
            }
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
        match self.device {
            Device::Cpu => self.cpu().training(architecture, tape, mel, batch, validation),
            #[cfg(feature = "cuda")]
            Device::Cuda(index) => self.cuda(index).training(architecture, tape, mel, batch, validation),
            #[cfg(not(feature = "cuda"))]
            Device::Cuda(_) => Err(no_cuda()),
        }
    }

    fn inference(
        &self,
        architecture: &Architecture,
        tags: usize,
        parameters: &Parameters,
        batch: usize,
        taps: &[Tap],
    ) -> Result<Box<dyn InferenceBackend>> {
        match self.device {
            Device::Cpu => self.cpu().inference(architecture, tags, parameters, batch, taps),
            #[cfg(feature = "cuda")]
            Device::Cuda(index) => self.cuda(index).inference(architecture, tags, parameters, batch, taps),
            #[cfg(not(feature = "cuda"))]
            Device::Cuda(_) => Err(no_cuda()),
        }
    }

    fn keeps_validation(&self) -> bool {
        self.device != Device::Cpu
    }
}
