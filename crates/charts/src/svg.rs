//! A small SVG writer: shapes, text and numbers. Units are pixels.

use std::fmt::{Arguments, Write};

use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use quick_xml::escape::escape;

/// The part of a text that its position refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// A text to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    pub at: [f64; 2],
    pub size: f64,
    pub fill: &'a str,
    pub anchor: Anchor,
    /// Degrees clockwise around `at`.
    pub turn: f64,
    /// The colour of an outline that keeps the text readable on top of marks.
    pub halo: Option<&'a str>,
    /// The full text, where `text` was cut.
    pub full: Option<&'a str>,
}

impl<'a> Text<'a> {
    /// A complete text that begins at `at`, level and without an outline.
    pub fn new(at: [f64; 2], size: f64, fill: &'a str) -> Self {
        Self { at, size, fill, anchor: Anchor::Start, turn: 0.0, halo: None, full: None }
    }
}

/// The body of a document, to which shapes are added.
#[derive(Debug, Default)]
pub struct Svg {
    body: String,
}

impl Svg {
    /// The shapes that were added.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Adds markup as it is.
    pub fn raw(&mut self, markup: Arguments) {
        let _ = self.body.write_fmt(markup);
        self.body.push('\n');
    }

    /// A filled rectangle between two corners.
    pub fn rect(&mut self, from: [f64; 2], to: [f64; 2], fill: &str, more: &str) {
        let [x, y] = [from[0].min(to[0]), from[1].min(to[1])];
        let [width, height] = [(to[0] - from[0]).abs(), (to[1] - from[1]).abs()].map(short);
        let [x, y] = [x, y].map(short);
        self.raw(format_args!(r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{fill}"{more}/>"#));
    }

    /// A straight line.
    pub fn line(&mut self, from: [f64; 2], to: [f64; 2], stroke: &str, width: f64, more: &str) {
        let ([x1, y1], [x2, y2]) = (from.map(short), to.map(short));
        self.raw(format_args!(
            r#"<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{stroke}" stroke-width="{width}"{more}/>"#
        ));
    }

    /// A path with the data `data`.
    pub fn path(&mut self, data: &str, paint: &str) {
        self.raw(format_args!(r#"<path d="{data}" {paint}/>"#));
    }

    /// The PNG file `png` as an image between two corners.
    pub fn image(&mut self, from: [f64; 2], to: [f64; 2], png: &[u8], more: &str) {
        let [x, y] = from.map(short);
        let [width, height] = [to[0] - from[0], to[1] - from[1]].map(short);
        let data = STANDARD.encode(png);
        self.raw(format_args!(
            "<image x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" preserveAspectRatio=\"none\"{more} \
             href=\"data:image/png;base64,{data}\"/>"
        ));
    }

    /// A text.
    pub fn text(&mut self, style: Text, text: &str) {
        let [x, y] = style.at.map(short);
        let anchor = match style.anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        let turn =
            if style.turn == 0.0 { String::new() } else { format!(r#" transform="rotate({} {x} {y})""#, style.turn) };
        let halo = style.halo.map_or_else(String::new, |colour| {
            format!(r#" stroke="{colour}" stroke-width="4" stroke-linejoin="round" paint-order="stroke""#)
        });
        let full = style.full.map_or_else(String::new, |full| format!("<title>{}</title>", clean(full)));
        let (size, fill) = (style.size, style.fill);
        self.raw(format_args!(
            r#"<text x="{x}" y="{y}" font-size="{size}" fill="{fill}"{anchor}{turn}{halo}>{full}{}</text>"#,
            clean(text)
        ));
    }
}

/// The text for XML: escaped, and without the control characters that XML forbids.
pub fn clean(text: &str) -> String {
    let allowed = |letter: &char| match letter {
        '\t' | '\n' => true,
        other => !other.is_control() && !matches!(other, '\u{fffe}' | '\u{ffff}'),
    };
    escape(text.chars().filter(allowed).collect::<String>().as_str()).into_owned()
}

/// The number with at most two decimals.
pub fn short(number: f64) -> f64 {
    let rounded = (number * 100.0).round() / 100.0;
    // Not -0.
    rounded + 0.0
}

/// A path through `points`, closed if `closed`.
pub fn path_through(points: &[[f64; 2]], closed: bool) -> String {
    let mut data = String::new();
    for (index, point) in points.iter().enumerate() {
        let [x, y] = point.map(short);
        let _ = write!(data, "{}{x} {y}", if index == 0 { 'M' } else { 'L' });
    }
    if closed && !points.is_empty() {
        data.push('Z');
    }
    data
}
