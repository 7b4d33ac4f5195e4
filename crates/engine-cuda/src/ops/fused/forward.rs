//! Convolutions by our own kernels, forward.

use engine_core::tape::{Conv, ConvId, MapId};
use error::Result;

use super::tiles;
use crate::gpu::arguments::{Maps, PooledMap, Raws, Wave, Windows};
use crate::gpu::{launch, Address, Kernel, Shape};
use crate::memory::fused::{forward_shared, FusedPlace, MapSource};
use crate::network::Network;

impl Network {
    /// The windows of a convolution in a step of `batch` segments.
    pub(crate) fn windows(&self, id: ConvId, batch: usize) -> Windows {
        let (conv, place) = (&self.tape.convs[id], &self.memory.convs[id]);
        Windows { pooled: conv.pooled as u32, pitch: place.pitch as u32, total: (batch * conv.pooled) as u32 }
    }

    /// The first layer as our kernels take it.
    pub(crate) fn wave(&self, stem: ConvId) -> Wave {
        let (conv, place) = (&self.tape.convs[stem], &self.memory.convs[stem]);
        Wave {
            samples: self.first_row(conv),
            weights: self.value(conv.weight),
            scale: place.scale,
            shift: place.shift,
            channels: conv.to as u32,
            pitch: place.pitch as u32,
        }
    }

    /// The map behind a convolution as our kernels take it.
    pub(crate) fn peaks(&self, id: ConvId) -> PooledMap {
        let (conv, place) = (&self.tape.convs[id], &self.memory.convs[id]);
        PooledMap {
            values: place.peak,
            scale: place.scale,
            shift: place.shift,
            channels: conv.to as u32,
            pitch: place.peak_pitch as u32,
        }
    }

    /// Bytes of what a convolution of `windows` reads: of a map, or of the waveform.
    pub(crate) fn read_by(&self, conv: &Conv, fused: &FusedPlace, windows: &Windows) -> usize {
        let rows = 3 * windows.total as usize;
        match fused.source {
            MapSource::Wave(_) => rows * 3 * 4,
            MapSource::Map | MapSource::Pooled(_) => self.moved(rows, conv.from),
        }
    }

    /// Multiplications and additions of a convolution, forward or of one of its gradients.
    pub(crate) fn computed_by(conv: &Conv, windows: &Windows) -> usize {
        2 * 3 * windows.total as usize * 3 * conv.from * conv.to
    }

    fn forward_shape(&self, conv: &Conv, fused: &FusedPlace, windows: &Windows, written: usize) -> Shape {
        let shape = tiles(fused.cores, windows, conv.to, forward_shared(conv, self.stored));
        shape.moving(self.read_by(conv, fused, windows) + written).computing(Self::computed_by(conv, windows))
    }

    /// Raw output (in training), moments and extrema.
    pub(crate) fn fused_forward(&self, id: ConvId, fused: &FusedPlace, batch: usize, moments: bool) -> Result<()> {
        let (conv, place, windows) = (&self.tape.convs[id], &self.memory.convs[id], self.windows(id, batch));
        let total = windows.total as usize;
        let kept = if self.is_training() { 3 * total } else { 0 };
        let written = self.moved(kept + total, conv.to) + (total + if moments { total / 2 } else { 0 }) * conv.to;
        let shape = self.forward_shape(conv, fused, &windows, written);
        let out = Raws {
            gamma: self.norm(conv).gamma,
            raw: if self.is_training() { place.raw } else { Address::NULL },
            peak: place.peak,
            winner: place.winner,
            moments: if moments { place.moments } else { Address::NULL },
        };
        let (from, to) = (conv.from as u32, conv.to as u32);
        match fused.source {
            MapSource::Wave(stem) => {
                let wave = self.wave(stem);
                launch!(self.gpu, Kernel::FusedForwardWave, shape, [wave, fused.taps, windows, from, to, out])
            }
            MapSource::Pooled(before) => {
                let peaks = self.peaks(before);
                launch!(self.gpu, Kernel::FusedForwardPeaks, shape, [peaks, fused.taps, windows, from, to, out])
            }
            MapSource::Map => {
                let map = self.map_place(conv.input).data;
                launch!(self.gpu, Kernel::FusedForward, shape, [map, fused.taps, windows, from, to, out])
            }
        }
    }

    /// The map behind norm, ReLU and pool, for inference.
    pub(crate) fn fused_map(&self, id: ConvId, fused: &FusedPlace, map: MapId, batch: usize) -> Result<()> {
        let (conv, place, windows) = (&self.tape.convs[id], &self.memory.convs[id], self.windows(id, batch));
        let shape = self.forward_shape(conv, fused, &windows, self.moved(windows.total as usize, conv.to));
        let to_map = self.map_place(map);
        let out = Maps { scale: place.scale, shift: place.shift, map: to_map.data, pitch: to_map.pitch as u32 };
        let (from, to) = (conv.from as u32, conv.to as u32);
        match fused.source {
            MapSource::Wave(stem) => {
                let wave = self.wave(stem);
                launch!(self.gpu, Kernel::FusedMapWave, shape, [wave, fused.taps, windows, from, to, out])
            }
            // A plan of inference has no others.
            MapSource::Map | MapSource::Pooled(_) => {
                let map = self.map_place(conv.input).data;
                launch!(self.gpu, Kernel::FusedMap, shape, [map, fused.taps, windows, from, to, out])
            }
        }
    }
}
