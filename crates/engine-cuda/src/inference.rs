//! An inference plan on a GPU.

use error::{Error, Result};
use net::Parameters;

use super::feed::Feeder;
use super::gpu::Gpu;
use super::network::Network;
use super::plan::Purpose;
use super::recorded::Recorded;
use super::spectrogram::Spectrogram;
use crate::mel::Mel;
use crate::options::Options;
use crate::plan_order;
use crate::segments::{Holding, Segments};
use crate::tape::{Operation, Tape};

/// A tape with running statistics and fixed parameters.
///
/// Every call computes a whole batch, so that the shapes of the products, and with them their order of summation, never depend
/// on how many segments there are.
pub(crate) struct CudaInference {
    network: Network,
    feeder: Feeder,
    /// By the number of segments, and whether they are cut out of staged audio.
    recorded: Recorded<(usize, bool)>,
    logits: Vec<f32>,
}

impl CudaInference {
    /// Lays `tape` out for `batch` segments, with `parameters` of its layout.
    pub(crate) fn new(
        gpu: Box<dyn Gpu>,
        tape: Tape,
        mel: Option<Mel>,
        parameters: &Parameters,
        batch: usize,
        options: &Options,
    ) -> Result<Self> {
        let spectrogram = Spectrogram::new(mel, tape.mel, options.threads)?;
        let mut network = Network::new(gpu, tape, batch, Purpose::Inference, None, options.precision)?;
        let feeder = Feeder::new(&mut network, spectrogram)?;
        #[cfg(test)]
        network.guard();
        let mut plan = Self { network, feeder, recorded: Recorded::default(), logits: Vec::new() };
        plan.load(parameters)?;
        Ok(plan)
    }

    /// Takes other parameters of the same layout.
    pub(crate) fn load(&mut self, parameters: &Parameters) -> Result<()> {
        let network = &self.network;
        network.gpu.bind()?;
        if let Some(spectrogram) = &mut self.feeder.spectrogram {
            spectrogram.set_statistics(&parameters.statistics);
        }
        let mut ordered = vec![0.0; parameters.trainable.len()];
        plan_order::to_plan(&network.tape.layout, &parameters.trainable, &mut ordered);
        network.gpu.upload(network.plan.values, bytemuck::cast_slice(&ordered))?;
        network.take_values()?;
        network.gpu.upload(network.plan.statistics, bytemuck::cast_slice(&parameters.statistics))?;
        (0..network.tape.convs.len()).try_for_each(|id| network.norm_fixed(id))
    }

    /// The failure with the batch that fits, where memory ran out.
    pub(crate) fn explain(&self, error: Error) -> Error {
        self.network.room.explain(error)
    }

    /// Whether segments of 16-bit audio come quicker than numbers.
    pub(crate) fn takes(&self) -> Holding {
        if self.feeder.spectrogram.is_some() {
            Holding::Samples
        } else {
            Holding::Pcm
        }
    }

    /// Computes the logits `[n, tags]` of `n` segments, at most the batch.
    pub(crate) fn logits(&mut self, segments: Segments, n: usize) -> Result<()> {
        self.logits.clear();
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
                Operation::Join(id) => network.join_forward(id, batch),
                Operation::Dropout(_) => Ok(()),
                Operation::Gather => network.gather_forward(batch),
                Operation::Output => network.output_forward(batch),
            })
        })?;
        #[cfg(test)]
        network.check_guards();
        self.logits = network.download(network.plan.logits, n * network.tape.tags)?;
        Ok(())
    }

    /// The logits that were computed last.
    pub(crate) fn last(&self) -> &[f32] {
        &self.logits
    }
}
