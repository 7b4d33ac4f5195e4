//! The end of a residual block.

use engine_core::tape::{ResidualAddId, Shortcut};
use error::Result;

use crate::gpu::{launch, Address, Kernel, Shape};
use crate::network::Network;

impl Network {
    /// Computes branch (times its factors) plus shortcut, ReLU, pool.
    pub(crate) fn residual_add_forward(&self, id: ResidualAddId, batch: usize) -> Result<()> {
        let (addition, place) = (&self.tape.residual_adds[id], &self.memory.residual_adds[id]);
        let output = self.map_place(addition.output);
        let (branch, shortcut) = self.sides(id);
        let factors = addition.excite.map_or(Address::NULL, |excite| self.memory.excites[excite].factors);
        let rows = self.extent(addition.output, batch);
        let moved = self.moved(2 * batch * addition.length + rows, addition.channels)
            + batch * addition.pooled * addition.channels;
        launch!(
            self.gpu,
            Kernel::ResidualAddForward,
            Shape::lanes(rows, addition.channels).moving(moved),
            [
                branch,
                shortcut,
                factors,
                output.data,
                place.winner,
                addition.channels as u32,
                place.cut,
                output.pitch as u32,
                batch as u32,
                rows as u32,
            ],
        )
    }

    /// Computes the sums that both norms and the excitation need, and the gradient of an identity shortcut.
    pub(crate) fn residual_add_backward(&self, id: ResidualAddId, batch: usize) -> Result<()> {
        let (addition, place) = (&self.tape.residual_adds[id], &self.memory.residual_adds[id]);
        let output = self.map_place(addition.output);
        let (branch, shortcut) = self.sides(id);
        let channels = addition.channels as u32;
        let runs = place.runs;
        let chunks = batch * runs.chunks as usize;
        let sides = if matches!(addition.shortcut, Shortcut::Conv(_)) { 2 } else { 1 };
        let (length, windows) = (batch * addition.length, batch * addition.pooled);
        let moved =
            self.moved(sides * length + windows, addition.channels) + (windows + 12 * chunks) * addition.channels;
        launch!(
            self.gpu,
            Kernel::ResidualAddSums,
            Shape::lanes(chunks, addition.channels).moving(moved),
            [
                output.gradient,
                output.pitch as u32,
                place.winner,
                branch,
                shortcut,
                place.sums,
                channels,
                place.cut,
                runs.windows,
                runs.chunks,
                batch as u32,
            ],
        )?;
        let Shortcut::Identity { map, accumulate } = addition.shortcut else { return Ok(()) };
        if self.tape.maps[map].is_frozen {
            return Ok(());
        }
        let input = self.map_place(map);
        let passes = if accumulate { 2 } else { 1 };
        let moved = self.moved(passes * length + windows, addition.channels) + windows * addition.channels;
        launch!(
            self.gpu,
            Kernel::ResidualAddIdentity,
            Shape::lanes(length, addition.channels).moving(moved),
            [
                output.gradient,
                output.pitch as u32,
                place.winner,
                input.gradient,
                input.pitch as u32,
                channels,
                place.cut,
                batch as u32,
                u32::from(accumulate),
            ],
        )
    }
}
