//! A training plan on a GPU.

mod launches;
mod optimiser;

use std::borrow::Cow;

use engine_core::backend::{Step, TrainingBackend, Vector};
use engine_core::tape::{Operation, Tape};
use engine_core::{plan_order, Holding, LaunchTime, LossTerms, Mel, Precision, Segments, UpdateRule};
use error::{Error, Result};

use crate::feed::spectrogram::Spectrogram;
use crate::feed::Feeder;
use crate::gpu::{Address, Gpu};
use crate::memory::packet::LOSSES;
use crate::memory::terms::Mode;
use crate::network::Network;
use crate::recorded::{Form, Recorded};
use optimiser::OptimiserMemory;

/// A tape on a GPU. Work is queued; reading a vector or the loss waits for it.
pub(crate) struct CudaTraining {
    pub(super) network: Network,
    pub(super) feeder: Feeder,
    /// The number of segments in the last step.
    batch: usize,
    /// The number of losses on the GPU that have not been read, and the losses that had to be read to free their
    /// places.
    waiting: usize,
    losses: Vec<f64>,
    recorded: Recorded<Form>,
    optimiser: OptimiserMemory,
    /// Whether every launch is measured, and therefore started separately.
    is_traced: bool,
}

impl CudaTraining {
    /// Lays out `tape` for `batch` segments. `mel` is the stem of a tape that has one; `threads` threads of the CPU
    /// compute it (0: one per physical core). With `validation`, there must be memory for an inference plan as well.
    pub(crate) fn new(
        gpu: Box<dyn Gpu>,
        tape: Tape,
        mel: Option<Mel>,
        batch: usize,
        threads: usize,
        precision: Precision,
        validation: bool,
    ) -> Result<Self> {
        let beside = validation.then_some(Mode::Inference);
        let spectrogram = Spectrogram::new(mel, tape.mel, threads)?;
        let mut network = Network::new(gpu, tape, batch, Mode::Training, beside, precision)?;
        let feeder = Feeder::new(&mut network, spectrogram)?;
        #[cfg(test)]
        network.guard();
        Ok(Self {
            network,
            feeder,
            batch: 0,
            waiting: 0,
            losses: Vec::with_capacity(LOSSES),
            recorded: Recorded::default(),
            optimiser: OptimiserMemory::default(),
            is_traced: false,
        })
    }

    fn place(&self, vector: Vector) -> Option<(Address, usize)> {
        let (memory, tape) = (&self.network.memory, &self.network.tape);
        match vector {
            Vector::Values => Some((memory.values, tape.layout.trainable)),
            Vector::Velocity => Some((memory.velocity, tape.layout.trainable)),
            Vector::Squares => Some((self.optimiser.squares, tape.layout.trainable)),
            Vector::Accumulated => Some((self.optimiser.accumulated, tape.layout.trainable)),
            Vector::Gradients => Some((memory.gradients, tape.layout.trainable)),
            Vector::Statistics => Some((memory.statistics, tape.layout.statistics)),
            Vector::Logits => Some((memory.logits, self.batch * tape.tags)),
            Vector::InputGradient => None,
        }
    }

    /// The gradient of the waveform without the rows between segments.
    fn input_gradient(&self) -> Result<Vec<f32>> {
        let (length, place) = (self.network.tape.maps[0].length, self.network.map_place(0));
        let (count, element) = (self.batch * place.pitch, self.network.element(0));
        let rows = self.network.download_as(place.gradient, count, element)?;
        Ok(rows.chunks_exact(place.pitch).flat_map(|segment| &segment[..length]).copied().collect())
    }

    /// Waits for the losses that are on the GPU.
    fn read_losses(&mut self) -> Result<()> {
        let mut means = vec![0.0f64; std::mem::take(&mut self.waiting)];
        if !means.is_empty() {
            self.network.gpu.download(self.network.memory.means, bytemuck::cast_slice_mut(&mut means))?;
        }
        self.losses.append(&mut means);
        Ok(())
    }
}

impl TrainingBackend for CudaTraining {
    fn read(&self, vector: Vector) -> Result<Vec<f32>> {
        self.network.gpu.bind()?;
        let Some((from, count)) = self.place(vector) else { return self.input_gradient() };
        let values = self.network.download(from, count)?;
        if !matches!(vector, Vector::Statistics | Vector::Logits) {
            let mut ordered = vec![0.0; count];
            plan_order::to_file(&self.network.tape.layout, &values, &mut ordered);
            return Ok(ordered);
        }
        Ok(values)
    }

    fn write(&mut self, vector: Vector, values: &[f32]) -> Result<()> {
        self.network.gpu.bind()?;
        let layout = &self.network.tape.layout;
        let Some((to, _)) = self.place(vector) else { return Ok(()) };
        let ordered = match vector {
            Vector::Values | Vector::Velocity | Vector::Squares | Vector::Accumulated => {
                let mut ordered = vec![0.0; values.len()];
                plan_order::to_plan(layout, values, &mut ordered);
                ordered
            }
            Vector::Statistics => {
                if let Some(spectrogram) = &mut self.feeder.spectrogram {
                    spectrogram.set_statistics(values);
                }
                values.to_vec()
            }
            // Results cannot be set.
            Vector::Gradients | Vector::Logits | Vector::InputGradient => return Ok(()),
        };
        self.network.gpu.upload(to, bytemuck::cast_slice(&ordered))?;
        if vector == Vector::Values {
            self.network.take_values()?;
        }
        Ok(())
    }

    fn prepare(&mut self, rule: UpdateRule) -> Result<()> {
        self.network.gpu.bind()?;
        let (count, runs) = (self.network.tape.layout.trainable, self.network.tape.rates.len());
        self.optimiser.prepare(&mut *self.network.gpu, rule, count, runs)
    }

    fn weigh(&mut self, terms: Option<&LossTerms>) -> Result<()> {
        self.network.gpu.bind()?;
        // The launches of the loss have other arguments.
        self.recorded = Recorded::default();
        self.optimiser.weigh(&mut *self.network.gpu, terms)
    }

    fn hold(&mut self, samples: u64, clips: &mut dyn Iterator<Item = Cow<'_, [i16]>>) -> Result<Holding> {
        self.network.gpu.bind()?;
        self.feeder.hold(&mut *self.network.gpu, samples, clips)
    }

    fn upload(&mut self, segments: Segments, step: &Step) -> Result<()> {
        self.network.gpu.bind()?;
        if self.waiting == LOSSES {
            self.read_losses()?;
        }
        if self.batch != step.batch {
            self.network.list_parts(step.batch)?;
            self.batch = step.batch;
        }
        self.feeder.upload(&mut self.network, segments, Some(step), self.waiting)
    }

    fn feed(&mut self, step: &Step) -> Result<()> {
        self.launch_feed(step)
    }

    fn forward(&mut self, operation: Operation, step: &Step) -> Result<()> {
        self.launch_forward(operation, step)?;
        if matches!(operation, Operation::Output) {
            self.waiting += 1;
        }
        Ok(())
    }

    fn backward(&mut self, operation: Operation, step: &Step) -> Result<()> {
        self.launch_backward(operation, step)
    }

    fn update(&mut self, step: &Step) -> Result<()> {
        self.launch_update(step)
    }

    fn step(&mut self, operations: &[Operation], trained: &[Operation], step: &Step) -> Result<()> {
        if self.is_traced {
            self.launch(operations, trained, step)?;
        } else {
            let mut recorded = std::mem::take(&mut self.recorded);
            let (gpu, form) = (self.network.gpu.as_ref(), Form::of(step, self.feeder.cut));
            let done = recorded.run(gpu, form, &mut || self.launch(operations, trained, step));
            self.recorded = recorded;
            done?;
        }
        self.waiting += 1;
        Ok(())
    }

    fn replayed(&self) -> u64 {
        self.recorded.replayed
    }

    fn ahead(&self) -> usize {
        LOSSES / 2
    }

    fn losses(&mut self, to: &mut Vec<f64>) -> Result<()> {
        self.network.gpu.bind()?;
        self.read_losses()?;
        #[cfg(test)]
        self.network.check_guards();
        to.append(&mut self.losses);
        Ok(())
    }

    fn explain(&self, error: Error) -> Error {
        self.network.budget.explain(error)
    }

    fn trace(&mut self, on: bool) -> Result<Vec<LaunchTime>> {
        self.is_traced = on;
        self.network.gpu.bind()?;
        self.network.gpu.trace(on)
    }
}
