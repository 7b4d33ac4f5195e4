//! The inference plan: batch norm folded, segments in, logits out.

use error::{Code, Error, Result};
use net::{Architecture, Layout, Parameters};

use crate::cpu::features::CpuLevel;
use crate::cpu::infer::Plan;
#[cfg(any(test, feature = "cuda"))]
use crate::cuda::CudaInference;
use crate::device::Device;
#[cfg(feature = "cuda")]
use crate::mel::Mel;
use crate::options::Options;
use crate::segments::{Holding, Segments};
#[cfg(feature = "cuda")]
use crate::tape::Tape;
use crate::timing::StepTime;

/// A plan where it runs.
enum Place {
    Cpu(Box<Plan>),
    #[cfg(any(test, feature = "cuda"))]
    Cuda(Box<CudaInference>),
}

/// A network compiled for inference. Parameters are fixed; dropout is off; running statistics are used.
///
/// The logits of a segment are bit-identical whatever else is in the batch, for every size of the batch and every number of
/// threads, on one kind of processor.
pub struct Inference {
    plan: Place,
    batch: usize,
    tags: usize,
    architecture: Architecture,
    options: Options,
    /// 16-bit segments as f32, on the CPU.
    samples: Vec<f32>,
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
        if tags == 0 || batch == 0 {
            return Err(Error::new(
                Code::InvalidOption,
                format!("a network needs at least one tag and one segment per batch, received {tags} and {batch}"),
            ));
        }
        architecture.validate_with(tags)?;
        let plan = match options.device {
            Device::Cpu => Place::Cpu(folded(architecture, tags, parameters, batch, options)?),
            #[cfg(feature = "cuda")]
            Device::Cuda(index) => {
                layout(architecture, tags, parameters)?;
                let (gpu, tape) = (
                    crate::cuda::open_for(index, options.precision, crate::cuda::Purpose::Inference)?,
                    Tape::compile(architecture, tags)?,
                );
                let mel = Mel::of(architecture)?;
                Place::Cuda(Box::new(CudaInference::new(gpu, tape, mel, parameters, batch, options)?))
            }
            #[cfg(not(feature = "cuda"))]
            Device::Cuda(_) => return Err(crate::device::no_cuda()),
        };
        let (architecture, options) = (architecture.clone(), options.clone());
        Ok(Self { plan, batch, tags, architecture, options, samples: Vec::new() })
    }

    /// The same, on the plan that a stand-in for a GPU runs.
    #[cfg(test)]
    pub(crate) fn on(plan: CudaInference, architecture: &Architecture, tags: usize, batch: usize) -> Self {
        let (plan, options) = (Place::Cuda(Box::new(plan)), Options::default());
        Self { plan, batch, tags, architecture: architecture.clone(), options, samples: Vec::new() }
    }

    /// Takes other parameters of the same network, without new memory on a GPU. Those of another network are
    /// [`Code::CheckpointMismatch`].
    pub fn load(&mut self, parameters: &Parameters) -> Result<()> {
        match &mut self.plan {
            Place::Cpu(plan) => {
                *plan = folded(&self.architecture, self.tags, parameters, self.batch, &self.options)?;
                Ok(())
            }
            #[cfg(any(test, feature = "cuda"))]
            Place::Cuda(plan) => {
                layout(&self.architecture, self.tags, parameters)?;
                plan.load(parameters).map_err(|error| plan.explain(error))
            }
        }
    }

    /// The form of segments that comes to it quickest: [`Holding::Samples`] or [`Holding::Pcm`].
    pub fn takes(&self) -> Holding {
        match &self.plan {
            Place::Cpu(_) => Holding::Samples,
            #[cfg(any(test, feature = "cuda"))]
            Place::Cuda(plan) => plan.takes(),
        }
    }

    /// The largest number of segments of one call.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// Samples of one segment.
    pub fn input_length(&self) -> usize {
        self.architecture.input_length
    }

    /// Outputs.
    pub fn tags(&self) -> usize {
        self.tags
    }

    /// Logits `[n, tags]` of `n` segments, n <= batch. Another length is [`Code::InvalidOption`]. Nothing is held here.
    pub fn logits<'a>(&mut self, segments: impl Into<Segments<'a>>) -> Result<&[f32]> {
        let segments = segments.into();
        let n = self.count(&segments)?;
        match &mut self.plan {
            Place::Cpu(plan) => plan.logits(segments.samples(&mut self.samples)?, n),
            #[cfg(any(test, feature = "cuda"))]
            Place::Cuda(plan) => match plan.logits(segments, n) {
                Ok(()) => Ok(plan.last()),
                Err(error) => Err(plan.explain(error)),
            },
        }
    }

    /// Computes the same, for a benchmark: seconds of each step of the plan, in its order. None of a plan on a GPU.
    pub fn timed(&mut self, segments: &[f32]) -> Result<Vec<StepTime>> {
        let n = self.count(&segments.into())?;
        match &mut self.plan {
            Place::Cpu(plan) => plan.timed(segments, n),
            #[cfg(any(test, feature = "cuda"))]
            Place::Cuda(plan) => plan.logits(segments.into(), n).map(|()| Vec::new()),
        }
    }

    /// How many segments these are.
    fn count(&self, segments: &Segments) -> Result<usize> {
        let n = segments.count(self.architecture.input_length, 0)?;
        if n > self.batch {
            let why = format!("a batch holds at most {} segments, received {n}", self.batch);
            return Err(Error::new(Code::InvalidOption, why));
        }
        Ok(n)
    }
}

/// The plan of the CPU.
fn folded(
    architecture: &Architecture,
    tags: usize,
    parameters: &Parameters,
    batch: usize,
    options: &Options,
) -> Result<Box<Plan>> {
    let (layout, level) = (layout(architecture, tags, parameters)?, CpuLevel::chosen()?);
    Ok(Box::new(Plan::new(architecture, tags, &layout, parameters, batch, options, level)?))
}

/// The layout of these parameters; those of another network are refused.
fn layout(architecture: &Architecture, tags: usize, parameters: &Parameters) -> Result<Layout> {
    let layout = Layout::new(architecture, tags);
    let (trainable, statistics) = (parameters.trainable.len(), parameters.statistics.len());
    if (trainable, statistics) == (layout.trainable, layout.statistics) {
        return Ok(layout);
    }
    let why = format!(
        "this network with {tags} tags has {} parameters and {} statistics, received {trainable} and {statistics}",
        layout.trainable, layout.statistics
    );
    Err(Error::new(Code::CheckpointMismatch, why))
}
