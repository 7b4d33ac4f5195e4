//! The sizes of text and ticks in pixels. A single panel is about 480 pixels wide: in a column of 84 mm, 14 pixels are
//! 7 points.

/// The size of the title of a figure.
pub const TITLE: f64 = 17.0;
/// The size of panel titles and axis labels.
pub const LABEL: f64 = 15.0;
/// The size of tick labels, legends and notes.
pub const SMALL: f64 = 14.0;
/// The length of a tick.
pub const TICK: f64 = 5.0;

/// The height of a line of text, in units of its size.
const LEADING: f64 = 1.3;

/// The height of one line of text of this size.
pub fn line_height(size: f64) -> f64 {
    (size * LEADING).ceil()
}
