//! The records of `visualize`.

use std::path::PathBuf;

use serde::Serialize;
use train::Event;
use ts_rs::TS;

use super::super::bootstrap::Estimate;
use super::super::excitations::LoudnessNumbers;
use super::super::filters::LayerNumbers;
use super::super::tsne::TagCloseness;
use super::options::VisualizeKind;

/// The events of `visualize`.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(untagged)]
pub enum VisualizeEvent {
    /// Progress and warnings of decoding clips, and the progress of the analysis.
    #[ts(type = "PhaseProgress | TrainWarning")]
    Training(Event),
    /// A figure is written.
    Figure(FigureRecord),
    /// Everything is written.
    Done(VisualizeDone),
}

/// A figure is written.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "FigureRecord")]
#[serde(tag = "type", rename = "figure", rename_all = "camelCase")]
pub struct FigureRecord {
    /// Name of the figure, which is also the name of its files without suffix.
    pub name: String,
    /// Its files, absolute: SVG, PNG, and for maps a page that shows the clips.
    pub files: Vec<PathBuf>,
    /// The numbers of the analysis, which the figure shows.
    pub numbers: FigureNumbers,
}

/// `visualize` is complete.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(rename = "VisualizeDone")]
#[serde(tag = "type", rename = "done", rename_all = "camelCase")]
pub struct VisualizeDone {
    /// The analysis.
    #[ts(inline)]
    pub kind: VisualizeKind,
    /// The folder, absolute.
    pub out: PathBuf,
    /// The file with the numbers, the settings and the hash of the model, absolute.
    pub file: PathBuf,
    /// The files with the arrays behind the figures, absolute.
    pub arrays: Vec<PathBuf>,
    /// Seconds that it took.
    pub seconds: f64,
}

/// The numbers of an analysis.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(untagged)]
pub enum FigureNumbers {
    /// Of `filters`: one entry for each model.
    Filters(Vec<ModelFilters>),
    /// Of `tsne`: one entry for each level.
    Tsne(Vec<LevelNumbers>),
    /// Of `excitations`.
    Excitations(ExcitationNumbers),
    /// Of `timeline`.
    Timeline(TimelineNumbers),
}

/// The filters of one model in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ModelFilters {
    /// Name of the model in the figures.
    pub model: String,
    /// SHA-256 of the model file.
    pub hash: String,
    /// Sampling rate of the model in Hz.
    pub sampling_rate: u32,
    /// Samples of each signal.
    pub length: usize,
    /// The layers.
    pub layers: Vec<LayerNumbers>,
}

/// The maps of one level in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LevelNumbers {
    /// The level, counted from the end.
    pub level: i32,
    /// Number of features.
    pub width: usize,
    /// The tags, in the feature space.
    pub tags: Vec<TagCloseness>,
    /// The maps: one for each perplexity and start.
    pub maps: Vec<MapNumbers>,
}

/// One map in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MapNumbers {
    /// The perplexity.
    pub perplexity: f64,
    /// The seed of a random start; null for a start from the first two principal components.
    #[ts(type = "number | null")]
    pub start: Option<u64>,
    /// The tags, by the distances in the map.
    pub tags: Vec<TagCloseness>,
}

/// The excitations in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ExcitationNumbers {
    /// Number of clips.
    pub clips: usize,
    /// The blocks with excitations.
    pub blocks: Vec<BlockNumbers>,
    /// Sorted channels of the first block left of the place where the curves of all tags cross one half.
    pub crossing: usize,
    /// The regression of the first block on the loudness.
    pub loudness: LoudnessNumbers,
    /// The same, with the mean absolute value of the samples as the loudness instead of their root mean square.
    pub loudness_mean_abs: LoudnessNumbers,
}

/// The spread of one block.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BlockNumbers {
    /// Number of the block, from 1.
    pub block: usize,
    /// Number of channels.
    pub channels: usize,
    /// The standard deviation across tags, averaged over the channels.
    pub spread: Estimate,
    /// The same for shuffled labels.
    pub shuffled: Estimate,
}

/// The tags over the time of a file.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TimelineNumbers {
    /// The file, absolute.
    pub file: PathBuf,
    /// The start of each segment in seconds.
    pub starts: Vec<f64>,
    /// Seconds of a segment.
    pub segment_seconds: f64,
    /// The tags that are shown, the one with the highest mean score first.
    pub tags: Vec<String>,
    /// The score of each segment and tag, 0..1, `[segments][tags]`.
    pub scores: Vec<Vec<f32>>,
}
