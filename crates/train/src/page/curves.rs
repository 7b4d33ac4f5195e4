//! ROC and precision-recall curves of the best, the median and the worst tag.

use charts::{Axis, Figure, Line, Panel, Point, Section};

use super::{Page, Shown};
use crate::metrics::{curve, CurvePoint};

/// Most points of a curve.
const POINTS: usize = 150;

/// The curves; `None` if no tag has a ranking.
pub(super) fn section(page: &Page<'_>, shown: &Shown<'_>) -> Option<Section> {
    let mut ranked: Vec<(usize, f64)> =
        shown.metrics.per_tag.iter().enumerate().filter_map(|(index, tag)| Some((index, tag.roc_auc?))).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    let last = ranked.len().checked_sub(1)?;
    let mut places = vec![(0, "best"), (last / 2, "median"), (last, "worst")];
    places.dedup_by_key(|(place, _)| *place);
    let mut roc = Panel::new(
        Axis::linear("false positive rate").range(0.0, 1.0),
        Axis::linear("true positive rate").range(0.0, 1.0),
    )
    .title("ROC");
    let mut precision = Panel::new(Axis::linear("recall").range(0.0, 1.0), Axis::linear("precision").range(0.0, 1.0))
        .title("Precision and recall");
    for (place, words) in places {
        let (tag, area) = ranked[place];
        let (scores, targets) = shown.column(tag);
        let points = curve(&scores, &targets);
        let name = format!("{} ({words}, ROC-AUC {area:.3})", page.tags()[tag]);
        let line = |points: Vec<Point>| Line::new(name.clone(), points).without_markers();
        let start = std::iter::once(Point::new(0.0, 0.0));
        let of_roc = |point: &CurvePoint| Point::new(point.false_positive_rate, point.recall);
        roc = roc.layer(line(start.chain(fewer(&points).iter().map(of_roc)).collect()));
        let of_precision = |point: &CurvePoint| Point::new(point.recall, point.precision);
        precision = precision.layer(line(fewer(&points).iter().map(of_precision).collect()));
    }
    roc = roc.layer(Line::new("", [Point::new(0.0, 0.0), Point::new(1.0, 1.0)]).without_markers());
    let figure = Figure::new("Curves of the best, the median and the worst tag")
        .caption("Tags are ordered by ROC-AUC. The diagonal is a scorer without any knowledge.")
        .panel(roc)
        .panel(precision)
        .columns(2)
        .panel_size(360.0, 300.0);
    Some(Section::new("ROC and precision-recall curves").block(figure))
}

/// At most [`POINTS`] of the points, evenly spread, with the first and the last one.
fn fewer(points: &[CurvePoint]) -> Vec<CurvePoint> {
    if points.len() <= POINTS {
        return points.to_vec();
    }
    (0..POINTS).map(|index| points[index * (points.len() - 1) / (POINTS - 1)]).collect()
}
