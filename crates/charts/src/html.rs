//! Writes self-contained HTML pages: reports, and maps of points.

mod blocks;
mod page;
mod point_map;
mod report;
mod text;
mod values;

pub use point_map::point_map;
pub use report::report;
