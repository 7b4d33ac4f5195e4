//! Which tags are taken for which: the confusion matrix of a single-label task.

use charts::{Axis, Column, Figure, HeatMap, Panel, Section, Table};

use super::Learnt;

/// Most tags in the figure and in the table.
const MOST: usize = 40;
/// Width and height of a cell in pixels.
const CELL: f64 = 22.0;

/// The matrix as a figure of shares and as a table of counts; `None` in a multi-label task.
pub(super) fn section(learnt: &Learnt<'_>) -> Option<Section> {
    let (counts, tags) = (learnt.done.confusion.as_ref()?, &learnt.done.tags);
    let mut shown: Vec<usize> = (0..tags.len()).collect();
    shown.sort_by_key(|&tag| (std::cmp::Reverse(counts[tag].iter().sum::<usize>()), tag));
    shown.truncate(MOST);
    shown.sort_unstable();
    let names = || shown.iter().map(|&tag| tags[tag].clone());
    let shares = shown.iter().map(|&row| {
        let total = counts[row].iter().sum::<usize>().max(1) as f64;
        shown.iter().map(|&column| counts[row][column] as f64 / total).collect()
    });
    let mut caption = "Share of the songs of a tag (row) whose highest score is that of a tag (column). Every song is \
                       scored by a head that did not learn from it. The diagonal is right."
        .to_owned();
    if tags.len() > MOST {
        caption += &format!(" The {MOST} of {} tags with the most songs are shown.", tags.len());
    }
    let panel = Panel::new(
        Axis::categories("tag with the highest score", names()),
        Axis::categories("tag of the song", names()),
    )
    .layer(HeatMap { range: Some([0.0, 1.0]), ..HeatMap::new("share", shares.collect()) });
    let side = (CELL * shown.len() as f64).max(240.0);
    let figure = Figure::new("Confusion matrix").caption(caption).panel(panel).panel_size(side, side);
    let row = |&tag: &usize| {
        let cells = shown.iter().map(|&column| counts[tag][column].to_string());
        std::iter::once(tags[tag].clone()).chain(cells).collect()
    };
    let table = Table {
        caption: "Number of songs of each tag (row) that get each tag (column)".to_owned(),
        columns: std::iter::once(Column::new("tag", false))
            .chain(names().map(|name| Column::new(name, true)))
            .collect(),
        rows: shown.iter().map(row).collect(),
        notes: Vec::new(),
    };
    Some(Section::new("Confusion matrix").block(figure).block(table))
}
