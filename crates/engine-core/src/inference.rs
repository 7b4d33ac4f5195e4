//! The inference plan: it takes segments and returns logits, with batch normalisation folded into the weights.

use error::{Code, Error, Result};
use net::graph::Operation;
use net::{Architecture, Graph, InputNormalisation, Layout, Parameters};

use crate::backend::{Backends, InferenceBackend};
use crate::normaliser::{FrontEnd, Normaliser};
use crate::segments::{Holding, Segments};
use crate::tap::Tap;
use crate::timing::StepTime;

/// A network compiled for inference: its parameters are fixed, dropout is off, and batch normalisation uses the running
/// statistics.
///
/// On one kind of processor, the logits of a segment are bit-identical for every batch size, for any other segments in
/// the batch, and for any number of threads.
pub struct Inference {
    plan: Box<dyn InferenceBackend>,
    batch: usize,
    tags: usize,
    /// The number of values of all taps for one segment.
    width: usize,
    architecture: Architecture,
    front_end: FrontEnd,
}

impl Inference {
    /// Compiles `architecture` with `parameters` for batches of at most `batch` segments, on the device of `backends`.
    ///
    /// Errors: [`Code::InvalidOption`] for an invalid architecture, for 0 tags, for a batch size of 0, or for a
    /// precision that the device does not support; [`Code::CheckpointMismatch`] for parameters of another network, and
    /// for a standard deviation of the waveform that is not above 0;
    /// [`Code::CudaUnavailable`] and [`Code::CudaOutOfMemory`] for failures of a GPU.
    pub fn new(
        architecture: &Architecture,
        tags: usize,
        parameters: &Parameters,
        batch: usize,
        backends: &impl Backends,
    ) -> Result<Self> {
        Self::with_taps(architecture, tags, parameters, batch, &[], backends)
    }

    /// As [`Inference::new`]; the plan also returns the values of `taps`, whose nodes must be those of the network's
    /// [`Graph`] ([`Code::InvalidOption`]).
    pub fn with_taps(
        architecture: &Architecture,
        tags: usize,
        parameters: &Parameters,
        batch: usize,
        taps: &[Tap],
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
        checked_layout(architecture, tags, parameters)?;
        let width = width(architecture, tags, taps)?;
        let plan = backends.inference(architecture, tags, parameters, batch, taps)?;
        Ok(Self { width, ..Self::on(plan, architecture, tags, parameters, batch)? })
    }

    /// Wraps the backend `plan`, which was compiled without taps for `architecture` with `tags` outputs, `parameters`
    /// and batches of at most `batch` segments. Errors: those of [`Inference::load`].
    pub fn on(
        plan: Box<dyn InferenceBackend>,
        architecture: &Architecture,
        tags: usize,
        parameters: &Parameters,
        batch: usize,
    ) -> Result<Self> {
        let layout = checked_layout(architecture, tags, parameters)?;
        let mut front_end = FrontEnd::default();
        front_end.set(Normaliser::of(architecture, &layout, parameters)?);
        Ok(Self { plan, batch, tags, width: 0, architecture: architecture.clone(), front_end })
    }

    /// Replaces the parameters by others of the same network; on a GPU this allocates no memory. Parameters of another
    /// network, and a standard deviation of the waveform that is not above 0, are [`Code::CheckpointMismatch`].
    pub fn load(&mut self, parameters: &Parameters) -> Result<()> {
        let layout = checked_layout(&self.architecture, self.tags, parameters)?;
        let normaliser = Normaliser::of(&self.architecture, &layout, parameters)?;
        self.plan.load(parameters)?;
        self.front_end.set(normaliser);
        Ok(())
    }

    /// The form of segments that the plan accepts with the least transfer time: [`Holding::Samples`] or
    /// [`Holding::Pcm`].
    pub fn takes(&self) -> Holding {
        // The normalised samples are f32.
        match self.architecture.input_normalisation {
            InputNormalisation::None => self.plan.takes(),
            _ => Holding::Samples,
        }
    }

    /// The largest number of segments in one call.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// The number of samples in one segment.
    pub fn input_length(&self) -> usize {
        self.architecture.input_length
    }

    /// The number of outputs.
    pub fn tags(&self) -> usize {
        self.tags
    }

    /// Computes the logits `[n, tags]` of `n` segments, n <= batch. Segments of another length are
    /// [`Code::InvalidOption`]. An inference plan holds no audio, so [`Segments::Held`] is refused.
    pub fn logits<'a>(&mut self, segments: impl Into<Segments<'a>>) -> Result<&[f32]> {
        let segments = segments.into();
        let n = self.count(&segments)?;
        self.plan.logits(self.front_end.apply(segments)?, n)
    }

    /// The number of values of all taps for one segment.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The values of the taps for the segments of the last call of [`Inference::logits`], `[n, width]`: the channels of
    /// each tap, in the order of the taps.
    pub fn tapped(&self) -> &[f32] {
        self.plan.tapped()
    }

    /// Computes the same logits, for a benchmark, and returns the seconds of each step of the plan, in order. The list
    /// is empty for a plan on a GPU.
    pub fn timed(&mut self, segments: &[f32]) -> Result<Vec<StepTime>> {
        let n = self.count(&segments.into())?;
        match self.front_end.apply(segments.into())? {
            Segments::Samples(segments) => self.plan.timed(segments, n),
            Segments::Pcm(_) | Segments::Held(_) => Err(Error::new(Code::Internal, "samples became something else")),
        }
    }

    /// The number of segments.
    fn count(&self, segments: &Segments) -> Result<usize> {
        let n = segments.count(self.architecture.input_length, 0)?;
        if n > self.batch {
            let why = format!("a batch holds at most {} segments, received {n}", self.batch);
            return Err(Error::new(Code::InvalidOption, why));
        }
        Ok(n)
    }
}

/// The number of values of `taps` for one segment.
fn width(architecture: &Architecture, tags: usize, taps: &[Tap]) -> Result<usize> {
    let graph = Graph::new(architecture, tags);
    let normalised = architecture.input_normalisation != InputNormalisation::None;
    let channels = taps.iter().map(|tap| match (tap, graph.nodes.get(tap.node())) {
        // The plan does not keep the waveform before its normalisation.
        (Tap::Output { .. }, Some(node)) if !normalised || !matches!(node.operation, Operation::Input) => {
            Ok(node.output.channels)
        }
        (Tap::Factors { .. }, Some(node)) if matches!(node.operation, Operation::Excitation(_)) => {
            Ok(node.output.channels)
        }
        _ => Err(Error::new(Code::InvalidOption, format!("{tap:?} does not exist in this network"))),
    });
    channels.sum()
}

/// The layout of this network; [`Code::CheckpointMismatch`] if `parameters` do not have it.
fn checked_layout(architecture: &Architecture, tags: usize, parameters: &Parameters) -> Result<Layout> {
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
