//! The plain f64 twin: every operation of the network, forward and backward, according to its definition.
//!
//! Each operation has its own file and can be called separately; `network.rs` combines them. Maps are
//! `[batch, length, channels]`, and weights have PyTorch's layout `[out, in, kernel]`. Nothing is fused, folded or
//! reordered. Only tests depend on this crate.
//!
//! The twin connects the blocks of a network itself, from the architecture alone, although `net::Graph` contains the
//! same wiring: the twin must not share an error with the code that is compared with it.
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
pub mod normalise;
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
