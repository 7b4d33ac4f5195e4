//! The end of a residual block.

use engine_core::tape::{JoinId, Shortcut};
use error::Result;

use crate::gpu::{launch, Address, Kernel, Shape};
use crate::network::Network;

impl Network {
    /// Computes branch (times its factors) plus shortcut, ReLU, pool.
    pub(crate) fn join_forward(&self, id: JoinId, batch: usize) -> Result<()> {
        let (join, place) = (&self.tape.joins[id], &self.plan.joins[id]);
        let output = self.map_place(join.output);
        let (branch, shortcut) = self.sides(id);
        let factors = join.excite.map_or(Address::NULL, |excite| self.plan.excites[excite].factors);
        let rows = self.extent(join.output, batch);
        let moved = self.moved(2 * batch * join.length + rows, join.channels) + batch * join.pooled * join.channels;
        launch!(
            self.gpu,
            Kernel::JoinForward,
            Shape::lanes(rows, join.channels).moving(moved),
            [
                branch,
                shortcut,
                factors,
                output.data,
                place.winner,
                join.channels as u32,
                place.cut,
                output.pitch as u32,
                batch as u32,
                rows as u32,
            ],
        )
    }

    /// Computes the sums that both norms and the excitation need, and the gradient of an identity shortcut.
    pub(crate) fn join_backward(&self, id: JoinId, batch: usize) -> Result<()> {
        let (join, place) = (&self.tape.joins[id], &self.plan.joins[id]);
        let output = self.map_place(join.output);
        let (branch, shortcut) = self.sides(id);
        let channels = join.channels as u32;
        let runs = place.runs;
        let chunks = batch * runs.chunks as usize;
        let sides = if matches!(join.shortcut, Shortcut::Conv(_)) { 2 } else { 1 };
        let (length, windows) = (batch * join.length, batch * join.pooled);
        let moved = self.moved(sides * length + windows, join.channels) + (windows + 12 * chunks) * join.channels;
        launch!(
            self.gpu,
            Kernel::JoinSums,
            Shape::lanes(chunks, join.channels).moving(moved),
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
        let Shortcut::Identity { map, accumulate } = join.shortcut else { return Ok(()) };
        let input = self.map_place(map);
        let passes = if accumulate { 2 } else { 1 };
        let moved = self.moved(passes * length + windows, join.channels) + windows * join.channels;
        launch!(
            self.gpu,
            Kernel::JoinIdentity,
            Shape::lanes(length, join.channels).moving(moved),
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
