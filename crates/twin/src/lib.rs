//! The plain f64 twin: every operation of the network, forward and backward, as its definition says.
//!
//! One file an operation, each callable alone; `network.rs` strings them together. Maps are `[batch, length, channels]`,
//! weights have PyTorch's layout `[out, in, kernel]`. Nothing is fused, folded or reordered. Only tests depend on this crate.
//!
//! The twin wires a network's blocks by itself, from its architecture alone, although `net::Graph` has that wiring too: it must not
//! share a fault with what is compared with it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod block;
pub mod conv;
pub mod dense;
pub mod dropout;
pub mod excite;
pub mod global;
mod head;
pub mod loss;
mod map;
mod network;
pub mod norm;
pub mod pool;
mod product;
pub mod relu;
mod shortcut;
mod unit;
pub mod update;
mod variables;

pub use map::Map;
pub use network::{Gradients, Twin};
pub use variables::Variables;
