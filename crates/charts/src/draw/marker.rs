//! The shapes of markers.

use crate::style::Marker;

/// The corners of a marker around the origin with the area of a circle of radius 1; a circle has none.
pub fn corners(marker: Marker) -> Vec<[f64; 2]> {
    match marker {
        Marker::Circle => Vec::new(),
        Marker::Square => vec![[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]],
        Marker::Triangle => vec![[0.0, -1.4], [1.2, 0.8], [-1.2, 0.8]],
        Marker::DownTriangle => vec![[0.0, 1.4], [1.2, -0.8], [-1.2, -0.8]],
        Marker::Diamond => vec![[0.0, -1.4], [1.2, 0.0], [0.0, 1.4], [-1.2, 0.0]],
        Marker::Hexagon => (0..6)
            .map(|corner| f64::from(corner) * std::f64::consts::FRAC_PI_3)
            .map(|a| [1.15 * a.cos(), 1.15 * a.sin()])
            .collect(),
        Marker::Plus => plus(0.0),
        Marker::Cross => plus(std::f64::consts::FRAC_PI_4),
    }
}

/// A plus sign, turned by `angle`.
fn plus(angle: f64) -> Vec<[f64; 2]> {
    let (long, thin) = (1.3, 0.42);
    let quarter = [[thin, -thin], [long, -thin], [long, thin]];
    (0..4)
        .flat_map(|side| {
            let (sin, cos) = (angle + f64::from(side) * std::f64::consts::FRAC_PI_2).sin_cos();
            quarter.map(|[x, y]| [x * cos - y * sin, x * sin + y * cos])
        })
        .collect()
}

/// A marker at `at` as SVG with the given attributes.
pub fn element(marker: Marker, at: [f64; 2], radius: f64, paint: &str) -> String {
    let corners = corners(marker);
    let [x, y] = at.map(crate::svg::short);
    if corners.is_empty() {
        return format!(r#"<circle cx="{x}" cy="{y}" r="{}" {paint}/>"#, crate::svg::short(radius));
    }
    let moved: Vec<_> = corners.iter().map(|[dx, dy]| [at[0] + dx * radius, at[1] + dy * radius]).collect();
    format!(r#"<path d="{}" {paint}/>"#, crate::svg::path_through(&moved, true))
}
