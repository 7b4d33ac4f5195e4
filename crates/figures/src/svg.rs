//! A small SVG writer: shapes, text, numbers and the colours of the figures.

use std::fmt::Write;

/// The colour of text and lines.
pub const INK: &str = "#1f2933";
/// The colour of secondary text.
pub const SOFT: &str = "#6b7785";
/// The colour of rules and axes.
pub const RULE: &str = "#d5dbe1";
/// The colour of the waveform.
pub const WAVE: &str = "#9aa5b1";
/// The colour of the receptive field of one position.
pub const FIELD: &str = "#d9480f";

/// A document to which shapes are added. Units are pixels.
pub struct Svg {
    body: String,
    width: f64,
    height: f64,
}

/// The part of a text that its x coordinate refers to.
#[derive(Clone, Copy)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    pub fn new(width: f64, height: f64) -> Self {
        Self { body: String::new(), width, height }
    }

    pub fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, fill: &str) {
        self.push(format_args!(
            r#"<rect x="{x:.2}" y="{y:.2}" width="{width:.2}" height="{height:.2}" fill="{fill}"/>"#
        ));
    }

    pub fn rounded(&mut self, x: f64, y: f64, width: f64, height: f64, fill: &str) {
        self.push(format_args!(
            r#"<rect x="{x:.2}" y="{y:.2}" width="{width:.2}" height="{height:.2}" rx="3" fill="{fill}"/>"#
        ));
    }

    pub fn line(&mut self, from: [f64; 2], to: [f64; 2], stroke: &str, width: f64) {
        let ([x1, y1], [x2, y2]) = (from, to);
        self.push(format_args!(
            r#"<line x1="{x1:.2}" y1="{y1:.2}" x2="{x2:.2}" y2="{y2:.2}" stroke="{stroke}" stroke-width="{width}"/>"#
        ));
    }

    pub fn polygon(&mut self, points: &[[f64; 2]], fill: &str, opacity: f64) {
        let mut list = String::new();
        for [x, y] in points {
            let _ = write!(list, "{x:.2},{y:.2} ");
        }
        self.push(format_args!(r#"<polygon points="{}" fill="{fill}" fill-opacity="{opacity}"/>"#, list.trim_end()));
    }

    pub fn text(&mut self, x: f64, y: f64, size: f64, fill: &str, anchor: Anchor, text: &str) {
        self.write(x, y, size, fill, anchor, "", text);
    }

    pub fn bold(&mut self, x: f64, y: f64, size: f64, fill: &str, anchor: Anchor, text: &str) {
        self.write(x, y, size, fill, anchor, r#" font-weight="bold""#, text);
    }

    fn write(&mut self, x: f64, y: f64, size: f64, fill: &str, anchor: Anchor, style: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.push(format_args!(
            r#"<text x="{x:.2}" y="{y:.2}" font-size="{size}" fill="{fill}" text-anchor="{anchor}"{style}>{}</text>"#,
            escape(text)
        ));
    }

    /// Draws the output positions of one layer: cells of equal width, or a hatched bar if cells would be too narrow to
    /// see.
    pub fn cells(&mut self, x: f64, y: f64, width: f64, height: f64, count: usize, fill: &str) {
        let cell = width / count.max(1) as f64;
        self.rect(x, y, width, height, fill);
        if cell >= 3.0 {
            for i in 1..count {
                let at = x + i as f64 * cell;
                self.line([at, y], [at, y + height], "#ffffff", if cell >= 8.0 { 1.4 } else { 0.8 });
            }
        } else {
            self.rect(x, y, width, height, "url(#fine)");
        }
    }

    /// Draws a decorative waveform around the line `y`.
    pub fn waveform(&mut self, x: f64, y: f64, width: f64, height: f64) {
        let mut path = String::new();
        let points = (width / 1.5) as usize;
        for i in 0..=points {
            let t = i as f64 / points.max(1) as f64;
            let beat = (t * 4.0).fract();
            let envelope = (-3.0 * beat).exp() * (1.0 - (-60.0 * beat).exp()) + 0.12;
            let tone = (t * 411.0).sin() * 0.7 + (t * 977.0).sin() * 0.5;
            let at = (y + tone * envelope * height * 0.5, x + t * width);
            let _ = write!(path, "{}{:.1} {:.1}", if i == 0 { "M" } else { "L" }, at.1, at.0);
        }
        self.push(format_args!(r#"<path d="{path}" fill="none" stroke="{WAVE}" stroke-width="0.8"/>"#));
    }

    pub fn finish(self, title: &str) -> String {
        let Self { body, width, height } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
             height=\"{height:.0}\" font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\" role=\"img\">\n\
             <title>{}</title>\n\
             <defs><pattern id=\"fine\" width=\"3\" height=\"3\" patternUnits=\"userSpaceOnUse\">\
             <rect width=\"0.7\" height=\"3\" fill=\"#ffffff\" fill-opacity=\"0.45\"/></pattern></defs>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{body}</svg>\n",
            escape(title)
        )
    }

    fn push(&mut self, shape: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.body, "{shape}");
    }
}

/// The colour of a layer: the more channels, the darker.
pub fn shade(channels: usize) -> String {
    let steps = (channels.max(1) as f64 / 32.0).log2().clamp(0.0, 6.0) / 6.0;
    let mix = |light: f64, dark: f64| (light + (dark - light) * steps).round() as u8;
    format!("#{:02x}{:02x}{:02x}", mix(171.0, 13.0), mix(205.0, 58.0), mix(239.0, 128.0))
}

/// Formats a number with its digits in groups of three.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Formats a duration with three significant digits or in whole milliseconds.
pub fn duration(milliseconds: f64) -> String {
    if milliseconds < 1.0 {
        format!("{:.0} \u{b5}s", milliseconds * 1e3)
    } else if milliseconds < 10.0 {
        format!("{milliseconds:.1} ms")
    } else {
        format!("{} ms", grouped(milliseconds.round() as usize))
    }
}

fn escape(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .map(|c| match c {
            '&' => "&amp;".to_string(),
            '<' => "&lt;".to_string(),
            '>' => "&gt;".to_string(),
            '"' => "&quot;".to_string(),
            other => other.to_string(),
        })
        .collect()
}
