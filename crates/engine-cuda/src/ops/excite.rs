//! Squeeze-and-excitation.

use engine_core::tape::{ExciteId, Excited};
use error::Result;

use crate::gpu::{launch, Address, Kernel, Shape};
use crate::network::Network;
use crate::ops::dense::{Activation, Input};

impl Network {
    /// Means over time, two dense layers, factors; then the map that they multiply.
    pub(crate) fn excite_forward(&self, id: ExciteId, batch: usize) -> Result<()> {
        let (excite, place) = (&self.tape.excites[id], &self.memory.excites[id]);
        let (channels, hidden) = (excite.channels, excite.hidden);
        let conv = &self.memory.convs[excite.conv];
        match excite.of {
            Excited::Map(_) => {
                self.squeeze_map(id, Address::NULL, 0, batch)?;
                launch!(
                    self.gpu,
                    Kernel::SqueezeMapMean,
                    Shape::rows(batch, channels),
                    [conv.moments, place.squeezed, channels as u32, conv.cut, batch as u32]
                )?;
            }
            Excited::Branch(_) => launch!(
                self.gpu,
                Kernel::SqueezeBranch,
                Shape::rows(batch, channels),
                [conv.moments, conv.scale, conv.shift, place.squeezed, channels as u32, conv.cut, batch as u32,],
            )?,
        }
        let rows = |start, width| Input { start, leading: width, width };
        self.dense(excite.squeeze, rows(place.squeezed, channels), place.hidden, hidden, batch, Activation::Relu)?;
        self.dense(excite.expand, rows(place.hidden, hidden), place.factors, channels, batch, Activation::Sigmoid)?;
        match excite.of {
            Excited::Map(map) => self.activate(map, batch),
            Excited::Branch(_) => Ok(()),
        }
    }

    /// Sums of a map's activations, times a gradient where there is one, over the convolution's moments.
    fn squeeze_map(&self, id: ExciteId, gradient: Address, gradient_pitch: usize, batch: usize) -> Result<()> {
        let excite = &self.tape.excites[id];
        let conv = &self.memory.convs[excite.conv];
        let reads = if gradient == Address::NULL { 1 } else { 2 };
        launch!(
            self.gpu,
            Kernel::SqueezeMap,
            Shape::lanes(batch * conv.cut.chunks as usize, excite.channels)
                .moving(self.moved(reads * batch * excite.length, excite.channels)),
            [
                conv.peak,
                conv.peak_pitch as u32,
                gradient,
                gradient_pitch as u32,
                conv.scale,
                conv.shift,
                conv.moments,
                excite.channels as u32,
                conv.cut,
                batch as u32,
            ],
        )
    }

    /// Gradients of both layers, and of the mean; the factors' own share is the convolution's to add.
    pub(crate) fn excite_backward(&self, id: ExciteId, batch: usize) -> Result<()> {
        let (excite, place) = (&self.tape.excites[id], &self.memory.excites[id]);
        let (channels, hidden) = (excite.channels, excite.hidden);
        let conv = &self.memory.convs[excite.conv];
        match excite.of {
            Excited::Map(map) => {
                let map = self.map_place(map);
                self.squeeze_map(id, map.gradient, map.pitch, batch)?;
                launch!(
                    self.gpu,
                    Kernel::FactorGradientMap,
                    Shape::rows(batch, channels),
                    [conv.moments, place.factors, place.gradient, channels as u32, conv.cut, batch as u32,],
                )?;
            }
            Excited::Branch(addition) => launch!(
                self.gpu,
                Kernel::FactorGradientBranch,
                Shape::rows(batch, channels),
                [
                    self.memory.residual_adds[addition].sums,
                    conv.scale,
                    conv.shift,
                    conv.mean,
                    place.factors,
                    place.gradient,
                    channels as u32,
                    conv.cut,
                    batch as u32,
                ],
            )?,
        }
        let rows = |start, width| Input { start, leading: width, width };
        self.dense_weights(excite.expand, rows(place.hidden, hidden), place.gradient, channels, batch)?;
        self.dense_input(excite.expand, place.gradient, channels, rows(place.hidden_gradient, hidden), batch)?;
        self.gate(place.hidden_gradient, place.hidden, 1.0, hidden, batch)?;
        self.dense_weights(excite.squeeze, rows(place.squeezed, channels), place.hidden_gradient, hidden, batch)?;
        // From here on `gradient` is that of every position through the mean.
        self.dense_input(excite.squeeze, place.hidden_gradient, hidden, rows(place.gradient, channels), batch)?;
        self.gate(place.gradient, Address::NULL, 1.0 / excite.length as f32, channels, batch)
    }

    fn gate(&self, x: Address, gate: Address, factor: f32, width: usize, batch: usize) -> Result<()> {
        launch!(self.gpu, Kernel::Gate, Shape::rows(batch, width), [x, gate, factor, width as u32, batch as u32],)
    }
}
