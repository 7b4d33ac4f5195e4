//! The algorithm for the products of a layer: direct, or one of the Winograd tiles.

use error::Result;

use crate::infer::conv::fold::Folded;
use crate::infer::conv::geometry::Geometry;
use crate::kernels::panels::Panels;
use crate::kernels::winograd::{transforms, SIZES};

/// The algorithm for the products of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// The direct form: every product of the convolution, as a matrix product over the overlapping view.
    Direct,
    /// F(m, k): tiles of m outputs with k taps.
    Winograd(usize, usize),
}

impl Scheme {
    /// Selects the scheme with the fewest products for `windows` pooled outputs of a convolution with `kernel` taps.
    /// The choice depends on the layer alone, so that logits depend on nothing else.
    pub(crate) fn choose(geometry: &Geometry, kernel: usize, windows: usize) -> Self {
        let direct = (windows * geometry.pool * kernel, Scheme::Direct);
        let tiles = SIZES
            .into_iter()
            .filter(|&(m, k)| geometry.stride == 1 && k == kernel && m % geometry.pool == 0)
            // The second term is the cost of the weights, whose number grows with the points and which must be read for
            // every batch.
            .map(|(m, k)| {
                ((windows * geometry.pool).div_ceil(m) * (m + k - 1) + 2 * (m + k - 1), Scheme::Winograd(m, k))
            });
        tiles.chain([direct]).min_by_key(|&(cost, _)| cost).map_or(Scheme::Direct, |(_, scheme)| scheme)
    }

    /// Selects the scheme with the fewest 8-bit products: direct, or tiles of m outputs made of F(2, 3) (see
    /// `int8_tiled.rs`). Larger transforms would enlarge the rounding error of 8 bits.
    pub(crate) fn choose_int8(geometry: &Geometry, kernel: usize, windows: usize) -> Self {
        let outputs = windows * geometry.pool;
        let tiles = [6, 4].into_iter().find(|m| m % geometry.pool == 0);
        match tiles {
            // The last terms are the cost of the weights, as in `choose`.
            Some(m)
                if geometry.stride == 1 && kernel == 3 && outputs.div_ceil(m) * 2 * m + 2 * 4 < outputs * 3 + 2 * 3 =>
            {
                Scheme::Winograd(m, kernel)
            }
            _ => Scheme::Direct,
        }
    }

    /// The number of pooled outputs in a unit.
    pub(crate) fn windows_per_unit(self, geometry: &Geometry) -> usize {
        match self {
            Scheme::Direct => 1,
            Scheme::Winograd(m, _) => m / geometry.pool,
        }
    }

    /// The approximate number of units in one work item, such that their transformed rows and a panel of weights fit
    /// the second-level cache.
    pub(crate) fn units_per_item(self, geometry: &Geometry, width: usize) -> usize {
        match self {
            Scheme::Direct => (168 / geometry.pool).max(1),
            Scheme::Winograd(..) if width > 128 => 42,
            Scheme::Winograd(..) => 56,
        }
    }

    /// Packs the weights for rows of `width` floats: `[kernel x width, out]`, or `[points x width, out]` transformed in
    /// f64.
    pub(crate) fn pack(self, folded: &Folded, width: usize) -> Result<Panels> {
        match self {
            Scheme::Direct => Panels::pack(folded.kernel * width, folded.output(), |row, column| {
                folded.at(column, row % width, row / width) as f32
            }),
            Scheme::Winograd(m, k) => {
                let weight = transforms(m, k).weight;
                Panels::pack((m + k - 1) * width, folded.output(), |row, column| {
                    let (point, input) = (row / width, row % width);
                    (0..k).map(|tap| weight[point][tap] * folded.at(column, input, tap)).sum::<f64>() as f32
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_hold_whole_windows_and_long_layers_take_the_larger_ones() {
        let choose = |kernel, pool, length| {
            let geometry = Geometry { stride: 1, left: 1, length, pool, pool_padding: 0 };
            Scheme::choose(&geometry, kernel, length / pool)
        };
        assert_eq!(choose(3, 3, 19683), Scheme::Winograd(6, 3));
        assert_eq!(choose(3, 3, 9), Scheme::Winograd(3, 3));
        assert_eq!(choose(3, 1, 2187), Scheme::Winograd(6, 3));
        assert_eq!(choose(3, 4, 2048), Scheme::Winograd(4, 3));
        assert_eq!(choose(2, 2, 4096), Scheme::Winograd(6, 2));
        assert_eq!(choose(4, 4, 4096), Scheme::Winograd(4, 4));
        assert_eq!(choose(5, 5, 625), Scheme::Winograd(5, 5));
        assert_eq!(choose(5, 3, 729), Scheme::Direct);
        assert_eq!(choose(1, 1, 1), Scheme::Direct);
        let strided = Geometry { stride: 3, left: 1, length: 729, pool: 1, pool_padding: 0 };
        assert_eq!(Scheme::choose(&strided, 3, 729), Scheme::Direct);
    }

    #[test]
    fn eight_bits_take_tiles_where_they_save_products() {
        let choose = |kernel, stride, pool, length| {
            let geometry = Geometry { stride, left: 1, length, pool, pool_padding: 0 };
            Scheme::choose_int8(&geometry, kernel, length / pool)
        };
        assert_eq!(choose(3, 1, 3, 19683), Scheme::Winograd(6, 3));
        assert_eq!(choose(3, 1, 4, 2048), Scheme::Winograd(4, 3));
        assert_eq!(choose(3, 1, 3, 3), Scheme::Direct, "most of a unit would be padding");
        assert_eq!(choose(3, 1, 5, 625), Scheme::Direct, "no unit holds whole windows");
        assert_eq!(choose(3, 3, 1, 729), Scheme::Direct);
        assert_eq!(choose(2, 1, 2, 4096), Scheme::Direct);
    }
}
