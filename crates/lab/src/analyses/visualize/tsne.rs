//! The figure of maps of clips.

use engine::{Embedding, Reduction};
use error::{Code, Error, Result};
use train::PartChoice;

use super::super::features::{ClipSet, LevelFeatures};
use super::super::segments::{for_segments, PassOptions};
use super::super::tsne::picture::{figure, group_names, maps};
use super::super::tsne::{tsne, MapSetting, TagCloseness, TsneMap, TsneOptions};
use super::{model_name, progress, FigureNumbers, Job, LevelNumbers, MapNumbers, VisualizeEvent};

/// The tags of the paper's figure.
const TAGS: [&str; 2] = ["piano", "techno"];
/// The levels of the paper's figure.
const LEVELS: [i32; 2] = [-3, -1];

/// Computes the features of the clips, maps them and writes the figure.
pub(super) fn run(job: &mut Job) -> Result<FigureNumbers> {
    let options = job.options;
    let (clips, features) = features(job)?;
    let settings = TsneOptions {
        tags: shown_tags(options.tags.as_deref(), &clips)?,
        perplexities: options.perplexities.clone().unwrap_or_else(|| vec![30.0]),
        maps: options.maps.unwrap_or(1),
        seed: options.seed,
    };
    let map = tsne(&clips, &features, &settings, &mut progress(job.on_event), job.cancel)?;
    let of_map = |(setting, tags): (&MapSetting, &Vec<TagCloseness>)| MapNumbers {
        perplexity: setting.perplexity,
        start: setting.start,
        tags: tags.clone(),
    };
    let level = |level: &super::super::tsne::LevelMap| LevelNumbers {
        level: level.level,
        width: level.width,
        tags: level.closeness.clone(),
        maps: map.settings.iter().zip(&level.in_maps).map(of_map).collect(),
    };
    let numbers = FigureNumbers::Tsne(map.levels.iter().map(level).collect());
    arrays(job, &map, &clips, &features)?;
    let points = maps(&map, &model_name(job.model.file.as_deref()));
    let mut files = job.output.figure("tsne-maps", figure(&map, &points))?;
    files.push(job.output.text("tsne-maps.html", &points.html())?);
    job.report("tsne-maps", files, &numbers);
    Ok(numbers)
}

/// The features of all clips of the part at the levels: maximum over the time of a segment, mean over the segments.
fn features(job: &mut Job) -> Result<(ClipSet, Vec<LevelFeatures>)> {
    let options = job.options;
    let model = &job.model.model;
    let levels = options.levels.clone().unwrap_or_else(|| LEVELS.to_vec());
    let embedding = Embedding { levels: levels.clone(), within_segment: Reduction::Max, ..Embedding::default() };
    let taps = embedding.taps(&model.architecture, model.tags.len())?;
    let widths = embedding.widths(&model.architecture, model.tags.len())?;
    let total: usize = widths.iter().sum();
    let (mut sums, mut counts): (Vec<f64>, Vec<usize>) = (Vec::new(), Vec::new());
    let clips = for_segments(
        model,
        &taps,
        &pass(job)?,
        &|clips| shown_tags(options.tags.as_deref(), clips).map(drop),
        &mut |segment| {
            if counts.len() <= segment.clip {
                counts.resize(segment.clip + 1, 0);
                sums.resize((segment.clip + 1) * total, 0.0);
            }
            counts[segment.clip] += 1;
            let into = &mut sums[segment.clip * total..];
            into.iter_mut().zip(segment.tapped).for_each(|(sum, value)| *sum += f64::from(*value));
        },
        &mut |event| (job.on_event)(VisualizeEvent::Training(event)),
        job.cancel,
    )?;
    let mut first = 0;
    let levels = levels.into_iter().zip(widths).map(|(level, width)| {
        let values = counts.iter().enumerate().flat_map(|(clip, count)| {
            sums[clip * total + first..][..width].iter().map(move |sum| (sum / *count as f64) as f32)
        });
        let values = values.collect();
        first += width;
        LevelFeatures { level, width, values }
    });
    let levels = levels.collect();
    Ok((clips, levels))
}

/// The clips and the settings of the network of a job with a dataset.
pub(super) fn pass<'a>(job: &Job<'a>) -> Result<PassOptions<'a>> {
    let options = job.options;
    let dataset = options.dataset.as_ref();
    let dataset = dataset.ok_or_else(|| Error::new(Code::InvalidOption, "dataset is missing"))?;
    Ok(PassOptions {
        dataset,
        part: options.part.unwrap_or(PartChoice::Test),
        segments: options.segments.unwrap_or(audio::SegmentPolicy::All),
        clip_seconds: options.clip_seconds,
        seed: options.seed,
        cache: options.cache.as_deref(),
        device: &options.device,
        precision: options.precision,
        threads: options.threads,
    })
}

/// The tags `asked`, or those of the paper; clips must have them.
fn shown_tags(asked: Option<&[String]>, clips: &ClipSet) -> Result<Vec<String>> {
    if let Some(asked) = asked {
        return clips.tags_named(asked).map(|_| asked.to_vec());
    }
    let usual = TAGS.map(str::to_owned).to_vec();
    if clips.tags_named(&usual).is_ok() {
        return Ok(usual);
    }
    let shown = |tag: usize| format!("{} ({} clips)", clips.tags[tag], clips.count(tag));
    let common: Vec<String> = clips.common_tags().into_iter().take(10).map(shown).collect();
    let message = format!(
        "tags: name the tags whose clips are shown (--tags A,B); there are no clips with piano and techno, as in the \
         paper; the most common tags are {}",
        common.join(", ")
    );
    Err(Error::new(Code::InvalidOption, message))
}

/// The features of all clips, and a table of the clips in the maps with their positions.
fn arrays(job: &mut Job, map: &TsneMap, clips: &ClipSet, features: &[LevelFeatures]) -> Result<()> {
    for level in features {
        job.output.npy(&format!("tsne-features{}", level.level), level.width, &level.values)?;
    }
    job.output.csv("tsne-clips", &["clip"], clips.names.iter().map(|name| vec![name.clone()]))?;
    let mut header = vec!["clip".to_owned(), "group".to_owned()];
    for level in &map.levels {
        for MapSetting { perplexity, start } in &map.settings {
            let start = start.map_or_else(String::new, |seed| format!("_start{seed}"));
            header.extend(["x", "y"].map(|axis| format!("level{}_perplexity{perplexity}{start}_{axis}", level.level)));
        }
    }
    let names = group_names(map);
    let rows = (0..map.clips.len()).map(|clip| {
        let group = names[map.groups[clip].unwrap_or(map.tags.len())].clone();
        let at = map.levels.iter().flat_map(|level| level.maps.iter().flat_map(move |map| map[clip]));
        [map.clips.names[clip].clone(), group].into_iter().chain(at.map(|value| value.to_string())).collect()
    });
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    job.output.csv("tsne-maps", &header, rows)
}
