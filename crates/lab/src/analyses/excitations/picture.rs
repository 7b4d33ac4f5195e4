//! The figures of excitations.

use charts::{Axis, Figure, Line, Panel, Point, PointGroup, Rule};

use super::super::features::ClipSet;
use super::{sorted_channels, BlockTags, BlockValues, ExcitationMap, Regression, RegressionLine, SegmentValues};

/// The excitations of the chosen tags at the first, the middle and the last block, and those of all tags at the first.
pub(crate) fn curves(map: &ExcitationMap, clips: &ClipSet, chosen: &[usize], model: &str) -> Figure {
    let mut figure = Figure::new(format!("Excitations of tags at several blocks, {model}")).caption(
        "The mean excitation of each channel over the clips of a tag, with a band of one standard error. The channels \
         are sorted by the mean of the plotted curves.",
    );
    let last = map.blocks.len() - 1;
    let mut blocks = vec![0, last / 2, last];
    blocks.dedup();
    for block in blocks {
        figure = figure.panel(panel_of_tags(&map.blocks[block], map, clips, chosen));
    }
    figure.panel(panel_of_all(map)).columns(1).panel_size(620.0, 150.0)
}

fn panel_of_excitations(x: Axis) -> Panel {
    Panel::new(x, Axis::linear("excitation").range(0.0, 1.0))
}

fn panel_of_tags(block: &BlockTags, map: &ExcitationMap, clips: &ClipSet, chosen: &[usize]) -> Panel {
    let rows: Vec<usize> = chosen.iter().filter_map(|tag| map.tags.iter().position(|other| other == tag)).collect();
    let curves: Vec<&[f64]> = rows.iter().map(|&row| block.means[row].as_slice()).collect();
    let order = sorted_channels(&curves);
    let mut panel = panel_of_excitations(Axis::linear("sorted channel")).title(format!("block {}", block.block));
    for &row in &rows {
        let points = order.iter().enumerate().map(|(place, &c)| {
            let (mean, error) = (block.means[row][c], block.errors[row][c]);
            Point::new(place as f64 + 1.0, mean).between(mean - error, mean + error)
        });
        let tag = map.tags[row];
        let name = format!("{} ({} clips)", clips.tags[tag], clips.count(tag));
        panel = panel.layer(Line::new(name, points).without_markers().band());
    }
    panel
}

/// All tags at the first block, with the place where their curves cross one half.
fn panel_of_all(map: &ExcitationMap) -> Panel {
    let block = &map.blocks[0];
    let curves: Vec<&[f64]> = block.means.iter().map(Vec::as_slice).collect();
    let order = sorted_channels(&curves);
    // All curves have one name and so one colour: with fifty of them no single tag can be told.
    let name = format!("each of {} tags", map.tags.len());
    let mut panel =
        panel_of_excitations(Axis::linear("sorted channel")).title(format!("block {}, all tags", block.block));
    for curve in &curves {
        let points = order.iter().enumerate().map(|(place, &c)| Point::new(place as f64 + 1.0, curve[c]));
        panel = panel.layer(Line::new(name.clone(), points).without_markers());
    }
    let mean = |c: usize| curves.iter().map(|curve| curve[c]).sum::<f64>() / curves.len() as f64;
    let means = order.iter().enumerate().map(|(place, &c)| Point::new(place as f64 + 1.0, mean(c)));
    panel
        .layer(Line::new("mean of all tags", means).without_markers())
        .layer(Rule::horizontal(0.5, "0.5"))
        .layer(Rule::vertical(map.crossing as f64 + 0.5, format!("{} channels left", map.crossing)))
}

/// The spread across tags at each block.
pub(crate) fn spread(map: &ExcitationMap, model: &str) -> Figure {
    let names = map.blocks.iter().map(|block| format!("{} ({})", block.block, block.channels));
    let points = |of: fn(&BlockTags) -> super::super::bootstrap::Estimate| {
        map.blocks.iter().enumerate().map(move |(index, block)| {
            let estimate = of(block);
            Point::new(index as f64, estimate.value).between(estimate.low, estimate.high)
        })
    };
    let top = map.blocks.iter().map(|block| block.spread.high.max(block.shuffled.high)).fold(0.0, f64::max);
    let y = Axis::linear("standard deviation across tags").range(0.0, 1.05 * top);
    let panel = Panel::new(Axis::categories("block (channels)", names), y)
        .layer(Line::new("tags", points(|block| block.spread)))
        .layer(Line::new("shuffled tags", points(|block| block.shuffled)));
    Figure::new(format!("How much excitations differ between tags, {model}"))
        .caption(
            "The standard deviation of the tags' mean excitations, averaged over the channels of each block. Bars are \
             95 % intervals of a bootstrap over clips; for shuffled tags, of the shuffles: their line is what tags of \
             the same sizes have by chance.",
        )
        .panel(panel)
        .panel_size(420.0, 240.0)
}

/// How much of each block's excitations the loudness explains, by each of `measures`.
pub(crate) fn explained(map: &ExcitationMap, measures: &[Measure], model: &str) -> Figure {
    let names = map.blocks.iter().map(|block| format!("{} ({})", block.block, block.channels));
    let panel = Panel::new(Axis::categories("block (channels)", names), Axis::linear("mean R²").range(0.0, 1.0));
    let add = |panel: Panel, measure: &Measure| {
        let values = measure.regression.numbers.r2_of_blocks.iter().enumerate();
        panel.layer(Line::new(measure.words, values.map(|(index, r2)| Point::new(index as f64, *r2))))
    };
    Figure::new(format!("How much the loudness explains of the excitations, {model}"))
        .caption(
            "The share of the variance of a channel's excitation that a line of the loudness of the segment explains, \
             averaged over the channels of each block.",
        )
        .panel(measures.iter().fold(panel, add))
        .panel_size(420.0, 240.0)
}

/// A measure of the loudness of segments, and the regression on it.
pub(crate) struct Measure<'a> {
    /// The measure in a few letters, for axes.
    pub(crate) short: &'a str,
    /// The measure in words.
    pub(crate) words: &'a str,
    /// Its value for each segment.
    pub(crate) values: &'a [f64],
    /// The regression on it.
    pub(crate) regression: &'a Regression,
}

/// The regression of the first block on a measure of the loudness: five panels, and the slopes of all channels.
pub(crate) fn loudness(measure: &Measure, segments: &SegmentValues, clips: usize, model: &str) -> Figure {
    let Regression { lines, numbers } = measure.regression;
    let first = &segments.blocks[0];
    let channels = first.channels;
    let top = measure.values.iter().copied().fold(0.0, f64::max).max(1e-3);
    let panels = [
        (format!("mean of {channels} channels"), channels),
        (format!("most positive ({})", numbers.most_positive), numbers.most_positive),
        (format!("most negative ({})", numbers.most_negative), numbers.most_negative),
        (format!("most neutral ({})", numbers.most_neutral), numbers.most_neutral),
        (format!("least error ({})", numbers.least_error), numbers.least_error),
    ];
    let title = format!("Excitations of block {} and loudness, {model}", first.block);
    let mut figure = Figure::new(title).caption(format!(
        "Each point is one of {} segments of {clips} clips. Loudness is the {} of the samples. The number of a channel \
         is in brackets. The last panel has the slopes of all channels, sorted.",
        numbers.segments, measure.words
    ));
    for (title, channel) in panels {
        let line = lines[channel];
        let ends = [0.0, top].map(|x| Point::new(x, line.intercept + line.slope * x));
        let panel = panel_of_excitations(Axis::linear(format!("loudness ({})", measure.short)).range(0.0, top))
            .title(title)
            .layer(points(first, measure.values, channel))
            .layer(Line::new("regression", ends).without_markers())
            .note(format!("slope {:.3}, R² {:.3}", line.slope, line.r2));
        figure = figure.panel(panel);
    }
    figure.panel(slopes(measure.regression, channels)).columns(3).panel_size(200.0, 170.0)
}

/// The loudness and the excitation of every segment; the channel after the last one is the mean of all.
fn points(first: &BlockValues, loudness: &[f64], channel: usize) -> Vec<PointGroup> {
    let value = |values: &[f32]| match values.get(channel) {
        Some(value) => f64::from(*value),
        None => values.iter().map(|value| f64::from(*value)).sum::<f64>() / first.channels as f64,
    };
    let rows = first.values.chunks_exact(first.channels).zip(loudness);
    let at = rows.map(|(values, loudness)| [*loudness, value(values)]).collect();
    vec![PointGroup { name: "segment".to_owned(), at }]
}

/// The slopes of all channels, sorted.
fn slopes(Regression { lines, numbers }: &Regression, channels: usize) -> Panel {
    let mut slopes: Vec<f64> = lines[..channels].iter().map(|RegressionLine { slope, .. }| *slope).collect();
    slopes.sort_by(f64::total_cmp);
    let points = slopes.iter().enumerate().map(|(index, slope)| Point::new(index as f64 + 1.0, *slope));
    Panel::new(Axis::linear("sorted channel"), Axis::linear("slope"))
        .title("slopes of all channels")
        .layer(Line::new("", points).without_markers())
        .layer(Rule::horizontal(0.0, ""))
        .note(format!("{} fall, {} rise", numbers.falling.value, numbers.rising.value))
}
