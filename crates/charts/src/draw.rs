//! Draws the parts of a figure.

mod axes;
mod bars;
mod free_place;
mod heat_map;
mod line;
mod marker;
mod page;
mod points;
mod rule;
mod view;

pub use marker::{corners, element as marker};
pub use page::{draw, Drawing};
