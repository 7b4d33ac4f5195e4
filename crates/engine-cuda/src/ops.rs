//! The operations of the tape, as launches of kernels and matrix products on a [`Network`](crate::network::Network).

mod conv;
mod dense;
mod excite;
mod fused;
pub(crate) mod head;
mod residual_add;
mod stem;
mod taps;
