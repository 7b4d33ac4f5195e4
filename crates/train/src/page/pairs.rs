//! Which tags are taken for which: the confusion matrix (single-label), or which tags are assigned together
//! (multi-label).

use charts::{Axis, Figure, HeatMap, Panel, Section};

use super::{Page, Shown};

/// Most tags in the matrix.
const MOST: usize = 40;
/// Width and height of a cell in pixels.
const CELL: f64 = 16.0;

/// The matrix; `None` without thresholds in a multi-label run.
pub(super) fn section(page: &Page<'_>, shown: &Shown<'_>) -> Option<Section> {
    let tags = page.tags();
    let metrics = shown.metrics;
    let mut kept: Vec<usize> = (0..tags.len()).collect();
    kept.sort_by_key(|&tag| (std::cmp::Reverse(metrics.per_tag[tag].positives), tag));
    kept.truncate(MOST);
    kept.sort_unstable();
    let (title, column, caption, rows) = match &metrics.confusion {
        Some(confusion) => (
            "Confusion matrix",
            "tag with the highest score",
            "Share of the clips of a tag (row) whose highest score is that of a tag (column). The diagonal is right.",
            kept.iter().map(|&row| shares(&confusion[row], &kept)).collect(),
        ),
        None => (
            "Tags that are assigned together",
            "assigned tag",
            "Share of the clips with a tag (row) to which a tag (column) is assigned at the threshold of validation. \
             The diagonal is the recall of the tag.",
            assigned(shown, &kept)?,
        ),
    };
    let names = || kept.iter().map(|&tag| tags[tag].clone());
    let mut caption = format!("{} clips. {caption}", shown.title);
    if tags.len() > kept.len() {
        caption += &format!(" The {MOST} of {} tags with the most clips are shown.", tags.len());
    }
    let panel = Panel::new(Axis::categories(column, names()), Axis::categories("tag of the clip", names()))
        .layer(HeatMap { range: Some([0.0, 1.0]), ..HeatMap::new("share", rows) });
    let side = (CELL * kept.len() as f64).max(240.0);
    let figure = Figure::new(title).caption(caption).panel(panel).panel_size(side, side);
    Some(Section::new(title).block(figure))
}

/// The counts of `kept` as shares of all counts; no values if all are 0.
fn shares(counts: &[usize], kept: &[usize]) -> Vec<f64> {
    let total: usize = counts.iter().sum();
    kept.iter().map(|&column| if total == 0 { f64::NAN } else { counts[column] as f64 / total as f64 }).collect()
}

/// For each tag (row) the share of its clips whose score of each tag (column) is above the threshold of that tag.
fn assigned(shown: &Shown<'_>, kept: &[usize]) -> Option<Vec<Vec<f64>>> {
    let width = shown.data.tags;
    let thresholds: Vec<Option<f32>> = shown.metrics.per_tag.iter().map(|tag| tag.threshold).collect();
    if thresholds.iter().all(Option::is_none) {
        return None;
    }
    let share = |row: usize, column: usize| {
        let Some(threshold) = thresholds[column] else { return f64::NAN };
        let clips = (0..shown.data.clips.len()).filter(|clip| shown.targets[clip * width + row]);
        let (mut count, mut hits) = (0usize, 0usize);
        for clip in clips {
            count += 1;
            hits += usize::from(shown.scores[clip * width + column] > threshold);
        }
        if count == 0 {
            f64::NAN
        } else {
            hits as f64 / count as f64
        }
    };
    Some(kept.iter().map(|&row| kept.iter().map(|&column| share(row, column)).collect()).collect())
}
