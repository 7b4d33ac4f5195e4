//! Convolutions by our own kernels, backward: each makes the gradient of the raw output while it reads that output.

use engine_core::tape::{Consumer, Conv, ConvId};
use error::Result;

use super::tiles;
use crate::gpu::arguments::{Back, Windows};
use crate::gpu::{launch, Address, Kernel, Shape};
use crate::memory::fused::{data_shared, parts, weight_blocks, weights_shared, FusedPlace, MapSource};
use crate::network::Network;

impl Network {
    fn back(&self, id: ConvId) -> Back {
        let (conv, place) = (&self.tape.convs[id], &self.memory.convs[id]);
        // Only what a map takes is computed by these kernels.
        let map = self.map_place(if let Consumer::Map(map) = conv.consumer { map } else { 0 });
        Back {
            raw: place.raw,
            winner: place.winner,
            gradient: map.gradient,
            gradient_pitch: map.pitch as u32,
            channels: conv.to as u32,
            norm: self.backward_coefficients(id),
        }
    }

    /// Bytes of what comes back: the raw output, and of its windows the gradient and the winner.
    fn read_back(&self, conv: &Conv, windows: &Windows) -> usize {
        let total = windows.total as usize;
        self.moved(4 * total, conv.to) + total * conv.to
    }

    /// The gradient of the weights, in parts and their sum.
    pub(crate) fn fused_weights(&self, id: ConvId, fused: &FusedPlace, batch: usize) -> Result<()> {
        let (conv, windows, back) = (&self.tape.convs[id], self.windows(id, batch), self.back(id));
        let (number, share) = parts(fused.cores, conv, windows.total as usize, self.stored);
        let size = 3 * conv.from * conv.to;
        let read = self.read_by(conv, fused, &windows) + self.read_back(conv, &windows);
        let shape = Shape::warps([number, weight_blocks(conv)], 8, weights_shared(conv, self.stored))
            .moving(read + number * size * 4)
            .computing(Self::computed_by(conv, &windows));
        let (from, share, to) = (conv.from as u32, share as u32, self.memory.parts);
        match fused.source {
            MapSource::Wave(stem) => {
                let wave = self.wave(stem);
                launch!(self.gpu, Kernel::FusedWeightsWave, shape, [wave, back, windows, from, share, to])?;
            }
            MapSource::Pooled(before) => {
                let peaks = self.peaks(before);
                launch!(self.gpu, Kernel::FusedWeightsPeaks, shape, [peaks, back, windows, from, share, to])?;
            }
            MapSource::Map => {
                let map = self.map_place(conv.input).data;
                launch!(self.gpu, Kernel::FusedWeights, shape, [map, back, windows, from, share, to])?;
            }
        }
        self.sum_parts(conv.weight, size, number)
    }

    fn data_shape(&self, conv: &Conv, fused: &FusedPlace, windows: &Windows) -> Shape {
        tiles(fused.cores, windows, conv.from, data_shared(conv, self.stored))
    }

    /// The gradient of the input, or of the first layer what that one needs; its map's gradient then only where it is `wanted`.
    pub(crate) fn fused_data(&self, id: ConvId, fused: &FusedPlace, batch: usize, wanted: bool) -> Result<()> {
        let (conv, windows, back) = (&self.tape.convs[id], self.windows(id, batch), self.back(id));
        let map = self.map_place(conv.input);
        let written = self.moved(3 * windows.total as usize, conv.from);
        let shape = self.data_shape(conv, fused, &windows).computing(Self::computed_by(conv, &windows));
        let read = self.read_back(conv, &windows);
        let stem = match fused.source {
            MapSource::Wave(stem) => self.memory.convs[stem].stem.map(|sums| (self.wave(stem), sums)),
            MapSource::Map | MapSource::Pooled(_) => None,
        };
        match stem {
            Some((wave, stem)) => {
                let gradient = if wanted { map.gradient } else { Address::NULL };
                let shape = shape.moving(read + if wanted { written } else { 0 } + 9 * 4 * windows.total as usize);
                launch!(
                    self.gpu,
                    Kernel::FusedDataWave,
                    shape,
                    [back, fused.reversed, windows, gradient, wave, stem.parts]
                )
            }
            None => {
                let channels = conv.from as u32;
                let shape = shape.moving(read + written);
                launch!(self.gpu, Kernel::FusedData, shape, [back, fused.reversed, windows, map.gradient, channels])
            }
        }
    }

    /// Partial sums for the first layer that the data gradient of `id` leaves.
    pub(crate) fn wave_parts(&self, id: ConvId, fused: &FusedPlace, batch: usize) -> usize {
        self.data_shape(&self.tape.convs[id], fused, &self.windows(id, batch)).grid[0] as usize
    }
}
