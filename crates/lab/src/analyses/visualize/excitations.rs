//! The figures of excitations.

use engine::Tap;
use error::{Code, Error, Result};
use net::graph::Operation;
use net::Graph;

use super::super::excitations::picture::{curves, explained, loudness, spread, Measure};
use super::super::excitations::{excitations, BlockValues, ExcitationMap, Regression, SegmentValues, NO_EXCITATIONS};
use super::super::features::ClipSet;
use super::super::segments::for_segments;
use super::tsne::pass;
use super::{model_name, progress, BlockNumbers, ExcitationNumbers, FigureNumbers, Job, VisualizeEvent};

/// The tags of the poster.
const TAGS: [&str; 3] = ["classical", "metal", "dance"];

/// Computes the excitations of the clips and writes the figures.
pub(super) fn run(job: &mut Job) -> Result<FigureNumbers> {
    let (clips, segments) = segment_values(job)?;
    let options = job.options;
    let chosen = shown_tags(options.tags.as_deref(), &clips)?;
    let map = excitations(&clips, &segments, options.seed, &mut progress(job.on_event), job.cancel)?;
    let block = |block: &super::super::excitations::BlockTags| BlockNumbers {
        block: block.block,
        channels: block.channels,
        spread: block.spread,
        shuffled: block.shuffled,
    };
    let numbers = FigureNumbers::Excitations(ExcitationNumbers {
        clips: clips.len(),
        blocks: map.blocks.iter().map(block).collect(),
        crossing: map.crossing,
        loudness: map.loudness.numbers.clone(),
        loudness_mean_abs: map.mean_abs.numbers.clone(),
    });
    arrays(job, &map, &clips, &segments)?;
    let name = model_name(job.model.file.as_deref());
    job.figure("excitations-tags", curves(&map, &clips, &chosen, &name), &numbers)?;
    job.figure("excitations-spread", spread(&map, &name), &numbers)?;
    let SegmentValues { loudness: rms, mean_abs, .. } = &segments;
    let of = |(short, words), values, regression| Measure { short, words, values, regression };
    let measures = [
        of(("RMS", "root mean square"), rms, &map.loudness),
        of(("mean |x|", "mean absolute value"), mean_abs, &map.mean_abs),
    ];
    job.figure("excitations-loudness", loudness(&measures[0], &segments, clips.len(), &name), &numbers)?;
    job.figure("excitations-mean-abs", loudness(&measures[1], &segments, clips.len(), &name), &numbers)?;
    job.figure("excitations-r2", explained(&map, &measures, &name), &numbers)?;
    Ok(numbers)
}

/// The excitations and the loudness of every segment.
fn segment_values(job: &mut Job) -> Result<(ClipSet, SegmentValues)> {
    let (options, model) = (job.options, &job.model.model);
    let graph = Graph::new(&model.architecture, model.tags.len());
    let is_excitation = |node: &usize| matches!(graph.nodes[*node].operation, Operation::Excitation(_));
    let nodes: Vec<usize> = (0..graph.nodes.len()).filter(is_excitation).collect();
    if nodes.is_empty() {
        return Err(Error::new(Code::InvalidOption, NO_EXCITATIONS));
    }
    let taps: Vec<Tap> = nodes.iter().map(|&node| Tap::Factors { node }).collect();
    let number = |node: usize| match graph.nodes[node].part {
        net::graph::Part::Block(index) => index + 1,
        _ => 0,
    };
    let empty = |&node: &usize| BlockValues {
        block: number(node),
        channels: graph.nodes[node].output.channels,
        values: Vec::new(),
    };
    let mut values = SegmentValues { blocks: nodes.iter().map(empty).collect(), ..SegmentValues::default() };
    let clips = for_segments(
        model,
        &taps,
        &pass(job)?,
        &|clips| shown_tags(options.tags.as_deref(), clips).map(drop),
        &mut |segment| {
            let mut rest = segment.tapped;
            for block in &mut values.blocks {
                let (own, others) = rest.split_at(block.channels);
                block.values.extend_from_slice(own);
                rest = others;
            }
            let square = segment.samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>();
            let absolute = segment.samples.iter().map(|sample| f64::from(sample.abs())).sum::<f64>();
            values.loudness.push((square / segment.samples.len() as f64).sqrt());
            values.mean_abs.push(absolute / segment.samples.len() as f64);
            values.clip_of.push(segment.clip);
        },
        &mut |event| (job.on_event)(VisualizeEvent::Training(event)),
        job.cancel,
    )?;
    Ok((clips, values))
}

/// The tags `asked`; by default those of the poster if clips have them, or else the three most common ones that differ.
fn shown_tags(asked: Option<&[String]>, clips: &ClipSet) -> Result<Vec<usize>> {
    if let Some(asked) = asked {
        return clips.tags_named(asked);
    }
    let usual = TAGS.map(str::to_owned);
    if let Ok(found) = clips.tags_named(&usual) {
        return Ok(found);
    }
    let mut chosen: Vec<usize> = Vec::new();
    for tag in clips.common_tags() {
        let is_same = |other: &usize| clips.labels.iter().all(|labels| labels[tag] == labels[*other]);
        if chosen.len() < TAGS.len() && !chosen.iter().any(is_same) {
            chosen.push(tag);
        }
    }
    Ok(chosen)
}

/// The excitations of all segments, the means of all tags, and the regression lines.
fn arrays(job: &mut Job, map: &ExcitationMap, clips: &ClipSet, segments: &SegmentValues) -> Result<()> {
    for block in &segments.blocks {
        job.output.npy(&format!("excitations-block{}", block.block), block.channels, &block.values)?;
    }
    let rows = segments.clip_of.iter().zip(segments.loudness.iter().zip(&segments.mean_abs));
    let rows = rows.map(|(&clip, (rms, mean))| vec![clips.names[clip].clone(), rms.to_string(), mean.to_string()]);
    job.output.csv("excitations-segments", &["clip", "loudness", "mean_abs"], rows)?;
    let means = map.blocks.iter().flat_map(|block| {
        map.tags.iter().zip(block.means.iter().zip(&block.errors)).flat_map(move |(&tag, (means, errors))| {
            means.iter().zip(errors).enumerate().map(move |(channel, (mean, error))| {
                vec![
                    block.block.to_string(),
                    clips.tags[tag].clone(),
                    channel.to_string(),
                    mean.to_string(),
                    error.to_string(),
                ]
            })
        })
    });
    job.output.csv("excitations-tags", &["block", "tag", "channel", "mean", "standard_error"], means)?;
    for (name, Regression { lines, .. }) in [("loudness", &map.loudness), ("mean-abs", &map.mean_abs)] {
        let rows = lines.iter().enumerate().map(|(channel, line)| {
            let name = if channel + 1 == lines.len() { "mean".to_owned() } else { channel.to_string() };
            let values = [line.slope, line.intercept, line.mse, line.r2].map(|value| value.to_string());
            std::iter::once(name).chain(values).collect()
        });
        let header = ["channel", "slope", "intercept", "mse", "r2"];
        job.output.csv(&format!("excitations-{name}"), &header, rows)?;
    }
    Ok(())
}
