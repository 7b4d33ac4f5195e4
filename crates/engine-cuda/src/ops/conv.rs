//! The forward pass of convolutions: matrix products on overlapping rows, in phases, followed by statistics and pools.

mod backward;
mod gradients;

use engine_core::tape::{Consumer, ConvId, MapId};
use error::Result;

use crate::gpu::arguments::Cut;
use crate::gpu::{launch, Address, Kernel, Matrix, Product, Shape};
use crate::memory::geometry::{is_stem, Rows};
use crate::memory::measure::sum_blocks;
use crate::network::Network;

impl Network {
    /// Computes raw output, statistics, extrema of the windows and, if no excitation follows, the map.
    pub(crate) fn conv_forward(&self, id: ConvId, batch: usize) -> Result<()> {
        if is_stem(&self.tape, id) {
            return self.stem_forward(id, batch);
        }
        let (conv, place) = (&self.tape.convs[id], &self.memory.convs[id]);
        let excited = self.tape.excites.iter().any(|excite| excite.conv == id);
        let batch_norm = self.is_training() && conv.norm.is_some() && !conv.is_norm_fixed;
        let at_once = match conv.consumer {
            Consumer::Map(map) if !self.is_training() && !excited => Some(map),
            _ => None,
        };
        // The division into chunks whose moments have been computed, and the number of segments that they belong to.
        let (cut, segments) = match (&place.fused, at_once) {
            (Some(fused), Some(map)) => return self.fused_map(id, fused, map, batch),
            (Some(fused), None) => {
                self.fused_forward(id, fused, batch, batch_norm)?;
                (Cut::of_warps(batch * conv.pooled), 1)
            }
            (None, Some(map)) => {
                self.convolve(id, &self.rows(id, batch))?;
                return self.pool_activate(id, map, batch);
            }
            (None, None) => {
                self.convolve(id, &self.rows(id, batch))?;
                self.pool_moments(id, batch, batch_norm || self.excite_of_branch(id).is_some())?;
                (place.cut, batch)
            }
        };
        if batch_norm {
            self.norm_statistics(id, cut, segments)?;
        } else if self.is_training() {
            self.norm_fixed(id)?;
        }
        match conv.consumer {
            Consumer::Map(map) if self.tape.maps[map].excite.is_none() => self.activate(map, batch),
            _ => Ok(()),
        }
    }

    /// Computes the extrema of the windows, if there is a pool, and the moments of the raw output, if they are needed.
    fn pool_moments(&self, id: ConvId, batch: usize, keeps_moments: bool) -> Result<()> {
        let (conv, place) = (&self.tape.convs[id], &self.memory.convs[id]);
        let peak = if place.winner == Address::NULL { Address::NULL } else { place.peak };
        if !keeps_moments && peak == Address::NULL {
            return Ok(());
        }
        let chunks = batch * place.cut.chunks as usize;
        let windows = if peak == Address::NULL { 0 } else { batch * conv.pooled };
        let moved = self.moved(batch * conv.length + windows, conv.to) + (windows + 8 * chunks) * conv.to;
        launch!(
            self.gpu,
            Kernel::PoolMoments,
            Shape::lanes(chunks, conv.to).moving(moved),
            [
                place.raw,
                self.norm(conv).gamma,
                peak,
                place.winner,
                if keeps_moments { place.moments } else { Address::NULL },
                conv.to as u32,
                place.pitch as u32,
                place.cut,
                batch as u32,
            ],
        )
    }

    /// Computes the batch statistics from the moments of the chunks.
    fn norm_statistics(&self, id: ConvId, cut: Cut, segments: usize) -> Result<()> {
        let (conv, place) = (&self.tape.convs[id], &self.memory.convs[id]);
        let chunks = segments * cut.chunks as usize;
        let blocks = sum_blocks(chunks);
        let (eps, momentum) = (self.tape.eps, self.tape.momentum);
        let (norm, affine, channels) = (self.norm(conv), self.affine(id), conv.to as u32);
        launch!(
            self.gpu,
            Kernel::NormStatistics,
            Shape::channel_slices(conv.to, blocks).moving(8 * chunks * conv.to),
            [
                place.moments,
                norm,
                affine,
                channels,
                cut,
                segments as u32,
                eps,
                momentum,
                place.partial,
                place.tickets,
                blocks as u32,
            ],
        )
    }

    /// Computes coefficients that need no batch: from the running statistics, or of a convolution without norm.
    /// Inference computes them once.
    pub(crate) fn norm_fixed(&self, id: ConvId) -> Result<()> {
        let conv = &self.tape.convs[id];
        let (norm, affine, channels) = (self.norm(conv), self.affine(id), conv.to as u32);
        launch!(self.gpu, Kernel::NormFixed, Shape::rows(conv.to, 1), [norm, affine, channels, self.tape.eps])
    }

    /// Computes the map directly from the raw output.
    fn pool_activate(&self, id: ConvId, map: MapId, batch: usize) -> Result<()> {
        let (place, to) = (&self.memory.convs[id], self.map_place(map));
        let (channels, rows) = (self.tape.convs[id].to, self.extent(map, batch));
        launch!(
            self.gpu,
            Kernel::PoolActivate,
            Shape::lanes(rows, channels).moving(self.moved(batch * self.tape.convs[id].length + rows, channels)),
            [
                place.raw,
                place.pitch as u32,
                place.scale,
                place.shift,
                to.data,
                channels as u32,
                place.cut,
                to.pitch as u32,
                batch as u32,
                rows as u32,
            ],
        )
    }

    fn convolve(&self, id: ConvId, rows: &Rows) -> Result<()> {
        let (conv, place) = (&self.tape.convs[id], &self.memory.convs[id]);
        let step = conv.stride * conv.from;
        self.gpu.multiply(&Product {
            rows: conv.to,
            columns: rows.in_phase(),
            inner: conv.kernel * conv.from,
            left: Matrix::plain(self.weight(conv.weight), conv.to, 0),
            right: Matrix::plain(self.first_row(conv), rows.phases * step, step),
            to: Matrix::plain(place.raw, rows.phases * conv.to, conv.to),
            count: rows.phases,
            accumulate: false,
            listed: None,
            of: self.stored,
            into: self.stored,
        })
    }
}
