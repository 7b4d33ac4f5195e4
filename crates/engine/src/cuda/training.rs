//! A training plan on a GPU.

use error::{Code, Result};

use super::gpu::{launch, Address, Gpu, Kernel, Shape};
use super::network::Network;
use super::packet::{self, LOSSES};
use super::plan::Purpose;
use super::spectrogram::Spectrogram;
use crate::backend::{Backend, Step, Vector};
use crate::mel::Mel;
use crate::options::Options;
use crate::plan_order;
use crate::segments::{Holding, Segments};
use crate::tape::{MapId, Operation, Tape};
use crate::timing::LaunchTime;

/// A tape on a GPU. Work is queued; reading a vector or the loss waits for it.
pub(crate) struct CudaTraining {
    network: Network,
    spectrogram: Option<Spectrogram>,
    /// Segments of the last step.
    batch: usize,
    /// The packet of a step, and 16-bit segments as f32.
    packet: Vec<u8>,
    samples: Vec<f32>,
    /// Losses on the GPU that nobody has read, and those that had to be read to make room.
    waiting: usize,
    losses: Vec<f64>,
    /// Audio in the GPU's memory.
    held: Address,
    /// Whether the segments of the step are cut out of audio in the GPU's memory.
    cut: bool,
}

/// Share of the free memory, and bytes, that holding audio leaves: the driver and cuBLAS take some when they first need it.
const RESERVE: (usize, usize) = (16, 256 << 20);

impl CudaTraining {
    /// Lays `tape` out for `batch` segments; `mel` is the stem of a tape that has one, computed on the
    /// `options`' threads of the CPU.
    pub(crate) fn new(
        gpu: Box<dyn Gpu>,
        tape: Tape,
        mel: Option<Mel>,
        batch: usize,
        options: &Options,
    ) -> Result<Self> {
        let spectrogram = Spectrogram::new(mel, tape.mel, options.threads)?;
        let network = Network::new(gpu, tape, batch, Purpose::Training, options.precision)?;
        let (packet, samples, losses) = (Vec::new(), Vec::new(), Vec::with_capacity(LOSSES));
        Ok(Self {
            network,
            spectrogram,
            batch: 0,
            packet,
            samples,
            waiting: 0,
            losses,
            held: Address::NULL,
            cut: false,
        })
    }

    fn place(&self, vector: Vector) -> Option<(Address, usize)> {
        let (plan, tape) = (&self.network.plan, &self.network.tape);
        match vector {
            Vector::Values => Some((plan.values, tape.layout.trainable)),
            Vector::Velocity => Some((plan.velocity, tape.layout.trainable)),
            Vector::Gradients => Some((plan.gradients, tape.layout.trainable)),
            Vector::Statistics => Some((plan.statistics, tape.layout.statistics)),
            Vector::Logits => Some((plan.logits, self.batch * tape.tags)),
            Vector::InputGradient => None,
        }
    }

    /// The waveform's gradient without the rows between segments.
    fn input_gradient(&self) -> Result<Vec<f32>> {
        let (length, place) = (self.network.tape.maps[0].length, self.network.map_place(0));
        let (count, element) = (self.batch * place.pitch, self.network.element(0));
        let rows = self.network.download_as(place.gradient, count, element)?;
        Ok(rows.chunks_exact(place.pitch).flat_map(|segment| &segment[..length]).copied().collect())
    }

    fn drops(&self, map: MapId, step: &Step) -> bool {
        step.dropout.is_some() && self.network.tape.maps[map].dropout > 0.0
    }

    /// Waits for the losses that are on the GPU.
    fn read_losses(&mut self) -> Result<()> {
        let mut means = vec![0.0f64; std::mem::take(&mut self.waiting)];
        if !means.is_empty() {
            self.network.gpu.download(self.network.plan.means, bytemuck::cast_slice_mut(&mut means))?;
        }
        self.losses.append(&mut means);
        Ok(())
    }
}

impl Backend for CudaTraining {
    fn read(&self, vector: Vector) -> Result<Vec<f32>> {
        self.network.gpu.bind()?;
        let Some((from, count)) = self.place(vector) else { return self.input_gradient() };
        let values = self.network.download(from, count)?;
        if matches!(vector, Vector::Values | Vector::Velocity | Vector::Gradients) {
            let mut ordered = vec![0.0; count];
            plan_order::to_file(&self.network.tape.layout, &values, &mut ordered);
            return Ok(ordered);
        }
        Ok(values)
    }

    fn write(&mut self, vector: Vector, values: &[f32]) -> Result<()> {
        self.network.gpu.bind()?;
        let layout = &self.network.tape.layout;
        let (to, ordered) = match vector {
            Vector::Values | Vector::Velocity => {
                let mut ordered = vec![0.0; values.len()];
                plan_order::to_plan(layout, values, &mut ordered);
                let plan = &self.network.plan;
                (if vector == Vector::Values { plan.values } else { plan.velocity }, ordered)
            }
            Vector::Statistics => {
                if let Some(spectrogram) = &mut self.spectrogram {
                    spectrogram.set_statistics(values);
                }
                (self.network.plan.statistics, values.to_vec())
            }
            // Results are not set from outside.
            Vector::Gradients | Vector::Logits | Vector::InputGradient => return Ok(()),
        };
        self.network.gpu.upload(to, bytemuck::cast_slice(&ordered))?;
        if vector == Vector::Values {
            self.network.narrow_values()?;
        }
        Ok(())
    }

    fn hold(&mut self, samples: u64, clips: &mut dyn Iterator<Item = &[i16]>) -> Result<Holding> {
        let gpu = &mut self.network.gpu;
        gpu.bind()?;
        if self.spectrogram.is_some() {
            return Ok(Holding::Samples);
        }
        let (bytes, free) = (samples.saturating_mul(2), gpu.free_memory()?);
        if bytes > free.saturating_sub(free / RESERVE.0 + RESERVE.1) as u64 {
            return Ok(Holding::Pcm);
        }
        let held = match gpu.allocate(bytes as usize) {
            Err(full) if full.code == Code::CudaOutOfMemory => return Ok(Holding::Pcm),
            other => other?,
        };
        let mut at = 0;
        for clip in clips {
            let clip: &[u8] = bytemuck::cast_slice(clip);
            if clip.len() as u64 > bytes - at {
                break;
            }
            gpu.upload(Address(held.0 + at), clip)?;
            at += clip.len() as u64;
        }
        self.held = held;
        Ok(Holding::Resident)
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
        let Self { network, spectrogram, samples, packet, .. } = self;
        let places = match segments {
            Segments::Held(places) => Some(places),
            Segments::Samples(_) | Segments::Pcm(_) => {
                let samples = segments.samples(samples)?;
                let input = match spectrogram {
                    Some(spectrogram) => spectrogram.frames(samples)?,
                    None => samples,
                };
                network.gpu.upload(network.plan.staging, bytemuck::cast_slice(input))?;
                None
            }
        };
        self.cut = places.is_some();
        packet::write(packet, network.batch, self.held, places.unwrap_or_default(), Some(step), self.waiting);
        network.gpu.upload(network.plan.packet.start, packet)?;
        self.waiting += 1;
        Ok(())
    }

    fn feed(&mut self, step: &Step) -> Result<()> {
        if self.cut {
            return self.network.cut(step.batch);
        }
        self.network.feed(step.batch)
    }

    fn forward(&mut self, operation: Operation, step: &Step) -> Result<()> {
        let (network, batch) = (&self.network, step.batch);
        match operation {
            Operation::Conv(id) => network.conv_forward(id, batch),
            Operation::Excite(id) => network.excite_forward(id, batch),
            Operation::Join(id) => network.join_forward(id, batch),
            Operation::Dropout(map) if self.drops(map, step) => network.dropout_forward(map, batch),
            Operation::Dropout(_) => Ok(()),
            Operation::Gather => network.gather_forward(batch),
            Operation::Output => {
                network.output_forward(batch)?;
                network.loss(step.targets, batch)
            }
        }
    }

    fn backward(&mut self, operation: Operation, step: &Step) -> Result<()> {
        let (network, batch) = (&self.network, step.batch);
        match operation {
            Operation::Conv(id) => network.conv_backward(id, batch, step.input_gradient),
            Operation::Excite(id) => network.excite_backward(id, batch),
            Operation::Join(id) => network.join_backward(id, batch),
            Operation::Dropout(map) if self.drops(map, step) => network.dropout_backward(map, batch),
            Operation::Dropout(_) => Ok(()),
            Operation::Gather => network.gather_backward(batch),
            Operation::Output => network.output_backward(batch),
        }
    }

    fn losses(&mut self, to: &mut Vec<f64>) -> Result<()> {
        self.network.gpu.bind()?;
        self.read_losses()?;
        to.append(&mut self.losses);
        Ok(())
    }

    fn trace(&mut self, on: bool) -> Result<Vec<LaunchTime>> {
        self.network.gpu.bind()?;
        self.network.gpu.trace(on)
    }

    fn update(&mut self, step: &Step) -> Result<()> {
        if step.update.is_none() {
            return Ok(());
        }
        let (plan, count) = (&self.network.plan, self.network.tape.layout.trainable);
        launch!(
            self.network.gpu,
            Kernel::Nesterov,
            Shape::line(count).moving(count * 20),
            [plan.values, plan.velocity, plan.gradients, count as u64, plan.packet.start]
        )?;
        self.network.narrow_values()
    }
}
