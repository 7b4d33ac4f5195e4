//! Figures drawn as SVG and PNG.

mod axes;
mod bars;
mod data;
mod drawing;
mod files;
mod heat_map;
mod labels;
mod lines;
mod points;
