//! The head: global pooling of levels, dropout, output layer, loss.

use engine_core::tape::MapId;
use engine_core::Targets;
use error::Result;

use crate::gpu::{launch, Element, Kernel, Shape};
use crate::network::Network;
use crate::ops::dense::{Activation, Input};

impl Network {
    /// Computes the maximum over time (plus the mean) of every level; the levels' channels are concatenated.
    pub(crate) fn global_pool_forward(&self, batch: usize) -> Result<()> {
        let Some(global_pool) = &self.tape.global_pool else { return Ok(()) };
        let width = self.tape.maps[global_pool.output].channels;
        let rows = self.extent(global_pool.output, batch);
        let mut column = 0;
        for &level in &global_pool.levels {
            let (spec, place) = (&self.tape.maps[level], self.map_place(level));
            launch!(
                self.gpu,
                Kernel::GlobalPoolForward,
                Shape::rows(rows, spec.channels),
                [
                    place.data,
                    place.pitch as u32,
                    spec.length as u32,
                    spec.channels as u32,
                    self.map_place(global_pool.output).data,
                    self.memory.global_pool_winner,
                    width as u32,
                    column as u32,
                    u32::from(global_pool.mean),
                    batch as u32,
                    rows as u32,
                ],
            )?;
            column += spec.channels;
        }
        Ok(())
    }

    /// Computes the gradients of the levels.
    pub(crate) fn global_pool_backward(&self, batch: usize) -> Result<()> {
        let Some(global_pool) = &self.tape.global_pool else { return Ok(()) };
        let width = self.tape.maps[global_pool.output].channels;
        let mut column = 0;
        for &level in &global_pool.levels {
            let (spec, place) = (&self.tape.maps[level], self.map_place(level));
            if spec.is_frozen {
                column += spec.channels;
                continue;
            }
            launch!(
                self.gpu,
                Kernel::GlobalPoolBackward,
                Shape::rows(batch * spec.length, spec.channels),
                [
                    self.map_place(global_pool.output).gradient,
                    self.memory.global_pool_winner,
                    width as u32,
                    column as u32,
                    place.gradient,
                    place.pitch as u32,
                    spec.length as u32,
                    spec.channels as u32,
                    u32::from(global_pool.mean),
                    batch as u32,
                ],
            )?;
            column += spec.channels;
        }
        Ok(())
    }

    /// Draws and applies the mask of a map, for the seed and step of the packet.
    pub(crate) fn dropout_forward(&self, map: MapId, batch: usize) -> Result<()> {
        let (spec, place) = (&self.tape.maps[map], self.map_place(map));
        // An element is dropped if the upper 24 bits of its word are below this limit, as on the CPU.
        let limit = (spec.dropout * f64::from(1 << 24)) as u32;
        launch!(
            self.gpu,
            Kernel::DropoutForward,
            Shape::rows(batch * spec.length, spec.channels),
            [
                place.data,
                place.mask,
                spec.channels as u32,
                spec.length as u32,
                place.pitch as u32,
                batch as u32,
                spec.stream << 40,
                self.memory.packet.start,
                limit,
                keep(spec.dropout),
            ],
        )
    }

    /// The gradient passes where the mask keeps the element.
    pub(crate) fn dropout_backward(&self, map: MapId, batch: usize) -> Result<()> {
        let (spec, place) = (&self.tape.maps[map], self.map_place(map));
        launch!(
            self.gpu,
            Kernel::DropoutBackward,
            Shape::rows(batch * spec.length, spec.channels),
            [
                place.gradient,
                place.mask,
                spec.channels as u32,
                spec.length as u32,
                place.pitch as u32,
                batch as u32,
                keep(spec.dropout),
            ],
        )
    }

    /// The input of the output layer, and its gradient: rows of the last map, or copies of them in f32.
    fn last_rows(&self) -> (Input, Input) {
        let map = self.tape.output_input;
        let (width, place) = (self.tape.maps[map].channels, self.map_place(map));
        let (start, gradient, leading) = match self.element(map) {
            Element::F32 => (place.data, place.gradient, place.pitch * width),
            Element::Bf16 => (self.memory.last, self.memory.last_gradient, width),
        };
        (Input { start, leading, width }, Input { start: gradient, leading, width })
    }

    /// Computes the logits.
    pub(crate) fn output_forward(&self, batch: usize) -> Result<()> {
        let (map, (input, _)) = (self.tape.output_input, self.last_rows());
        if self.element(map) != Element::F32 {
            let (place, shape) = (self.map_place(map), Shape::rows(batch, input.width));
            let (width, batch) = (input.width as u32, batch as u32);
            launch!(
                self.gpu,
                Kernel::WidenRows,
                shape,
                [place.data, place.pitch as u32, self.memory.last, width, batch]
            )?;
        }
        self.dense(self.tape.output, input, self.memory.logits, self.tape.tags, batch, Activation::None)
    }

    /// Computes the loss for the packet's targets, and the gradient of the logits.
    pub(crate) fn loss(&self, targets: Targets, batch: usize) -> Result<()> {
        let (memory, tags) = (&self.memory, self.tape.tags);
        let (shape, ..) = loss_shape(targets, batch, tags);
        let kernel = match targets {
            Targets::Tags(_) => Kernel::LossTags,
            Targets::Classes(_) => Kernel::LossClasses,
            Targets::Distributions(_) => Kernel::LossDistributions,
            Targets::LogitGradient(_) => Kernel::LossGiven,
        };
        launch!(
            self.gpu,
            kernel,
            shape,
            [memory.logits, memory.packet.targets, memory.logits_gradient, memory.losses, tags as u32, batch as u32]
        )?;
        self.mean_loss(targets, batch)
    }

    /// Computes the mean of the losses of all logits or segments.
    pub(crate) fn mean_loss(&self, targets: Targets, batch: usize) -> Result<()> {
        let memory = &self.memory;
        let (_, count, divisor) = loss_shape(targets, batch, self.tape.tags);
        let total = [memory.losses, memory.packet.start, memory.means];
        launch!(self.gpu, Kernel::LossTotal, Shape::line(1), [total[0], total[1], total[2], count as u32, divisor])
    }

    /// Computes the gradients of the output layer and of its input.
    pub(crate) fn output_backward(&self, batch: usize) -> Result<()> {
        let (tags, gradient, (input, to)) = (self.tape.tags, self.memory.logits_gradient, self.last_rows());
        self.dense_weights(self.tape.output, input, gradient, tags, batch)?;
        self.dense_input(self.tape.output, gradient, tags, to, batch)?;
        let map = self.tape.output_input;
        if self.element(map) == Element::F32 {
            return Ok(());
        }
        let place = self.map_place(map);
        launch!(
            self.gpu,
            Kernel::NarrowRows,
            Shape::rows(batch, to.width),
            [to.start, place.gradient, place.pitch as u32, to.width as u32, batch as u32]
        )
    }
}

/// The threads of a loss, the number of its terms, and what their sum is divided by.
pub(crate) fn loss_shape(targets: Targets, batch: usize, tags: usize) -> (Shape, usize, f64) {
    let cells = batch * tags;
    match targets {
        Targets::Tags(_) => (Shape::rows(batch, tags), cells, cells as f64),
        Targets::Classes(_) | Targets::Distributions(_) => (Shape::rows(batch, 1), batch, batch as f64),
        Targets::LogitGradient(_) => (Shape::rows(batch, tags), cells, 1.0),
    }
}

fn keep(dropout: f64) -> f32 {
    (1.0 / (1.0 - dropout)) as f32
}
