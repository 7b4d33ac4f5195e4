//! Typed figures drawn as SVG and PNG, for light and dark pages, and reports that contain them as one HTML file.
//!
//! A [`Figure`] is data: panels, axes, and layers of lines, bars, points, heat maps and reference lines. The same
//! figure always gives the same bytes, except that a PNG file shows characters outside the embedded font with the fonts
//! of the system.
//!
//! ```
//! use charts::{Axis, Figure, Line, Panel, Point, Theme};
//!
//! let panel = Panel::new(Axis::log10("stride").unit("samples"), Axis::linear("AUC"))
//!     .layer(Line::new("m = 3", [Point::new(3.0, 0.91).between(0.905, 0.915), Point::new(9.0, 0.9)]));
//! let figure = Figure::new("AUC against the stride").panel(panel).fact("dataset", "mtat");
//! assert!(figure.svg(Theme::Light).starts_with("<svg"));
//! assert_eq!(figure, Figure::from_data(&figure.data()).unwrap());
//! ```

mod colour_bar;
mod describe;
mod domain;
mod draw;
mod figure;
mod html;
mod layout;
mod legend;
mod png;
mod point_map;
mod report;
mod sizes;
mod style;
mod svg;
mod text;
mod theme;
mod ticks;

use error::Result;

pub use figure::{
    Across, Axis, BarSeries, Bars, Figure, HeatMap, Intervals, Layer, Line, Panel, Point, PointGroup, Points, Rule,
    Scale,
};
pub use point_map::{MapPanel, MapPoint, PointMap};
pub use report::{Block, Choice, Claim, Clip, Column, Link, Report, Section, Table, Verdict};
use theme::Look;
pub use theme::{page_style, Theme};
pub use ticks::number;

impl Figure {
    /// The figure as an SVG document for a page of `theme`, with title, caption and metadata.
    pub fn svg(&self, theme: Theme) -> String {
        draw::draw(self, Look::Theme(theme)).svg
    }

    /// The figure as an SVG element of an HTML page, without title and caption, which belong in the text of the page.
    /// Its colours are the variables that [`page_style`] defines.
    pub fn inline_svg(&self) -> String {
        draw::draw(self, Look::Page).svg
    }

    /// The figure as a PNG file with `scale` pixels for each pixel of the SVG document; 2 is usual. Title, description
    /// and metadata are in text chunks.
    ///
    /// # Errors
    ///
    /// [`error::Code::InvalidOption`] if the picture would have no pixel, or more than 16,384 in a row or column.
    pub fn png(&self, theme: Theme, scale: f32) -> Result<Vec<u8>> {
        let (description, metadata) = (describe::describe(self), describe::metadata(self));
        let mut texts = vec![("Title", self.title.as_str()), ("Description", description.as_str())];
        texts.extend(metadata.as_deref().map(|text| ("samplecnn", text)));
        png::draw(&self.svg(theme), scale, &texts)
    }
}

impl Report {
    /// The report as one HTML file that needs no other file and no network, except the audio files that it plays. It is
    /// light or dark as the system of the reader is, can be used with a keyboard and a screen reader, and can be
    /// printed.
    pub fn html(&self) -> String {
        html::report(self)
    }
}

impl PointMap {
    /// The map as one HTML file that needs no other file and no network, except the audio files that it plays. A clip
    /// is found with the mouse, the arrow keys or a search, in all panels at once.
    pub fn html(&self) -> String {
        html::point_map(self)
    }
}
