//! The place of the outputs of one panel of one block.

use crate::kernels::simd::PANEL;
use crate::kernels::winograd::Tile;
use crate::train::conv::winograd::tiles_of;
use crate::train::partition::Block;
use crate::train::state::State;

/// A panel of a block.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub state: &'a State,
    pub block: &'a Block,
    /// The number of tiles of a segment.
    each: usize,
    /// The first channel of the panel, and the number of its channels.
    pub channel: usize,
    pub width: usize,
}

/// The rows of a tile.
pub(super) struct TileRows {
    /// The segment.
    pub n: usize,
    /// The first row, and the number of rows that are inside the segment.
    pub row: usize,
    pub rows: usize,
    /// Whether the tile is the first, or the last, of the block in its segment.
    pub is_first: bool,
    pub is_last: bool,
}

impl<'a> Place<'a> {
    /// For tiles of `outputs` rows and panel `panel` of `channels`.
    pub(super) fn new(state: &'a State, block: &'a Block, outputs: usize, (panel, channels): (usize, usize)) -> Self {
        let channel = panel * PANEL;
        Self { state, block, each: tiles_of(block, outputs), channel, width: PANEL.min(channels - channel) }
    }

    /// The rows of tile `tile` of the block, whose tiles are counted over all segments.
    #[inline(always)]
    pub(super) fn rows<T: Tile>(&self, tile: usize) -> TileRows {
        let (segment, tile) = if self.block.segments == 1 { (0, tile) } else { (tile / self.each, tile % self.each) };
        let inside = tile * T::OUTPUTS;
        TileRows {
            n: self.block.segment + segment,
            row: self.block.rows.start + inside,
            rows: T::OUTPUTS.min(self.block.rows.len() - inside),
            is_first: tile == 0,
            is_last: tile + 1 == self.each,
        }
    }
}
