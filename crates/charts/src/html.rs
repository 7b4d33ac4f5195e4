//! Writes self-contained HTML pages: reports, and maps of points.

mod blocks;
mod page;
mod report;
mod text;
mod values;

pub use report::report;
