//! The forms in which an item of a layer is computed: direct or by Winograd tiles, in floats or in whole numbers.

mod direct;
mod fixed14;
mod int8;
mod int8_tiled;
mod winograd;
