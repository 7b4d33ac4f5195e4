//! One-dimensional Winograd convolution: m outputs of a k-tap filter with m + k - 1 products instead of m k.
//!
//! The Toom-Cook construction over the points 0, 1, -1, 2, -2, 1/2, -1/2, 4, -4, and infinity if m + k - 1 is even.
//! With x the m + k - 1 inputs and w the taps, `y = A ((G w) . (B x))`. Opposite points share their even and odd
//! halves, which halves the work of both transforms. Outputs are exact up to rounding; the largest error of f32,
//! divided by the largest output, is 1e-6 for the sizes of [`SIZES`] (2e-6 for k = 5).

mod matrices;
mod points;
mod products;
#[cfg(test)]
mod tests;
mod transform;

pub(crate) use matrices::{transforms, Tile, F, MAX_POINTS, SIZES};
pub(crate) use points::{Held, Joined, Part, Stored};
pub(crate) use products::Steps;
pub(crate) use transform::{input_points, transform_input, transform_output, transform_products, weight_points};
