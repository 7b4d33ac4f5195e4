//! The first layer, whose raw output is never written: its statistics follow from those of the waveform
//! (`kernels/stem_frames.cu`), and its gradients from sums over the gradient of its map.

use engine_core::tape::{Consumer, Conv, ConvId};
use error::Result;

use crate::gpu::{launch, Address, Kernel, Shape};
use crate::memory::fused::{FusedPlace, MapSource};
use crate::memory::measure::{sum_blocks, STEM_BLOCK_FRAMES, STEM_PART_FRAMES};
use crate::memory::places::{ConvPlace, MapPlace, StemPlace};
use crate::network::Network;

/// The number of map rows that one thread computes (`stem.cu`).
const STEM_ROWS: usize = 8;

/// The input, parameters and output of a first layer.
struct Stem<'a> {
    conv: &'a Conv,
    place: &'a ConvPlace,
    map: &'a MapPlace,
    /// The address of the first sample of the first frame.
    input: Address,
    weight: Address,
}

/// Threads over rows and channels: each thread computes four channels if their number is a multiple of four and the
/// taps are few (`stem.cu`).
fn shape(rows: usize, conv: &Conv) -> Shape {
    if conv.kernel <= 3 {
        Shape::lanes(rows, conv.to)
    } else {
        Shape::rows(rows, conv.to)
    }
}

impl Network {
    fn stem(&self, id: ConvId) -> Stem<'_> {
        let (conv, place) = (&self.tape.convs[id], &self.memory.convs[id]);
        // Only a convolution whose output becomes a map is a stem.
        let map = self.map_place(if let Consumer::Map(map) = conv.consumer { map } else { 0 });
        Stem { conv, place, map, input: self.first_row(conv), weight: self.value(conv.weight) }
    }

    /// Computes the statistics, then the map.
    pub(crate) fn stem_forward(&self, id: ConvId, batch: usize) -> Result<()> {
        let Stem { conv, place, map, input, weight } = self.stem(id);
        match (place.stem, &conv.norm) {
            (Some(sums), Some(_)) if self.is_training() && !conv.is_norm_fixed => {
                self.stem_statistics(id, sums, batch)?
            }
            _ if self.is_training() => self.norm_fixed(id)?,
            _ => {}
        }
        if map.data == Address::NULL {
            // The kernel that reads this map recomputes it.
            return Ok(());
        }
        let rows = match conv.consumer {
            Consumer::Map(map) => self.extent(map, batch),
            _ => 0,
        };
        launch!(
            self.gpu,
            Kernel::StemForward,
            shape(rows.div_ceil(STEM_ROWS), conv)
                .moving(self.moved(rows, conv.to) + batch * conv.length * conv.kernel * 4),
            [
                input,
                weight,
                place.scale,
                place.shift,
                map.data,
                conv.kernel as u32,
                conv.stride as u32,
                place.pitch as u32,
                conv.to as u32,
                conv.length as u32,
                map.pitch as u32,
                batch as u32,
                rows as u32,
            ],
        )
    }

    fn stem_statistics(&self, id: ConvId, sums: StemPlace, batch: usize) -> Result<()> {
        let Stem { conv, place, input, weight, .. } = self.stem(id);
        let frames = batch * conv.length;
        let blocks = frames.div_ceil(STEM_BLOCK_FRAMES);
        launch!(
            self.gpu,
            Kernel::FrameSums,
            Shape::teams(blocks).moving(frames * conv.kernel * 4),
            [
                input,
                sums.sums,
                conv.kernel as u32,
                conv.stride as u32,
                place.pitch as u32,
                conv.length as u32,
                frames as u32
            ],
        )?;
        launch!(
            self.gpu,
            Kernel::StemStatistics,
            Shape::teams(conv.to.div_ceil(256)),
            [
                sums.sums,
                blocks as u32,
                weight,
                conv.kernel as u32,
                self.norm(conv),
                self.affine(id),
                sums.frames,
                conv.to as u32,
                frames as f64,
                self.tape.eps,
                self.tape.momentum,
            ],
        )
    }

    /// The convolution whose kernels recompute the map of this first layer.
    fn reader_of_wave(&self, id: ConvId) -> Option<(ConvId, FusedPlace)> {
        let mut fused = self.memory.convs.iter().enumerate().filter_map(|(reader, place)| Some((reader, place.fused?)));
        fused.find(|(_, fused)| fused.source == MapSource::Wave(id))
    }

    /// Computes sums over the gradient of the map; returns the number of parts.
    fn stem_sums(&self, id: ConvId, batch: usize) -> Result<usize> {
        let Stem { conv, place, map, input, weight } = self.stem(id);
        let Some(sums) = place.stem else { return Ok(0) };
        let (frames, values) = (batch * conv.length, (1 + conv.kernel) * conv.to);
        let parts = frames.div_ceil(STEM_PART_FRAMES);
        launch!(
            self.gpu,
            Kernel::StemSums,
            shape(parts, conv).moving(self.moved(frames, conv.to) + (frames * conv.kernel + parts * values) * 4),
            [
                input,
                weight,
                place.scale,
                place.shift,
                map.gradient,
                sums.parts,
                conv.kernel as u32,
                conv.stride as u32,
                place.pitch as u32,
                conv.to as u32,
                conv.length as u32,
                map.pitch as u32,
                frames as u32,
                STEM_PART_FRAMES as u32,
                parts as u32,
            ],
        )?;
        Ok(parts)
    }

    /// Computes the gradients of the weights and the norm's tensors and, if needed, of the waveform.
    pub(crate) fn stem_backward(&self, id: ConvId, batch: usize, input_gradient: bool) -> Result<()> {
        let Stem { conv, place, map, input, weight } = self.stem(id);
        let Some(sums) = place.stem else { return Ok(()) };
        let (taps, channels, frames) = (conv.kernel as u32, conv.to as u32, batch * conv.length);
        let values = (1 + conv.kernel) * conv.to;
        let parts = match self.reader_of_wave(id) {
            // The backward pass of the reader has written the sums.
            Some((reader, fused)) => self.wave_parts(reader, &fused, batch),
            None => self.stem_sums(id, batch)?,
        };
        let blocks = sum_blocks(parts);
        launch!(
            self.gpu,
            Kernel::StemTotals,
            Shape::channel_slices(values, blocks).moving(parts * values * 4),
            [sums.parts, sums.totals, values as u32, parts as u32, place.partial, place.tickets, blocks as u32,],
        )?;
        launch!(
            self.gpu,
            Kernel::StemGradient,
            Shape::rows(conv.to, 1),
            [
                sums.totals,
                sums.frames,
                weight,
                taps,
                self.affine(id),
                self.gradient_of(conv.weight),
                self.norm_gradient(id),
                channels,
                frames as f64,
                u32::from(conv.is_norm_fixed),
            ],
        )?;
        if !input_gradient {
            return Ok(());
        }
        launch!(
            self.gpu,
            Kernel::StemInputGradient,
            Shape::rows(batch * conv.input_length, 1),
            [
                input,
                weight,
                place.scale,
                place.shift,
                place.gradient_scale,
                place.raw_scale,
                place.gradient_shift,
                map.gradient,
                self.map_place(conv.input).gradient,
                taps,
                conv.stride as u32,
                conv.padding as u32,
                place.pitch as u32,
                channels,
                conv.length as u32,
                map.pitch as u32,
                conv.input_length as u32,
                batch as u32,
                u32::from(conv.accumulate),
            ],
        )
    }
}
