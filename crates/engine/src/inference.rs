//! The inference plan: batch norm folded, segments in, logits out.

use error::{Code, Error, Result};
use net::{Architecture, Layout, Parameters};

use crate::cpu::features::CpuLevel;
use crate::cpu::infer::Plan;
#[cfg(feature = "cuda")]
use crate::cuda::CudaInference;
use crate::device::Device;
#[cfg(feature = "cuda")]
use crate::mel::Mel;
use crate::options::Options;
#[cfg(feature = "cuda")]
use crate::tape::Tape;
use crate::timing::StepTime;

/// A plan where it runs.
enum Place {
    Cpu(Box<Plan>),
    #[cfg(feature = "cuda")]
    Cuda(Box<CudaInference>),
}

/// A network compiled for inference. Parameters are fixed; dropout is off; running statistics are used.
///
/// The logits of a segment are bit-identical whatever else is in the batch, for every size of the batch and every number of
/// threads, on one kind of processor.
pub struct Inference {
    plan: Place,
    batch: usize,
    input_length: usize,
    tags: usize,
}

impl Inference {
    /// Compiles `architecture` with `parameters` for batches of at most `batch` segments.
    ///
    /// Errors: [`Code::InvalidOption`] for an architecture that cannot work, no tags or no batch;
    /// [`Code::CheckpointMismatch`] for parameters of another network; [`Code::CudaUnavailable`] and [`Code::CudaOutOfMemory`] of a GPU.
    /// A precision that the device does not have is [`Code::InvalidOption`].
    pub fn new(
        architecture: &Architecture,
        tags: usize,
        parameters: &Parameters,
        batch: usize,
        options: &Options,
    ) -> Result<Self> {
        options.check(false)?;
        architecture.validate()?;
        if tags == 0 || batch == 0 {
            return Err(Error::new(
                Code::InvalidOption,
                format!("a network needs at least one tag and one segment per batch, received {tags} and {batch}"),
            ));
        }
        let layout = Layout::new(architecture, tags);
        let (trainable, statistics) = (parameters.trainable.len(), parameters.statistics.len());
        if (trainable, statistics) != (layout.trainable, layout.statistics) {
            return Err(Error::new(
                Code::CheckpointMismatch,
                format!(
                    "this network with {tags} tags has {} parameters and {} statistics, received {trainable} and {statistics}",
                    layout.trainable, layout.statistics
                ),
            ));
        }
        let plan = match options.device {
            Device::Cpu => {
                let level = CpuLevel::chosen()?;
                Place::Cpu(Box::new(Plan::new(architecture, tags, &layout, parameters, batch, options, level)?))
            }
            #[cfg(feature = "cuda")]
            Device::Cuda(index) => {
                let (gpu, tape) = (crate::cuda::open(index)?, Tape::compile(architecture, tags)?);
                let mel = Mel::of(architecture)?;
                Place::Cuda(Box::new(CudaInference::new(gpu, tape, mel, parameters, batch, options)?))
            }
            #[cfg(not(feature = "cuda"))]
            Device::Cuda(_) => return Err(crate::device::no_cuda()),
        };
        Ok(Self { plan, batch, input_length: architecture.input_length, tags })
    }

    /// The largest number of segments of one call.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// Samples of one segment.
    pub fn input_length(&self) -> usize {
        self.input_length
    }

    /// Outputs.
    pub fn tags(&self) -> usize {
        self.tags
    }

    /// Logits `[n, tags]` of `segments` `[n, input_length]`, n <= batch. Another length is [`Code::InvalidOption`].
    pub fn logits(&mut self, segments: &[f32]) -> Result<&[f32]> {
        let n = self.count(segments)?;
        match &mut self.plan {
            Place::Cpu(plan) => plan.logits(segments, n),
            #[cfg(feature = "cuda")]
            Place::Cuda(plan) => plan.logits(segments, n),
        }
    }

    /// Computes the same, for a benchmark: seconds of each step of the plan, in its order. None of a plan on a GPU.
    pub fn timed(&mut self, segments: &[f32]) -> Result<Vec<StepTime>> {
        let n = self.count(segments)?;
        match &mut self.plan {
            Place::Cpu(plan) => plan.timed(segments, n),
            #[cfg(feature = "cuda")]
            Place::Cuda(plan) => plan.logits(segments, n).map(|_| Vec::new()),
        }
    }

    /// How many segments these samples are.
    fn count(&self, segments: &[f32]) -> Result<usize> {
        let n = segments.len() / self.input_length;
        if !segments.len().is_multiple_of(self.input_length) || n > self.batch {
            return Err(Error::new(
                Code::InvalidOption,
                format!(
                    "expected at most {} segments of {} samples, received {} samples",
                    self.batch,
                    self.input_length,
                    segments.len()
                ),
            ));
        }
        Ok(n)
    }
}
