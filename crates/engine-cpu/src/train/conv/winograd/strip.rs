//! The rows of a few tiles, which are loaded and transformed together so that they stay in the first-level cache.

use std::iter::StepBy;
use std::ops::Range;

/// The number of floats in the rows of a strip.
const FLOATS: usize = 3_072;

/// The division of the tiles of one segment into strips. Tiles of `outputs` rows overlap by `overlap` rows.
#[derive(Clone, Copy)]
pub(super) struct Strips {
    outputs: usize,
    overlap: usize,
    channels: usize,
}

/// The tiles of a strip, and the rows to load for it. Rows that it shares with the strip before are there already.
pub(super) struct Strip {
    /// The number of tiles.
    pub tiles: usize,
    /// The first row to load, counted from the first row of the first tile of the segment; the number of rows.
    pub first: usize,
    pub count: usize,
    /// The place of the first loaded row in the rows of the strip.
    pub at: usize,
}

impl Strips {
    pub(super) fn new(outputs: usize, overlap: usize, channels: usize) -> Self {
        Self { outputs, overlap, channels }
    }

    /// The number of tiles in a strip; the last strip may have fewer.
    #[inline(always)]
    fn most(self) -> usize {
        (FLOATS / (self.outputs * self.channels)).max(1)
    }

    /// The number of floats in the rows of a strip.
    pub(super) fn size(self) -> usize {
        (self.most() * self.outputs + self.overlap) * self.channels
    }

    /// The first tiles of all strips of a segment of `tiles` tiles.
    #[inline(always)]
    pub(super) fn tiles(self, tiles: usize) -> StepBy<Range<usize>> {
        (0..tiles).step_by(self.most())
    }

    /// The strip that begins with tile `tile` of `tiles`. Moves the rows that it shares with the strip before, which
    /// `rows` holds, to the beginning of `rows`.
    #[inline(always)]
    pub(super) fn strip(self, tile: usize, tiles: usize, rows: &mut [f32]) -> Strip {
        let (most, first) = (self.most(), tile * self.outputs);
        let tiles = most.min(tiles - tile);
        let count = tiles * self.outputs;
        if tile == 0 {
            return Strip { tiles, first, count: count + self.overlap, at: 0 };
        }
        // Every strip before has `most` tiles.
        let kept = most * self.outputs * self.channels;
        rows.copy_within(kept..kept + self.overlap * self.channels, 0);
        Strip { tiles, first: first + self.overlap, count, at: self.overlap }
    }
}
