//! Finds places for labels where they hide as little as possible.

use super::view::View;
use crate::figure::{Layer, Panel};

/// A rectangle: its upper left and its lower right corner.
pub type Rectangle = [[f64; 2]; 2];

/// What labels of a panel must not hide: points of its marks, and the labels that have a place already.
#[derive(Debug, Default)]
pub struct Taken {
    points: Vec<[f64; 2]>,
    bars: Vec<Rectangle>,
    labels: Vec<Rectangle>,
}

/// The distance between the points that stand for a line.
const STEP: f64 = 6.0;
/// How much worse it is to cover another label than to cover one point of a mark.
const LABEL_COST: usize = 50;
/// How much worse it is to cover a part of a bar.
const BAR_COST: usize = 5;
/// The number of points of a layer that are looked at.
const MOST: usize = 3_000;

impl Taken {
    /// The marks of `panel`; `bars` are its bars.
    pub fn by(panel: &Panel, view: &View, bars: Vec<Rectangle>) -> Self {
        let mut points = Vec::new();
        for layer in &panel.layers {
            match layer {
                Layer::Line(line) => {
                    let path: Vec<_> = line.points.iter().filter_map(|point| view.at(point.x, point.y)).collect();
                    points.extend(&path);
                    if line.connected && path.len() <= MOST {
                        path.windows(2).for_each(|pair| between(&mut points, view, pair[0], pair[1]));
                    }
                    for point in &line.points {
                        let ends = [point.low, point.high].into_iter().flatten();
                        points.extend(ends.filter_map(|y| view.at(point.x, y)));
                    }
                }
                Layer::Points(all) => {
                    let at = all.groups.iter().flat_map(|group| &group.at);
                    points.extend(at.take(MOST).filter_map(|[x, y]| view.at(*x, *y)));
                }
                Layer::Bars(_) | Layer::HeatMap(_) | Layer::Rule(_) => {}
            }
        }
        Self { points, bars, labels: Vec::new() }
    }

    /// The first of the `places` that covers least, and whether it covers anything; it is taken from now on.
    pub fn best(&mut self, places: impl IntoIterator<Item = Rectangle>) -> Option<(Rectangle, bool)> {
        let cost = |place: &Rectangle| {
            let points = self.points.iter().filter(|[x, y]| within(place, *x, *y)).count();
            let bars = self.bars.iter().filter(|bar| overlap(place, bar)).count();
            points + BAR_COST * bars + LABEL_COST * self.labels.iter().filter(|label| overlap(place, label)).count()
        };
        let best = places.into_iter().min_by_key(cost)?;
        let covers = cost(&best) > 0;
        self.labels.push(best);
        Some((best, covers))
    }
}

/// Adds points on the line between two others.
fn between(points: &mut Vec<[f64; 2]>, view: &View, a: [f64; 2], b: [f64; 2]) {
    let Some([from, to]) = view.inside(a, b) else { return };
    let [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    let steps = (dx.hypot(dy) / STEP) as usize;
    points.extend((1..steps).map(|step| {
        let share = step as f64 / steps as f64;
        [from[0] + share * dx, from[1] + share * dy]
    }));
}

fn within([from, to]: &Rectangle, x: f64, y: f64) -> bool {
    x >= from[0] - 3.0 && x <= to[0] + 3.0 && y >= from[1] - 3.0 && y <= to[1] + 3.0
}

fn overlap(a: &Rectangle, b: &Rectangle) -> bool {
    (0..2).all(|side| a[0][side] < b[1][side] && b[0][side] < a[1][side])
}
