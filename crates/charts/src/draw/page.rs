//! The whole picture: page, title, legend, panels, caption.

use super::free_place::Taken;
use super::{axes, bars, heat_map, line, marker, points, rule, view::View};
use crate::colour_bar;
use crate::describe;
use crate::figure::{Figure, Layer};
use crate::layout::{notes_offset, Cell, Layout, Texts, EDGE};
use crate::legend::SAMPLE;
use crate::sizes::{line_height, LABEL, SMALL, TITLE};
use crate::style::{Entry, Sample, Styles};
use crate::svg::{clean, Anchor, Svg, Text};
use crate::text::FAMILIES;
use crate::theme::{Colours, Look};

/// A drawn figure.
pub struct Drawing {
    /// The SVG document.
    pub svg: String,
    /// Its width in pixels.
    pub width: f64,
}

/// Draws `figure` as an SVG document.
pub fn draw(figure: &Figure, look: Look) -> Drawing {
    let (colours, texts) = match look {
        Look::Theme(theme) => (Colours::of(theme), Texts::Inside),
        Look::Page => (Colours::of_page(), Texts::Outside),
    };
    let styles = Styles::of(figure);
    let layout = Layout::of(figure, &styles, texts);
    let mut svg = Svg::default();
    svg.rect([0.0, 0.0], [layout.width, layout.height], &colours.page, "");
    lines(&mut svg, &layout.title, [EDGE, EDGE], TITLE, &colours.ink);
    for (at, entry, name) in &layout.legend.entries {
        legend_entry(&mut svg, *at, entry, name, &colours);
    }
    for cell in &layout.cells {
        draw_cell(&mut svg, figure, cell, &styles, &colours, look);
    }
    lines(&mut svg, &layout.caption, [EDGE, layout.caption_at], SMALL, &colours.soft);

    let (width, height) = (layout.width, layout.height);
    let name = clean(&figure.title);
    let description = clean(&describe::describe(figure));
    let metadata =
        describe::metadata(figure).map_or_else(String::new, |text| format!("<metadata>{}</metadata>\n", clean(&text)));
    let document = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{name}\" font-family=\"{FAMILIES}\">\n\
         <title>{name}</title>\n<desc>{description}</desc>\n{metadata}{}</svg>\n",
        svg.body()
    );
    Drawing { svg: document, width }
}

/// Writes lines of text below each other; `at` is the upper left corner.
fn lines(svg: &mut Svg, lines: &[String], at: [f64; 2], size: f64, fill: &str) {
    for (index, line) in lines.iter().enumerate() {
        let at = [at[0], at[1] + size + index as f64 * line_height(size)];
        svg.text(Text::new(at, size, fill), line);
    }
}

fn draw_cell(svg: &mut Svg, figure: &Figure, cell: &Cell, styles: &Styles, colours: &Colours, look: Look) {
    let view = View::of(cell);
    let has_map = cell.panel.layers.iter().any(|layer| matches!(layer, Layer::HeatMap(_)));
    if !has_map {
        axes::grid(svg, cell, colours);
    }
    let mut drawn = Vec::new();
    for layer in &cell.panel.layers {
        match layer {
            Layer::HeatMap(map) => heat_map::heat_map(svg, &view, map, colour_bar::range(figure, map), colours),
            Layer::Line(one) => line::band(svg, &view, one, styles.style(&one.name), colours),
            _ => {}
        }
    }
    for layer in &cell.panel.layers {
        match layer {
            Layer::Rule(one) => rule::line(svg, &view, one, colours),
            Layer::Bars(all) => drawn.extend(bars::bars(svg, &view, cell.panel, all, styles, colours)),
            Layer::Points(all) => points::points(svg, &view, all, styles, colours, look),
            Layer::Line(one) => line::line(svg, &view, one, styles.style(&one.name), colours),
            Layer::HeatMap(_) => {}
        }
    }
    axes::axes(svg, cell, colours);
    let mut taken = Taken::by(cell.panel, &view, drawn);
    for layer in &cell.panel.layers {
        if let Layer::Rule(one) = layer {
            rule::label(svg, &view, one, &mut taken, colours);
        }
    }
    if describe::is_empty(cell.panel) {
        let at = [(view.from[0] + view.to[0]) / 2.0, (view.from[1] + view.to[1]) / 2.0];
        svg.text(Text { anchor: Anchor::Middle, ..Text::new(at, LABEL, &colours.soft) }, "no values");
    }
    let title_top = view.from[1] - 8.0 - cell.title.len() as f64 * line_height(LABEL);
    lines(svg, &cell.title, [view.from[0], title_top], LABEL, &colours.ink);
    lines(svg, &cell.notes, [view.from[0], view.to[1] + notes_offset(cell)], SMALL, &colours.soft);
    if let Some(bar) = &cell.bar {
        heat_map::bar(svg, cell, bar, colours);
    }
}

fn legend_entry(svg: &mut Svg, at: [f64; 2], entry: &Entry, name: &str, colours: &Colours) {
    let style = entry.style;
    let colour = &colours.series[style.colour];
    let middle = [at[0] + SAMPLE / 2.0, at[1]];
    match entry.sample {
        Sample::Bar => bars::filled(svg, [[at[0] + 6.0, at[1] - 7.0], [at[0] + SAMPLE, at[1] + 7.0]], style, colours),
        Sample::Points => {
            let element = marker::element(style.marker, middle, line::MARKER, &format!(r#"fill="{colour}""#));
            svg.raw(format_args!("{element}"));
        }
        Sample::Line { markers, connected } => {
            if connected {
                svg.line(at, [at[0] + SAMPLE, at[1]], colour, 2.0, &style.dash_attribute());
            }
            if markers || !connected {
                let paint = format!(r#"fill="{colour}" stroke="{}" stroke-width="1""#, colours.page);
                let element = marker::element(style.marker, middle, line::MARKER, &paint);
                svg.raw(format_args!("{element}"));
            }
        }
    }
    let full = (name != entry.name).then_some(entry.name.as_str());
    let at = [at[0] + SAMPLE + 6.0, at[1] + SMALL * 0.36];
    svg.text(Text { full, ..Text::new(at, SMALL, &colours.ink) }, name);
}
