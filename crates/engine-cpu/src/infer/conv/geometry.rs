//! The positions of a convolution, of its input and of the following pool, and how they depend on each other.

/// A convolution and the following pool, in positions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Geometry {
    /// The number of input positions from one output to the next.
    pub(crate) stride: usize,
    /// The number of zeros before the first input position.
    pub(crate) left: usize,
    /// The number of outputs before the pool.
    pub(crate) length: usize,
    /// The window size and stride of the pool; 1 for no pool.
    pub(crate) pool: usize,
    /// The number of positions of the first window that lie before the first output.
    pub(crate) pool_padding: usize,
}

impl Geometry {
    /// The geometry of a dense layer: one input position, one output position.
    pub(crate) const DENSE: Self = Self { stride: 1, left: 0, length: 1, pool: 1, pool_padding: 0 };

    /// The first and the last input position that the windows `first..end` need, for `kernel` taps.
    pub(crate) fn span(&self, kernel: usize, first: usize, end: usize) -> (isize, isize) {
        let position = |window: usize| (window * self.pool) as isize - self.pool_padding as isize;
        let input = |t: isize| t * self.stride as isize - self.left as isize;
        (input(position(first)), input(position(end) - 1) + kernel as isize - 1)
    }

    /// The range of positions in `window`, within 0..pool, that cover outputs.
    pub(crate) fn inside(&self, window: usize) -> (usize, usize) {
        let start = window * self.pool;
        let from = self.pool_padding.saturating_sub(start);
        (from, self.pool.min(self.length + self.pool_padding - start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_reach_into_the_zeros_and_leave_out_what_is_no_output() {
        let plain = Geometry { stride: 1, left: 1, length: 27, pool: 3, pool_padding: 0 };
        assert_eq!(plain.span(3, 0, 9), (-1, 27));
        assert_eq!(plain.span(3, 2, 3), (5, 9));
        assert_eq!(plain.inside(8), (0, 3));
        let padded = Geometry { pool_padding: 1, length: 7, ..plain };
        assert_eq!((padded.inside(0), padded.inside(1), padded.inside(2)), ((1, 3), (0, 3), (0, 2)));
        let strided = Geometry { stride: 3, left: 1, length: 5, pool: 1, pool_padding: 0 };
        assert_eq!(strided.span(3, 0, 5), (-1, 13));
    }
}
