//! ROC and precision-recall curves: of the best, the median and the worst tag, and of a tag that the reader chooses.

use charts::{Axis, Block, Choice, Figure, Line, Panel, Point, Section};

use super::{Page, Shown};
use crate::metrics::{curve, four, CurvePoint};

/// Most points of a curve.
const POINTS: usize = 150;
/// Most points of a curve that can be chosen, so that the page stays small.
const FEWER_POINTS: usize = 50;
/// Most tags that can be chosen.
const TAGS: usize = 200;

/// The curves; `None` if no tag has a ranking.
pub(super) fn section(page: &Page<'_>, shown: &Shown<'_>) -> Option<Section> {
    let mut ranked: Vec<(usize, f64)> =
        shown.metrics.per_tag.iter().enumerate().filter_map(|(index, tag)| Some((index, tag.roc_auc?))).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    let last = ranked.len().checked_sub(1)?;
    let mut places = vec![(0, "best"), (last / 2, "median"), (last, "worst")];
    places.dedup_by_key(|(place, _)| *place);
    let (mut roc, mut precision) = panels();
    for (place, words) in places {
        let (tag, area) = ranked[place];
        let name = format!("{} ({words}, ROC-AUC {area:.3})", page.tags()[tag]);
        let lines = lines(shown, tag, &name, POINTS);
        (roc, precision) = (roc.layer(lines[0].clone()), precision.layer(lines[1].clone()));
    }
    let figure = figure("Curves of the best, the median and the worst tag", roc, precision)
        .caption("Tags are ordered by ROC-AUC. The diagonal is a scorer without any knowledge.");
    let section = Section::new("ROC and precision-recall curves").block(figure);
    Some(if ranked.len() > 1 { section.block(Block::Choice(chosen(page, shown, ranked))) } else { section })
}

/// The curves of every tag with a ranking, in the order of the network; of the first [`TAGS`] of them.
fn chosen(page: &Page<'_>, shown: &Shown<'_>, mut ranked: Vec<(usize, f64)>) -> Choice {
    ranked.sort_by_key(|(tag, _)| *tag);
    let of = |(tag, area): (usize, f64)| {
        let name = &page.tags()[tag];
        let metrics = &shown.metrics.per_tag[tag];
        let (roc, precision) = panels();
        let [first, second] = lines(shown, tag, name, FEWER_POINTS);
        let caption = format!(
            "ROC-AUC {area:.4}, average precision {}; {} of {} clips have the tag.",
            four(metrics.pr_auc),
            metrics.positives,
            shown.metrics.clips
        );
        let title = format!("Curves of the tag {name}");
        (name.clone(), figure(&title, roc.layer(first), precision.layer(second)).caption(caption))
    };
    Choice { label: "Tag".to_owned(), figures: ranked.into_iter().take(TAGS).map(of).collect() }
}

/// The empty panels for both curves.
fn panels() -> (Panel, Panel) {
    let share = |name: &str| Axis::linear(name).range(0.0, 1.0);
    let roc = Panel::new(share("false positive rate"), share("true positive rate")).title("ROC");
    let precision = Panel::new(share("recall"), share("precision")).title("Precision and recall");
    (roc, precision)
}

/// The ROC curve and the precision-recall curve of a tag, with at most `most` points.
fn lines(shown: &Shown<'_>, tag: usize, name: &str, most: usize) -> [Line; 2] {
    let (scores, targets) = shown.column(tag);
    let points = fewer(&curve(&scores, &targets), most);
    let line = |points: Vec<Point>| Line::new(name, points).without_markers();
    let start = std::iter::once(Point::new(0.0, 0.0));
    let of_roc = |point: &CurvePoint| Point::new(point.false_positive_rate, point.recall);
    let of_precision = |point: &CurvePoint| Point::new(point.recall, point.precision);
    [line(start.chain(points.iter().map(of_roc)).collect()), line(points.iter().map(of_precision).collect())]
}

/// Both panels beside each other, with the diagonal of the ROC.
fn figure(title: &str, roc: Panel, precision: Panel) -> Figure {
    let diagonal = Line::new("", [Point::new(0.0, 0.0), Point::new(1.0, 1.0)]).without_markers();
    Figure::new(title).panel(roc.layer(diagonal)).panel(precision).columns(2).panel_size(360.0, 300.0)
}

/// At most `most` of the points, evenly spread, with the first and the last one.
fn fewer(points: &[CurvePoint], most: usize) -> Vec<CurvePoint> {
    if points.len() <= most {
        return points.to_vec();
    }
    (0..most).map(|index| points[index * (points.len() - 1) / (most - 1)]).collect()
}
