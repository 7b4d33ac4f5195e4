//! Maps of clip features by t-SNE (the paper, section 7.2, Figure 5), and numbers for what they seem to show.

mod components;
mod map;
mod neighbours;
pub(crate) mod picture;
mod quality;

use std::sync::atomic::AtomicBool;

use error::{Code, Error, Result};

use super::features::{ClipSet, LevelFeatures};
use components::principal_components;
use map::{largest_perplexity, map};
use quality::{closeness, only_tag};

pub use map::ITERATIONS;
pub use quality::{TagCloseness, NEIGHBOURS};

/// Number of principal components that the map sees.
pub const COMPONENTS: usize = 50;

/// The settings of [`tsne`].
#[derive(Clone, Debug, PartialEq)]
pub struct TsneOptions {
    /// Tags whose clips are shown.
    pub tags: Vec<String>,
    /// Perplexities: one map of each level for each of them. Default: 30.
    pub perplexities: Vec<f64>,
    /// Maps of each level and perplexity: the first starts from the first two principal components and has nothing
    /// random, the others start from random positions. Default: 1.
    pub maps: usize,
    /// Seed of the bootstrap; the random starts have the seeds from it on. Default: 0.
    pub seed: u64,
}

impl Default for TsneOptions {
    fn default() -> Self {
        Self { tags: Vec::new(), perplexities: vec![30.0], maps: 1, seed: 0 }
    }
}

/// The maps of several levels of the same clips.
#[derive(Clone, Debug, PartialEq)]
pub struct TsneMap {
    /// The clips with at least one of the tags.
    pub clips: ClipSet,
    /// The indices of the tags in [`ClipSet::tags`].
    pub tags: Vec<usize>,
    /// The index in `tags` of the only tag of each clip; `None` for a clip with several of them.
    pub groups: Vec<Option<usize>>,
    /// The perplexities, at most a third of the other clips.
    pub perplexities: Vec<f64>,
    /// The maps of each level: several for each perplexity if there are several starts.
    pub settings: Vec<MapSetting>,
    /// One for each level.
    pub levels: Vec<LevelMap>,
}

/// What distinguishes the maps of one level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MapSetting {
    /// The perplexity.
    pub perplexity: f64,
    /// The seed of a random start; `None` for a start from the first two principal components.
    pub start: Option<u64>,
}

/// The maps of one level.
#[derive(Clone, Debug, PartialEq)]
pub struct LevelMap {
    /// The level, counted from the end.
    pub level: i32,
    /// Number of features.
    pub width: usize,
    /// The positions of the clips in each map, `[settings][clips][2]`.
    pub maps: Vec<Vec<[f64; 2]>>,
    /// The numbers of each tag, in the feature space.
    pub closeness: Vec<TagCloseness>,
    /// The numbers of each tag in each map, `[settings][tags]`: whether what a map shows depends on its setting.
    pub in_maps: Vec<Vec<TagCloseness>>,
}

/// Maps the clips that have one of the tags: features standardised, their first 50 principal components, then t-SNE,
/// which starts from the first two components, or from random positions. The same features give the same bits.
///
/// # Errors
/// [`Code::InvalidOption`] for no tag, a tag that no clip has, a perplexity that is not above 0, fewer than four clips,
/// and features that are not finite; [`Code::Aborted`] after `cancel`.
pub fn tsne(
    clips: &ClipSet,
    levels: &[LevelFeatures],
    options: &TsneOptions,
    on_progress: &mut dyn FnMut(usize, usize),
    cancel: &AtomicBool,
) -> Result<TsneMap> {
    if options.tags.is_empty() {
        let message = "tags: name at least one tag whose clips are shown";
        return Err(Error::new(Code::InvalidOption, message));
    }
    if let Some(wrong) = options.perplexities.iter().find(|value| !(value.is_finite() && **value > 0.0)) {
        let message = format!("perplexities must be numbers above 0, received {wrong}");
        return Err(Error::new(Code::InvalidOption, message));
    }
    let tags = clips.tags_named(&options.tags)?;
    let shown: Vec<usize> = (0..clips.len()).filter(|&clip| tags.iter().any(|&tag| clips.labels[clip][tag])).collect();
    let only = clips.only(&shown);
    let groups = only.labels.iter().map(|labels| only_tag(labels, &tags)).collect();
    let perplexities: Vec<f64> =
        options.perplexities.iter().map(|value| value.min(largest_perplexity(only.len())).max(1.0)).collect();
    let starts = (0..options.maps.max(1) as u64).map(|k| k.checked_sub(1).map(|k| options.seed + k));
    let settings: Vec<MapSetting> = perplexities
        .iter()
        .flat_map(|&perplexity| starts.clone().map(move |start| MapSetting { perplexity, start }))
        .collect();
    let total = levels.len() * settings.len();
    let mut result = TsneMap { clips: only, tags, groups, perplexities, settings, levels: Vec::new() };
    for level in levels {
        let values = level.only(&shown).standardised()?;
        let reduced = principal_components(&values, level.width, COMPONENTS)?;
        let width = COMPONENTS.min(level.width);
        let near = |values: &[f64], width: usize| closeness(&result.clips, &result.tags, values, width, options.seed);
        let (mut maps, mut in_maps) = (Vec::new(), Vec::new());
        for setting in &result.settings {
            on_progress(result.levels.len() * result.settings.len() + maps.len(), total);
            let positions = map(&reduced, width, *setting, cancel)?;
            in_maps.push(near(positions.as_flattened(), 2));
            maps.push(positions);
        }
        let closeness = near(&values, level.width);
        result.levels.push(LevelMap { level: level.level, width: level.width, maps, closeness, in_maps });
    }
    on_progress(total, total);
    Ok(result)
}
