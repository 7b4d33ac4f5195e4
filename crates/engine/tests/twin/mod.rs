//! The plain f64 twin: every operation of the network, forward and backward, as its definition says.
//!
//! One file an operation, each callable alone; `network.rs` strings them together. Maps are `[batch, length, channels]`,
//! weights have PyTorch's layout `[out, in, kernel]`. Nothing is fused, folded or reordered.
//!
//! The twin reads the blocks of the architecture itself and not `net::Graph`, on purpose: a mistake in the graph shows as a
//! difference.
// Every test file that includes this module uses a part of it.
#![allow(dead_code, unused_imports, clippy::unwrap_used, clippy::expect_used)]

pub mod block;
pub mod conv;
pub mod dense;
pub mod dropout;
pub mod excite;
pub mod global;
pub mod head;
pub mod loss;
pub mod map;
pub mod network;
pub mod norm;
pub mod pool;
pub mod product;
pub mod relu;
pub mod shortcut;
pub mod unit;
pub mod update;
pub mod variables;

pub use map::Map;
pub use network::Twin;
