//! The algorithms for an item of a layer: direct or by Winograd tiles, in floats or in integers.

mod direct;
mod fixed14;
mod int8;
mod int8_tiled;
mod winograd;
