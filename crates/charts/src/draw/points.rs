//! Points in groups. Many points are one embedded image.

use resvg::tiny_skia::{Color, FillRule, Paint, Path, PathBuilder, Pixmap, Transform};

use super::marker;
use super::view::View;
use crate::figure::{PointGroup, Points};
use crate::png;
use crate::style::{Marker, Styles};
use crate::svg::Svg;
use crate::theme::{series_rgb, Colours, Look, Theme};

/// A panel with more points draws them into an image.
const VECTORS: usize = 3_000;
/// The pixels of this image for each pixel of the figure.
const FINE: f64 = 2.0;

/// Draws `points`.
pub fn points(svg: &mut Svg, view: &View, points: &Points, styles: &Styles, colours: &Colours, look: Look) {
    let count = points.groups.iter().map(|group| group.at.len()).sum::<usize>();
    let usual = (600.0 / count.max(1) as f64).sqrt().clamp(0.1, 0.85);
    let opacity = points.opacity.filter(|value| *value > 0.0 && *value <= 1.0).unwrap_or(usual);
    let radius = match count {
        0..=600 => 3.6,
        601..=3_000 => 2.6,
        3_001..=15_000 => 1.8,
        _ => 1.4,
    };
    if count <= VECTORS {
        for group in &points.groups {
            let style = styles.style(&group.name);
            let paint = format!(r#"fill="{}" fill-opacity="{opacity:.2}""#, colours.series[style.colour]);
            for at in places(view, group) {
                let element = marker::element(style.marker, at, radius, &paint);
                svg.raw(format_args!("{element}"));
            }
        }
        return;
    }
    let themes: &[(Theme, &str)] = match look {
        Look::Theme(Theme::Light) => &[(Theme::Light, "")],
        Look::Theme(Theme::Dark) => &[(Theme::Dark, "")],
        Look::Page => &[(Theme::Light, r#" class="chart-light""#), (Theme::Dark, r#" class="chart-dark""#)],
    };
    for (theme, class) in themes {
        if let Some(picture) = picture(view, points, styles, *theme, opacity, radius) {
            svg.image(view.from, view.to, &picture, class);
        }
    }
}

fn places<'a>(view: &'a View, group: &'a PointGroup) -> impl Iterator<Item = [f64; 2]> + 'a {
    group.at.iter().filter_map(|[x, y]| view.at(*x, *y)).filter(|at| view.contains(*at))
}

/// The points as a PNG image of the plotting area.
fn picture(view: &View, points: &Points, styles: &Styles, theme: Theme, opacity: f64, radius: f64) -> Option<Vec<u8>> {
    let [width, height] = [0, 1].map(|side| ((view.to[side] - view.from[side]) * FINE).ceil() as u32);
    let mut pixmap = Pixmap::new(width, height)?;
    let series = series_rgb(theme);
    for group in &points.groups {
        let style = styles.style(&group.name);
        let [red, green, blue] = series[style.colour];
        let mut paint = Paint { anti_alias: true, ..Paint::default() };
        paint.set_color(Color::from_rgba8(red, green, blue, (opacity * 255.0).round() as u8));
        let shape = shape(style.marker, radius * FINE)?;
        for [x, y] in places(view, group) {
            let [x, y] = [(x - view.from[0]) * FINE, (y - view.from[1]) * FINE];
            let place = Transform::from_translate(x as f32, y as f32);
            pixmap.fill_path(&shape, &paint, FillRule::Winding, place, None);
        }
    }
    png::encode([width as usize, height as usize], &png::straight(&pixmap), &[]).ok()
}

fn shape(marker: Marker, radius: f64) -> Option<Path> {
    let corners = marker::corners(marker);
    if corners.is_empty() {
        return PathBuilder::from_circle(0.0, 0.0, radius as f32);
    }
    let mut path = PathBuilder::new();
    for (index, corner) in corners.iter().enumerate() {
        let [x, y] = corner.map(|value| (value * radius) as f32);
        if index == 0 {
            path.move_to(x, y);
        } else {
            path.line_to(x, y);
        }
    }
    path.close();
    path.finish()
}
