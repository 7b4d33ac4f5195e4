//! An inference plan on a GPU.

use engine_core::backend::InferenceBackend;
use engine_core::tape::{Operation, Tape};
use engine_core::{plan_order, Holding, Mel, Precision, Segments, StepTime, Tap};
use error::Result;
use net::Parameters;

use crate::feed::spectrogram::Spectrogram;
use crate::feed::Feeder;
use crate::gpu::Gpu;
use crate::memory::terms::Mode;
use crate::network::Network;
use crate::recorded::Recorded;
use crate::tapped::TapPlace;

/// A tape with running statistics and fixed parameters.
///
/// Every call computes a whole batch, so that the shapes of the products, and with them their order of summation, never
/// depend on the number of segments.
pub(crate) struct CudaInference {
    network: Network,
    feeder: Feeder,
    /// The recordings, by the number of segments and whether they are cut out of staged audio.
    recorded: Recorded<(usize, bool)>,
    logits: Vec<f32>,
    taps: Vec<TapPlace>,
    /// The values of the taps, `[n, width]`.
    tapped: Vec<f32>,
}

impl CudaInference {
    /// Lays out `tape` for `batch` segments, with `parameters` of its layout.
    pub(crate) fn new(
        gpu: Box<dyn Gpu>,
        tape: Tape,
        mel: Option<Mel>,
        parameters: &Parameters,
        batch: usize,
        threads: usize,
        precision: Precision,
    ) -> Result<Self> {
        let spectrogram = Spectrogram::new(mel, tape.mel, threads)?;
        let mut network = Network::new(gpu, tape, batch, Mode::Inference, None, precision)?;
        let feeder = Feeder::new(&mut network, spectrogram)?;
        #[cfg(test)]
        network.guard();
        let (recorded, taps) = (Recorded::default(), Vec::new());
        let mut plan = Self { network, feeder, recorded, logits: Vec::new(), taps, tapped: Vec::new() };
        plan.take(parameters)?;
        Ok(plan)
    }

    /// The same plan, which also returns the values of `taps`.
    ///
    /// # Errors
    /// [`error::Code::InvalidOption`] for values that the GPU does not keep.
    pub(crate) fn with_taps(mut self, taps: &[Tap]) -> Result<Self> {
        self.taps = taps.iter().map(|&tap| TapPlace::find(&self.network, tap)).collect::<Result<_>>()?;
        Ok(self)
    }

    /// Replaces the parameters by others of the same layout.
    fn take(&mut self, parameters: &Parameters) -> Result<()> {
        let network = &self.network;
        network.gpu.bind()?;
        if let Some(spectrogram) = &mut self.feeder.spectrogram {
            spectrogram.set_statistics(&parameters.statistics);
        }
        let mut ordered = vec![0.0; parameters.trainable.len()];
        plan_order::to_plan(&network.tape.layout, &parameters.trainable, &mut ordered);
        network.gpu.upload(network.memory.values, bytemuck::cast_slice(&ordered))?;
        network.take_values()?;
        network.gpu.upload(network.memory.statistics, bytemuck::cast_slice(&parameters.statistics))?;
        (0..network.tape.convs.len()).try_for_each(|id| network.norm_fixed(id))
    }

    /// Computes the logits `[n, tags]` of `n` segments, at most the batch size.
    fn compute(&mut self, segments: Segments, n: usize) -> Result<()> {
        self.logits.clear();
        self.tapped.clear();
        if n == 0 {
            return Ok(());
        }
        self.network.gpu.bind()?;
        self.feeder.upload(&mut self.network, segments, None, 0)?;
        let (network, batch) = (&self.network, self.network.batch);
        let feeder = &self.feeder;
        self.recorded.run(network.gpu.as_ref(), (n, feeder.cut), &mut || {
            feeder.feed(network, n)?;
            network.tape.operations.iter().try_for_each(|&operation| match operation {
                Operation::Conv(id) => network.conv_forward(id, batch),
                Operation::Excite(id) => network.excite_forward(id, batch),
                Operation::ResidualAdd(id) => network.residual_add_forward(id, batch),
                Operation::Dropout(_) => Ok(()),
                Operation::GlobalPool => network.global_pool_forward(batch),
                Operation::Output => network.output_forward(batch),
            })
        })?;
        #[cfg(test)]
        network.check_guards();
        self.logits = network.download(network.memory.logits, n * network.tape.tags)?;
        self.read_taps(n)
    }

    /// Reads the values of the taps for the `n` segments of the last pass.
    fn read_taps(&mut self, n: usize) -> Result<()> {
        let width = self.taps.iter().map(|tap| tap.width(&self.network)).sum::<usize>();
        self.tapped.resize(n * width, 0.0);
        let mut at = 0;
        for tap in &self.taps {
            tap.read(&self.network, n, &mut self.tapped, width, at)?;
            at += tap.width(&self.network);
        }
        Ok(())
    }
}

impl InferenceBackend for CudaInference {
    fn load(&mut self, parameters: &Parameters) -> Result<()> {
        self.take(parameters).map_err(|error| self.network.budget.explain(error))
    }

    /// 16-bit audio needs less transfer time than f32 samples, but a spectrogram is computed from f32 samples.
    fn takes(&self) -> Holding {
        if self.feeder.spectrogram.is_some() {
            Holding::Samples
        } else {
            Holding::Pcm
        }
    }

    fn logits(&mut self, segments: Segments, n: usize) -> Result<&[f32]> {
        self.compute(segments, n).map_err(|error| self.network.budget.explain(error))?;
        Ok(&self.logits)
    }

    fn tapped(&self) -> &[f32] {
        &self.tapped
    }

    fn timed(&mut self, segments: &[f32], n: usize) -> Result<Vec<StepTime>> {
        self.compute(segments.into(), n).map(|()| Vec::new())
    }
}
