//! Which values an axis shows, and where they are on the page.

use crate::figure::{Across, Axis, HeatMap, Layer, Panel, Scale};
use crate::ticks::{self, Tick};

/// The values at the two ends of an axis, and its scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Domain {
    pub low: f64,
    pub high: f64,
    pub log: bool,
}

/// The largest value that an axis is made for; its inverse is the smallest of a logarithmic axis. The differences of
/// these values are finite.
pub const LARGEST: f64 = 1e300;

/// The share of the axis that stays empty beyond the extreme values.
const MARGIN: f64 = 0.05;

impl Domain {
    /// The domain of an axis: of the x axis of `panels` for [`Across::X`]. Panels that share the axis are given
    /// together.
    pub fn of(panels: &[&Panel], across: Across) -> Self {
        let axes = panels.iter().map(|panel| axis(panel, across));
        let categories = axes.clone().filter_map(|axis| match &axis.scale {
            Scale::Categories(names) => Some(names.len()),
            _ => None,
        });
        if let Some(count) = categories.max() {
            return Self { low: -0.5, high: count.max(1) as f64 - 0.5, log: false };
        }
        let log = axes.clone().any(|axis| axis.scale == Scale::Log10);
        let usable = |value: &f64| value.abs() <= LARGEST && (!log || *value >= 1.0 / LARGEST);
        let given: Vec<f64> = axes.filter_map(|axis| axis.range).flatten().filter(usable).collect();
        // The edges of a matrix are the edges of its panel.
        let exact = panels.iter().flat_map(|panel| &panel.layers).any(|layer| matches!(layer, Layer::HeatMap(_)));
        let has_range = !given.is_empty();
        let values = if has_range {
            given
        } else {
            panels.iter().flat_map(|panel| values(panel, across)).filter(usable).collect()
        };
        let [low, high] = extrema(values);
        if low > high {
            return Self { low: if log { 1.0 } else { 0.0 }, high: if log { 10.0 } else { 1.0 }, log };
        }
        let from_zero = !log && !has_range && panels.iter().any(|panel| has_bars_along(panel, across));
        Self::padded(low, high, log, !exact && !has_range, from_zero)
    }

    /// The domain from `low` to `high`, widened by a margin if `pad`; if `from_zero`, 0 is a value without a margin.
    fn padded(low: f64, high: f64, log: bool, pad: bool, from_zero: bool) -> Self {
        let (low, high) = if from_zero { (low.min(0.0), high.max(0.0)) } else { (low, high) };
        let [mut from, mut to] = if log { [low.log10(), high.log10()] } else { [low, high] };
        let largest = from.abs().max(to.abs());
        if to - from <= (1e-12 * largest).max(1.0 / LARGEST) {
            let half = if log || largest <= 1.0 / LARGEST { 0.5 } else { 0.1 * largest };
            (from, to) = (from - half, to + half);
        } else if pad {
            let margin = MARGIN * (to - from);
            (from, to) = (from - margin, to + margin);
        }
        if from_zero && low == 0.0 && high > 0.0 {
            from = 0.0;
        }
        if from_zero && high == 0.0 && low < 0.0 {
            to = 0.0;
        }
        // A margin must not lead to 0 or infinity.
        let power = |exponent: f64| 10f64.powf(exponent.clamp(-LARGEST.log10(), LARGEST.log10()));
        let [low, high] = if log { [from, to].map(power) } else { [from, to] };
        Self { low, high, log }
    }

    /// The share of the axis before `value`, 0 to 1 inside; NaN if the value has no place on it.
    pub fn share(self, value: f64) -> f64 {
        if self.log {
            if value <= 0.0 {
                return f64::NAN;
            }
            return (value.log10() - self.low.log10()) / (self.high.log10() - self.low.log10());
        }
        (value - self.low) / (self.high - self.low)
    }

    /// The ticks of `axis` where there is room for `count`.
    pub fn ticks(self, axis: &Axis, count: usize) -> Vec<Tick> {
        if let Scale::Categories(names) = &axis.scale {
            let tick = |(index, name): (usize, &String)| Tick { value: index as f64, label: name.clone() };
            return names.iter().enumerate().map(tick).collect();
        }
        match &axis.ticks {
            Some(values) => {
                let inside = values.iter().filter(|value| (-1e-9..=1.0 + 1e-9).contains(&self.share(**value)));
                inside.map(|value| Tick { value: *value, label: ticks::number(*value) }).collect()
            }
            None if self.log => ticks::log10(self.low, self.high, count),
            None => ticks::linear(self.low, self.high, count),
        }
    }
}

/// The smallest and the largest of `values`; infinity and minus infinity without values.
pub fn extrema(values: impl IntoIterator<Item = f64>) -> [f64; 2] {
    let start = [f64::INFINITY, f64::NEG_INFINITY];
    values.into_iter().fold(start, |[low, high], value| [low.min(value), high.max(value)])
}

/// The axis of `panel` that `across` names.
pub fn axis(panel: &Panel, across: Across) -> &Axis {
    match across {
        Across::X => &panel.x,
        Across::Y => &panel.y,
    }
}

/// Whether the y axis has categories, so that bars are horizontal.
pub fn is_horizontal(panel: &Panel) -> bool {
    matches!(panel.y.scale, Scale::Categories(_))
}

fn has_bars_along(panel: &Panel, across: Across) -> bool {
    let along = if is_horizontal(panel) { Across::X } else { Across::Y };
    along == across && panel.layers.iter().any(|layer| matches!(layer, Layer::Bars(_)))
}

/// All values of the layers on one axis.
fn values(panel: &Panel, across: Across) -> Vec<f64> {
    let horizontal = is_horizontal(panel);
    let mut all = Vec::new();
    for layer in &panel.layers {
        match layer {
            Layer::Line(line) => {
                for point in line.points.iter().filter(|point| point.x.is_finite() && point.y.is_finite()) {
                    match across {
                        Across::X => all.push(point.x),
                        Across::Y => all.extend([Some(point.y), point.low, point.high].into_iter().flatten()),
                    }
                }
            }
            Layer::Bars(bars) => {
                for bar in bars.series.iter().flat_map(|series| &series.bars).filter(|bar| bar.y.is_finite()) {
                    if horizontal == (across == Across::X) {
                        all.extend([Some(bar.y), bar.low, bar.high].into_iter().flatten());
                    } else {
                        all.push(bar.x);
                    }
                }
            }
            Layer::Points(points) => {
                let finite =
                    points.groups.iter().flat_map(|group| &group.at).filter(|at| at.iter().all(|v| v.is_finite()));
                all.extend(finite.map(|[x, y]| if across == Across::X { x } else { y }));
            }
            Layer::HeatMap(map) if !map.rows.is_empty() => all.extend(edges(map, across)),
            Layer::HeatMap(_) => {}
            Layer::Rule(rule) if rule.across == across => all.push(rule.at),
            Layer::Rule(_) => {}
        }
    }
    all
}

fn edges(map: &HeatMap, across: Across) -> [f64; 2] {
    match across {
        Across::X => map.x_edges(),
        Across::Y => map.y_edges(),
    }
}
