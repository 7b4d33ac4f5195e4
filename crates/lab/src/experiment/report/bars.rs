//! Series as bars.

use charts::{Axis, BarSeries, Bars, Layer};

use super::series::Series;

/// The bars of `series`. Series that have no category in common, such as groups of trainings, have bars of full width;
/// others share each category.
pub fn layers(series: Vec<Series>) -> Vec<Layer> {
    let categories = |one: &Series| one.points.iter().map(|point| point.x.round() as i64).collect::<Vec<_>>();
    let mut all: Vec<i64> = series.iter().flat_map(categories).collect();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    let bars = series.into_iter().map(|one| BarSeries { name: one.name, bars: one.points });
    if all.len() == count {
        return bars.map(|one| Layer::Bars(Bars { series: vec![one] })).collect();
    }
    vec![Layer::Bars(Bars { series: bars.collect() })]
}

/// The axis for bars whose differences are small compared with their values: it begins a little below the smallest
/// value instead of at 0. Returns whether it does.
pub fn closer(axis: Axis, values: &[f64]) -> (Axis, bool) {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let spread = high - low;
    if !(spread.is_finite() && low > 2.0 * spread) {
        return (axis, false);
    }
    let margin = if spread > 0.0 { 0.3 * spread } else { 0.05 * low };
    (axis.range(low - margin, high + 0.1 * spread.max(margin)), true)
}
