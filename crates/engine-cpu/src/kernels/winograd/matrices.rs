//! The matrices of a tile, computed at compile time.

/// The largest number of products of a tile.
pub(crate) const MAX_POINTS: usize = 9;

/// `(m, k)` of the available tiles.
pub(crate) const SIZES: [(usize, usize); 8] = [(2, 2), (4, 2), (6, 2), (3, 3), (4, 3), (6, 3), (4, 4), (5, 5)];

type Matrix = [[f64; MAX_POINTS]; MAX_POINTS];

/// The transforms of one size; rows and columns beyond the size are zero.
pub(crate) struct Transforms {
    /// B, points x inputs.
    pub(crate) input: Matrix,
    /// G, points x taps.
    pub(crate) weight: Matrix,
    /// A, outputs x points.
    pub(crate) output: Matrix,
}

/// A tile of `M` outputs of a filter of `K` taps.
#[derive(Clone, Copy)]
pub(crate) struct F<const M: usize, const K: usize>;

/// The constants of a tile.
pub(crate) trait Tile {
    /// The number of outputs.
    const OUTPUTS: usize;
    /// The number of products, which is also the number of inputs.
    const POINTS: usize;
    /// The number of pairs of opposite points. The pairs are points 1 and 2, 3 and 4, and so on.
    const PAIRS: usize = (Self::POINTS - 1) / 2;
    /// The matrices.
    const TRANSFORMS: Transforms;
}

impl<const M: usize, const K: usize> Tile for F<M, K> {
    const OUTPUTS: usize = M;
    const POINTS: usize = M + K - 1;
    const TRANSFORMS: Transforms = transforms(M, K);
}

/// The finite points, in order.
const POINTS: [f64; MAX_POINTS] = [0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 4.0, -4.0];

/// The matrices of F(m, k). All their elements are exact, except those of G.
pub(crate) const fn transforms(m: usize, k: usize) -> Transforms {
    let points = m + k - 1;
    let finite = if points.is_multiple_of(2) { points - 1 } else { points };
    let mut all = Transforms {
        input: [[0.0; MAX_POINTS]; MAX_POINTS],
        weight: [[0.0; MAX_POINTS]; MAX_POINTS],
        output: [[0.0; MAX_POINTS]; MAX_POINTS],
    };
    let mut j = 0;
    while j < points {
        // The polynomial with a root at every finite point except this one.
        let mut roots = 0;
        all.input[j][0] = 1.0;
        let mut scale = 1.0;
        let mut l = 0;
        while l < finite {
            if l != j {
                roots += 1;
                let mut i = roots;
                while i > 0 {
                    all.input[j][i] = all.input[j][i - 1] - POINTS[l] * all.input[j][i];
                    i -= 1;
                }
                all.input[j][0] *= -POINTS[l];
                if j < finite {
                    scale *= POINTS[j] - POINTS[l];
                }
            }
            l += 1;
        }
        if j < finite {
            let mut power = 1.0;
            let mut i = 0;
            while i < m || i < k {
                if i < k {
                    all.weight[j][i] = power / scale;
                }
                if i < m {
                    all.output[i][j] = power;
                }
                power *= POINTS[j];
                i += 1;
            }
        } else {
            all.weight[j][k - 1] = 1.0;
            all.output[m - 1][j] = 1.0;
        }
        j += 1;
    }
    all
}
