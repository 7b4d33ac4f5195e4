//! The inference plan: batch norm folded, segments in, logits out.

use error::{Code, Error, Result};
use net::{Architecture, Layout, Parameters};

use crate::backend::{Backends, InferenceBackend};
use crate::segments::{Holding, Segments};
use crate::timing::StepTime;

/// A network compiled for inference. Parameters are fixed; dropout is off; running statistics are used.
///
/// The logits of a segment are bit-identical whatever else is in the batch, for every size of the batch and every number of
/// threads, on one kind of processor.
pub struct Inference {
    plan: Box<dyn InferenceBackend>,
    batch: usize,
    tags: usize,
    architecture: Architecture,
}

impl Inference {
    /// Compiles `architecture` with `parameters` for batches of at most `batch` segments, on the device of `backends`.
    ///
    /// Errors: [`Code::InvalidOption`] for an architecture that cannot work, no tags or no batch;
    /// [`Code::CheckpointMismatch`] for parameters of another network; [`Code::CudaUnavailable`] and [`Code::CudaOutOfMemory`] of a GPU.
    /// A precision that the device does not have is [`Code::InvalidOption`].
    pub fn new(
        architecture: &Architecture,
        tags: usize,
        parameters: &Parameters,
        batch: usize,
        backends: &impl Backends,
    ) -> Result<Self> {
        backends.check(false)?;
        if tags == 0 || batch == 0 {
            return Err(Error::new(
                Code::InvalidOption,
                format!("a network needs at least one tag and one segment per batch, received {tags} and {batch}"),
            ));
        }
        architecture.validate_with(tags)?;
        check_layout(architecture, tags, parameters)?;
        Ok(Self::on(backends.inference(architecture, tags, parameters, batch)?, architecture, tags, batch))
    }

    /// The plan that `plan` runs: `architecture` with `tags` outputs, for batches of at most `batch` segments.
    pub fn on(plan: Box<dyn InferenceBackend>, architecture: &Architecture, tags: usize, batch: usize) -> Self {
        Self { plan, batch, tags, architecture: architecture.clone() }
    }

    /// Takes other parameters of the same network, without new memory on a GPU. Those of another network are
    /// [`Code::CheckpointMismatch`].
    pub fn load(&mut self, parameters: &Parameters) -> Result<()> {
        check_layout(&self.architecture, self.tags, parameters)?;
        self.plan.load(parameters)
    }

    /// The form of segments that comes to it quickest: [`Holding::Samples`] or [`Holding::Pcm`].
    pub fn takes(&self) -> Holding {
        self.plan.takes()
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
        self.plan.logits(segments, n)
    }

    /// Computes the same, for a benchmark: seconds of each step of the plan, in its order. None of a plan on a GPU.
    pub fn timed(&mut self, segments: &[f32]) -> Result<Vec<StepTime>> {
        let n = self.count(&segments.into())?;
        self.plan.timed(segments, n)
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

/// Refuses the parameters of another network: [`Code::CheckpointMismatch`].
fn check_layout(architecture: &Architecture, tags: usize, parameters: &Parameters) -> Result<()> {
    let layout = Layout::new(architecture, tags);
    let (trainable, statistics) = (parameters.trainable.len(), parameters.statistics.len());
    if (trainable, statistics) == (layout.trainable, layout.statistics) {
        return Ok(());
    }
    let why = format!(
        "this network with {tags} tags has {} parameters and {} statistics, received {trainable} and {statistics}",
        layout.trainable, layout.statistics
    );
    Err(Error::new(Code::CheckpointMismatch, why))
}
