//! The options of `visualize`.

use std::path::PathBuf;

use audio::SegmentPolicy;
use engine::Precision;
use error::{Code, Error, Result};
use options::visualize as table;
use serde::{Deserialize, Serialize};
use train::dataset::DatasetOptions;
use train::PartChoice;
use ts_rs::TS;

use super::super::filters::SpectrumKind;
use super::super::gradient::Statistics;

/// The analyses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum VisualizeKind {
    /// Learned filters.
    Filters,
    /// Maps of clips.
    Tsne,
    /// Excitations of squeeze-and-excitation blocks.
    Excitations,
    /// Tags over the time of a file.
    Timeline,
}

impl VisualizeKind {
    /// The name in options, records and file names.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Filters => "filters",
            Self::Tsne => "tsne",
            Self::Excitations => "excitations",
            Self::Timeline => "timeline",
        }
    }
}

/// Options of [`super::visualize`]. An option of another analysis is refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VisualizeOptions {
    /// The analysis.
    pub kind: VisualizeKind,
    /// The model file.
    pub model: PathBuf,
    /// The folder for figures, arrays and numbers.
    pub out: PathBuf,
    /// Replaces files in `out` that `visualize` did not write. Default: false.
    #[serde(default)]
    pub force: bool,
    /// Filters: further models beside the first. Default: none.
    #[serde(default)]
    pub compare: Option<Vec<PathBuf>>,
    /// Filters: numbers of the layers. Default: the first six; the first four of several models.
    #[serde(default)]
    pub layers: Option<Vec<usize>>,
    /// Filters: samples of the signals. Default: 729, or the shortest longer length that fits the layers.
    #[serde(default)]
    pub length: Option<usize>,
    /// Filters: starts for each filter. Default: 1.
    #[serde(default)]
    pub starts: Option<usize>,
    /// Filters: statistics of the norms. Default: those of the signal.
    #[serde(default)]
    pub batch_norm: Option<Statistics>,
    /// Filters: the part of the signal that spectra show. Default: all of it.
    #[serde(default)]
    pub spectrum: Option<SpectrumKind>,
    /// Maps and excitations: the dataset. Required for them.
    #[serde(default)]
    pub dataset: Option<DatasetOptions>,
    /// Maps and excitations: the part whose clips are used. Default: test.
    #[serde(default)]
    pub part: Option<PartChoice>,
    /// Maps and excitations: segments of each clip. Default: all.
    #[serde(default)]
    pub segments: Option<SegmentPolicy>,
    /// Maps and excitations: seconds of each clip. Default: those of the dataset.
    #[serde(default)]
    pub clip_seconds: Option<f64>,
    /// Maps and excitations: the folder of prepared clips. Default: the user's cache folder.
    #[serde(default)]
    pub cache: Option<PathBuf>,
    /// Maps: the tags whose clips are shown, by default piano and techno. Excitations: the tags whose curves are shown,
    /// by default classical, metal and dance. Timeline: the tags that are shown, by default the ten with the highest
    /// scores.
    #[serde(default)]
    pub tags: Option<Vec<String>>,
    /// Maps: levels, counted from the end. Default: -3 and -1.
    #[serde(default)]
    pub levels: Option<Vec<i32>>,
    /// Maps: perplexities. Default: 30.
    #[serde(default)]
    pub perplexities: Option<Vec<f64>>,
    /// Maps: maps of each level and perplexity; those after the first start from random positions. Default: 1.
    #[serde(default)]
    pub maps: Option<usize>,
    /// Timeline: the audio file. Required for it.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// Seed of the starts and of every bootstrap, and of a drawn split. Default: 0.
    #[serde(default)]
    pub seed: u64,
    /// `auto`, `cpu`, `cuda` or `cuda:N`. Filters are always computed on the CPU. Default: `auto`.
    #[serde(default = "default_device")]
    pub device: String,
    /// Arithmetic precision of the network. Default: f32.
    #[serde(default)]
    pub precision: Precision,
    /// Number of threads; 0 for one per physical core. Default: 0.
    #[serde(default)]
    pub threads: usize,
}

fn default_device() -> String {
    table::DEVICE.to_owned()
}

impl VisualizeOptions {
    /// The default options of an analysis of `model`.
    pub fn new(kind: VisualizeKind, model: impl Into<PathBuf>, out: impl Into<PathBuf>) -> Self {
        Self {
            kind,
            model: model.into(),
            out: out.into(),
            force: false,
            compare: None,
            layers: None,
            length: None,
            starts: None,
            batch_norm: None,
            spectrum: None,
            dataset: None,
            part: None,
            segments: None,
            clip_seconds: None,
            cache: None,
            tags: None,
            levels: None,
            perplexities: None,
            maps: None,
            file: None,
            seed: 0,
            device: default_device(),
            precision: Precision::default(),
            threads: 0,
        }
    }

    /// Refuses invalid options; [`super::visualize`] calls it first.
    ///
    /// # Errors
    /// [`Code::InvalidOption`], naming the option and the value received.
    pub fn validate(&self) -> Result<()> {
        use VisualizeKind::{Excitations, Filters, Timeline, Tsne};
        let given: [(&str, bool, &[VisualizeKind]); 16] = [
            ("compare", self.compare.is_some(), &[Filters]),
            ("layers", self.layers.is_some(), &[Filters]),
            ("length", self.length.is_some(), &[Filters]),
            ("starts", self.starts.is_some(), &[Filters]),
            ("batchNorm", self.batch_norm.is_some(), &[Filters]),
            ("spectrum", self.spectrum.is_some(), &[Filters]),
            ("dataset", self.dataset.is_some(), &[Tsne, Excitations]),
            ("part", self.part.is_some(), &[Tsne, Excitations]),
            ("segments", self.segments.is_some(), &[Tsne, Excitations]),
            ("clipSeconds", self.clip_seconds.is_some(), &[Tsne, Excitations]),
            ("cache", self.cache.is_some(), &[Tsne, Excitations]),
            ("tags", self.tags.is_some(), &[Tsne, Excitations, Timeline]),
            ("levels", self.levels.is_some(), &[Tsne]),
            ("perplexities", self.perplexities.is_some(), &[Tsne]),
            ("maps", self.maps.is_some(), &[Tsne]),
            ("file", self.file.is_some(), &[Timeline]),
        ];
        for (name, is_given, kinds) in given {
            if is_given && !kinds.contains(&self.kind) {
                let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
                let why = format!("{name} is an option of {}, not of {}", names.join(", "), self.kind.name());
                return Err(Error::new(Code::InvalidOption, format!("{why}: leave it out")));
            }
        }
        let missing = |name: &str, what: &str| {
            Err(Error::new(Code::InvalidOption, format!("{name} is missing: {} needs {what}", self.kind.name())))
        };
        match self.kind {
            Tsne | Excitations if self.dataset.is_none() => return missing("dataset", "the clips and their tags"),
            Timeline if self.file.is_none() => return missing("file", "an audio file"),
            _ => {}
        }
        table::LENGTH.check(self.length)?;
        table::STARTS.check(self.starts)?;
        table::MAPS.check(self.maps)?;
        table::SEGMENTS.check(self.segments.and_then(SegmentPolicy::count))?;
        table::CLIP_SECONDS.check(self.clip_seconds)?;
        table::THREADS.check_or_zero(self.threads)
    }
}
