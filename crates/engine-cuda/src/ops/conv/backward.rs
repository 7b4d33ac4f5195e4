//! The backward pass of convolutions: the sums of the norm and the raw gradient, then the gradients of the weights and
//! of the input.

use engine_core::tape::{Consumer, ConvId};
use error::Result;

use crate::gpu::arguments::NormGradient;
use crate::gpu::{launch, Address, Kernel, Shape};
use crate::memory::geometry::is_stem;
use crate::memory::measure::sum_blocks;
use crate::network::Network;

impl Network {
    /// Computes the gradients of the norm's tensors and of the weights and, if needed, of the input.
    pub(crate) fn conv_backward(&self, id: ConvId, batch: usize, input_gradient: bool) -> Result<()> {
        if is_stem(&self.tape, id) {
            return self.stem_backward(id, batch, input_gradient);
        }
        let (conv, rows) = (&self.tape.convs[id], self.rows(id, batch));
        self.norm_backward(id, batch)?;
        if let Some(fused) = &self.memory.convs[id].fused {
            self.beside(|| self.fused_weights(id, fused, batch))?;
            if self.tape.maps[conv.input].is_frozen {
                return Ok(());
            }
            return self.fused_data(id, fused, batch, input_gradient);
        }
        self.raw_backward(id, batch, rows.total())?;
        self.beside(|| self.weight_gradient(id, &rows))?;
        if self.tape.wants_gradient(conv.input, input_gradient) {
            self.data_gradient(id, batch, &rows)?;
        }
        Ok(())
    }

    /// Launches work that only the update needs, concurrently with the rest of the backward pass.
    fn beside(&self, weights: impl FnOnce() -> Result<()>) -> Result<()> {
        self.gpu.fork()?;
        let done = weights();
        self.gpu.back()?;
        done
    }

    /// Computes sums over the batch, and from them the coefficients of the raw gradient.
    fn norm_backward(&self, id: ConvId, batch: usize) -> Result<()> {
        let (conv, place) = (&self.tape.convs[id], &self.memory.convs[id]);
        let channels = conv.to as u32;
        let (sums, stride, product, chunks) = match conv.consumer {
            Consumer::Map(map) => {
                let chunks = batch * place.cut.chunks as usize;
                let moved = self.moved(2 * batch * conv.pooled, conv.to) + 8 * chunks * conv.to;
                let map = self.map_place(map);
                launch!(
                    self.gpu,
                    Kernel::PoolSums,
                    Shape::lanes(chunks, conv.to).moving(moved),
                    [
                        place.peak,
                        place.peak_pitch as u32,
                        map.gradient,
                        map.pitch as u32,
                        self.backward_coefficients(id),
                        place.moments,
                        channels,
                        place.cut,
                        batch as u32,
                    ],
                )?;
                (place.moments, 2, 1, chunks)
            }
            Consumer::Branch(addition) => match self.excite_of_branch(id) {
                Some(excite) => {
                    let excite = &self.memory.excites[excite];
                    launch!(
                        self.gpu,
                        Kernel::BranchSums,
                        Shape::rows(batch, conv.to),
                        [
                            self.memory.residual_adds[addition].sums,
                            place.moments,
                            place.mean,
                            excite.factors,
                            excite.gradient,
                            excite.sums,
                            channels,
                            place.cut,
                            batch as u32,
                        ],
                    )?;
                    (excite.sums, 2, 1, batch)
                }
                None => (
                    self.memory.residual_adds[addition].sums,
                    3,
                    1,
                    batch * self.memory.residual_adds[addition].runs.chunks as usize,
                ),
            },
            Consumer::Shortcut(addition) => {
                let addition = &self.memory.residual_adds[addition];
                (addition.sums, 3, 2, batch * addition.runs.chunks as usize)
            }
        };
        let (out, blocks) = (self.norm_gradient(id), sum_blocks(chunks));
        let count = (batch * conv.length) as f64;
        launch!(
            self.gpu,
            Kernel::NormGradients,
            Shape::channel_slices(conv.to, blocks).moving(8 * chunks * conv.to),
            [
                sums,
                stride as u32,
                product as u32,
                self.affine(id),
                out,
                channels,
                chunks as u32,
                count,
                u32::from(conv.is_norm_fixed),
                place.partial,
                place.tickets,
                blocks as u32,
            ],
        )
    }

    /// The places of the gradients of a convolution's norm, and of the coefficients of its raw gradient.
    pub(crate) fn norm_gradient(&self, id: ConvId) -> NormGradient {
        let (conv, place, none) = (&self.tape.convs[id], &self.memory.convs[id], Address::NULL);
        NormGradient {
            gamma: conv.norm.as_ref().map_or(none, |norm| self.gradient_of(norm.gamma)),
            beta: conv.norm.as_ref().map_or(none, |norm| self.gradient_of(norm.beta)),
            bias: conv.bias.map_or(none, |bias| self.gradient_of(bias)),
            gradient_scale: place.gradient_scale,
            raw_scale: place.raw_scale,
            gradient_shift: place.gradient_shift,
        }
    }

    /// Replaces the raw output by its gradient, in-place.
    fn raw_backward(&self, id: ConvId, batch: usize, rows: usize) -> Result<()> {
        let (conv, place) = (&self.tape.convs[id], &self.memory.convs[id]);
        let (channels, pitch, segments) = (conv.to as u32, place.pitch as u32, batch as u32);
        match conv.consumer {
            Consumer::Map(map) => {
                let map = self.map_place(map);
                // The windows cover all rows of a segment, including the rows after its values.
                let groups = (place.pitch + conv.pool_padding).div_ceil(conv.pool);
                let windows = batch * conv.pooled;
                let moved = self.moved(2 * rows + 2 * windows, conv.to) + windows * conv.to;
                launch!(
                    self.gpu,
                    Kernel::PoolBackward,
                    Shape::lanes(rows.div_ceil(place.pitch) * groups, conv.to).moving(moved),
                    [
                        place.raw,
                        pitch,
                        place.peak,
                        place.peak_pitch as u32,
                        place.winner,
                        map.gradient,
                        map.pitch as u32,
                        self.backward_coefficients(id),
                        channels,
                        place.cut,
                        segments,
                        rows as u32,
                        groups as u32,
                    ]
                )
            }
            Consumer::Branch(addition) | Consumer::Shortcut(addition) => {
                let output = self.map_place(self.tape.residual_adds[addition].output);
                let windows = batch * self.tape.residual_adds[addition].pooled;
                let moved = self.moved(2 * rows + windows, conv.to) + windows * conv.to;
                let addition = &self.memory.residual_adds[addition];
                let (factors, means) = self.factors(id);
                launch!(
                    self.gpu,
                    Kernel::ResidualAddBackward,
                    Shape::lanes(rows, conv.to).moving(moved),
                    [
                        output.gradient,
                        output.pitch as u32,
                        addition.winner,
                        place.raw,
                        pitch,
                        place.gradient_scale,
                        place.raw_scale,
                        place.gradient_shift,
                        factors,
                        means,
                        channels,
                        addition.cut,
                        segments,
                        rows as u32,
                    ]
                )
            }
        }
    }
}
