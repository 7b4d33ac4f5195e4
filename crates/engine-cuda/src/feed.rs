//! How segments, and what else changes from step to step, come to a GPU: everything is copied before the step's first launch.
//!
//! Audio that is held is there already. Other 16-bit audio goes through two buffers of the host that the GPU copies by itself on a
//! stream of its own, so that a step's audio is copied while the step before is computed. Samples in f32 (and frames of mel
//! spectrograms, which are made on the CPU) are copied between steps.

mod packet;
pub(crate) mod spectrogram;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use engine_core::backend::Step;
use engine_core::{HeldSegment, Holding, Segments};
use error::{Code, Result};

use crate::feed::spectrogram::Spectrogram;
use crate::gpu::transfer::{Event, Pinned, Queue};
use crate::gpu::{Address, Gpu};
use crate::network::Network;

/// Share of the free memory, and bytes, that holding audio leaves: the driver and cuBLAS take some when they first need it.
const RESERVE: (usize, usize) = (16, 256 << 20);
/// Packets that wait for their copies at most.
const PACKETS: usize = 4;

/// A buffer of the host, and when it may be written again.
struct Buffer {
    host: Pinned,
    copied: Event,
}

/// A buffer of 16-bit audio, one half of the plan's staging; `used` is when the GPU has read its half.
struct Slot {
    buffer: Buffer,
    used: Event,
}

/// What brings segments to a network.
pub(crate) struct Feeder {
    pub(crate) spectrogram: Option<Spectrogram>,
    packets: Vec<Buffer>,
    slots: Vec<Slot>,
    /// Copies so far.
    sent: usize,
    /// Batches of 16-bit audio so far, and whether the last batch was one.
    staged: usize,
    last_staged: bool,
    /// Audio in the GPU's memory.
    held: Address,
    /// Whether the segments are to be cut out of audio in the GPU's memory.
    pub(crate) cut: bool,
    /// 16-bit segments as f32; a packet.
    samples: Vec<f32>,
    packet: Vec<u8>,
}

impl Feeder {
    /// For `network`; `spectrogram` is its stem.
    pub(crate) fn new(network: &mut Network, spectrogram: Option<Spectrogram>) -> Result<Self> {
        let gpu = &mut *network.gpu;
        let bytes = network.memory.packet.bytes;
        let packets = (0..PACKETS).map(|_| buffer(gpu, bytes)).collect::<Result<_>>()?;
        Ok(Self {
            spectrogram,
            packets,
            slots: Vec::new(),
            sent: 0,
            staged: 0,
            last_staged: false,
            held: Address::NULL,
            cut: false,
            samples: Vec::new(),
            packet: Vec::with_capacity(bytes),
        })
    }

    /// Takes `samples` samples of audio into the GPU's memory, if they fit.
    pub(crate) fn hold(
        &mut self,
        gpu: &mut dyn Gpu,
        samples: u64,
        clips: &mut dyn Iterator<Item = Cow<'_, [i16]>>,
    ) -> Result<Holding> {
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
            let clip: &[u8] = bytemuck::cast_slice(&clip);
            if clip.len() as u64 > bytes - at {
                break;
            }
            gpu.upload(Address(held.0 + at), clip)?;
            at += clip.len() as u64;
        }
        self.held = held;
        Ok(Holding::Resident)
    }

    /// Copies the segments and the packet of a step, whose loss has the number `loss`; of inference there is no step.
    pub(crate) fn upload(
        &mut self,
        network: &mut Network,
        segments: Segments,
        step: Option<&Step>,
        loss: usize,
    ) -> Result<()> {
        let length = network.tape.samples;
        let batch = network.batch;
        if let (Segments::Pcm(audio), None) = (segments, &self.spectrogram) {
            let start = self.stage(network, audio)?;
            let places: Vec<HeldSegment> = (0..audio.len() / length)
                .map(|n| HeldSegment { start: (n * length) as u64, samples: length as u64 })
                .collect();
            packet::write(&mut self.packet, batch, start, &places, step, loss);
            (self.cut, self.last_staged) = (true, true);
        } else if let Segments::Held(places) = segments {
            packet::write(&mut self.packet, batch, self.held, places, step, loss);
            (self.cut, self.last_staged) = (true, false);
        } else {
            let samples = segments.samples(&mut self.samples)?;
            let input = match &mut self.spectrogram {
                Some(spectrogram) => spectrogram.frames(samples)?,
                None => samples,
            };
            network.gpu.upload(network.memory.staging, bytemuck::cast_slice(input))?;
            packet::write(&mut self.packet, batch, Address::NULL, &[], step, loss);
            (self.cut, self.last_staged) = (false, false);
        }
        let Buffer { host, copied } = &mut self.packets[self.sent % PACKETS];
        self.sent += 1;
        network.gpu.reached(*copied)?;
        host.contents()[..self.packet.len()].copy_from_slice(&self.packet);
        network.gpu.copy(Queue::Work, network.memory.packet.start, host, self.packet.len())?;
        network.gpu.record(*copied, Queue::Work)
    }

    /// Starts to copy 16-bit audio beside the step before; where it will lie. The work that follows waits for it.
    fn stage(&mut self, network: &mut Network, audio: &[i16]) -> Result<Address> {
        let half = network.batch * network.tape.samples * 2;
        let gpu = &mut *network.gpu;
        while self.slots.len() < 2 {
            let slot = Slot { buffer: buffer(gpu, half)?, used: gpu.event()? };
            self.slots.push(slot);
        }
        // What was launched up to now reads the other half at most, or, where it was fed otherwise, both.
        match self.last_staged {
            true => gpu.record(self.slots[(self.staged + 1) % 2].used, Queue::Work)?,
            false => self.slots.iter().try_for_each(|slot| gpu.record(slot.used, Queue::Work))?,
        }
        let which = self.staged % 2;
        self.staged += 1;
        let Slot { buffer: Buffer { host, copied }, used } = &mut self.slots[which];
        gpu.reached(*copied)?;
        let audio: &[u8] = bytemuck::cast_slice(audio);
        host.contents()[..audio.len()].copy_from_slice(audio);
        let to = Address(network.memory.staging.0 + (which * half) as u64);
        gpu.wait(Queue::Copy, *used)?;
        gpu.copy(Queue::Copy, to, host, audio.len())?;
        gpu.record(*copied, Queue::Copy)?;
        gpu.wait(Queue::Work, *copied)?;
        Ok(to)
    }

    /// Launches what makes the input map of `batch` uploaded segments.
    pub(crate) fn feed(&self, network: &Network, batch: usize) -> Result<()> {
        if self.cut {
            network.cut(batch)
        } else {
            network.feed(batch)
        }
    }
}

fn buffer(gpu: &mut dyn Gpu, bytes: usize) -> Result<Buffer> {
    Ok(Buffer { host: gpu.pin(bytes)?, copied: gpu.event()? })
}
