//! Learned filters (the paper, section 7.1, Figures 2 to 4): the signal that excites each filter most, and its
//! spectrum.

mod ascent;
mod curve;
mod layers;
pub(crate) mod picture;
mod spectrum;

use std::sync::atomic::AtomicBool;

use error::Result;
use net::{Architecture, Graph, Model};

use super::gradient::{InputGradient, Statistics};
use ascent::{ascend, Settings, Task};
use layers::{choose, layers, signal_length};
use spectrum::{peak, Spectra};

pub use ascent::STEPS;
pub use curve::LayerNumbers;
pub use layers::PUBLISHED_LENGTH;
pub use spectrum::SpectrumKind;

/// The settings of [`filters`]; the default is that of the papers.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterOptions {
    /// Numbers of the layers: 1 is the stem, or the first block of a network without a stem. Default: the first six.
    pub layers: Option<Vec<usize>>,
    /// Samples of the signals. Default: 729, or the shortest longer length that fits the layers.
    pub length: Option<usize>,
    /// Signals from different starts for each filter, of which the best one is kept. Default: 1.
    pub starts: usize,
    /// Statistics of the norms. Default: those of the signal itself.
    pub batch_norm: Statistics,
    /// The part of the signal that the spectrum shows. Default: all of it.
    pub spectrum: SpectrumKind,
    /// Seed of the starts. Default: 0.
    pub seed: u64,
    /// Number of threads; 0 for one per physical core. Default: 0.
    pub threads: usize,
}

impl Default for FilterOptions {
    fn default() -> Self {
        Self {
            layers: None,
            length: None,
            starts: 1,
            batch_norm: Statistics::Batch,
            spectrum: SpectrumKind::Whole,
            seed: 0,
            threads: 0,
        }
    }
}

/// The filters of one model.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterMap {
    /// Sampling rate of the model in Hz.
    pub sampling_rate: u32,
    /// Samples of each signal; bin k of a spectrum is at `k sampling_rate / length` Hz.
    pub length: usize,
    /// The layers, from the input on.
    pub layers: Vec<LayerFilters>,
}

/// The filters of one layer, in the order of the model.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerFilters {
    /// The numbers of the layer.
    pub numbers: LayerNumbers,
    /// Name of the layer in the model, such as `blocks.0.conv`.
    pub name: String,
    /// The mean over time of each filter's activation after the last step; 0 for a dead filter.
    pub values: Vec<f64>,
    /// The signal of each filter, `[filters][length]`; of a dead filter the start.
    pub signals: Vec<Vec<f32>>,
    /// `log10(1 + 10 |S|^2)` of each filter, `[filters][bins]`.
    pub spectra: Vec<Vec<f32>>,
    /// Frequency of the largest bin of each filter in Hz.
    pub peaks: Vec<f64>,
    /// The living filters by ascending peak.
    pub order: Vec<usize>,
}

impl LayerFilters {
    /// The peaks of the living filters, ascending.
    pub fn sorted_peaks(&self) -> Vec<f64> {
        self.order.iter().map(|&filter| self.peaks[filter]).collect()
    }
}

/// Computes the filters of `model` by gradient ascent in the input: 18 steps of a gradient scaled to a root mean square
/// of 1, from uniform noise of +-0.015. `on_progress` receives the number of finished and of all signals.
///
/// # Errors
/// [`error::Code::InvalidOption`] for a layer that does not exist, a length that does not fit, and a model on a mel
/// spectrogram; [`error::Code::Aborted`] after `cancel`.
pub fn filters(
    model: &Model,
    options: &FilterOptions,
    on_progress: &mut dyn FnMut(usize, usize),
    cancel: &AtomicBool,
) -> Result<FilterMap> {
    let Model { architecture, tags, parameters, .. } = model;
    let chosen = choose(&layers(architecture, &Graph::new(architecture, tags.len()))?, options.layers.as_deref())?;
    let length = signal_length(architecture, &chosen, options.length, options.batch_norm)?;
    let shorter = Architecture { input_length: length, ..architecture.clone() };
    let graph = Graph::new(&shorter, tags.len());
    let task = |layer: &layers::FilterLayer| {
        let gradient = InputGradient::new(&shorter, &graph, layer.node, parameters, options.batch_norm)?;
        Ok(Task { gradient, layer: layer.number, filters: layer.filters, length })
    };
    let tasks: Vec<Task> = chosen.iter().map(task).collect::<Result<_>>()?;
    let threads = if options.threads == 0 { engine::physical_cores() } else { options.threads };
    let settings = Settings { starts: options.starts.max(1), seed: options.seed, threads };
    let ascents = ascend(&tasks, settings, on_progress, cancel)?;

    let spectra = Spectra::new(length, options.spectrum);
    let hertz = f64::from(architecture.sampling_rate) / length as f64;
    let mut result = FilterMap { sampling_rate: architecture.sampling_rate, length, layers: Vec::new() };
    for (layer, ascents) in chosen.iter().zip(ascents) {
        let values: Vec<f64> = ascents.iter().map(|ascent| ascent.value).collect();
        let signals: Vec<Vec<f32>> = ascents.into_iter().map(|ascent| ascent.signal).collect();
        let spectra: Vec<Vec<f32>> = signals.iter().map(|signal| spectra.of(signal)).collect::<Result<_>>()?;
        let bins: Vec<usize> = spectra.iter().map(|spectrum| peak(spectrum)).collect();
        let mut order: Vec<usize> = (0..values.len()).filter(|&filter| values[filter] > 0.0).collect();
        order.sort_by_key(|&filter| bins[filter]);
        let peaks: Vec<f64> = bins.iter().map(|&bin| bin as f64 * hertz).collect();
        let sorted: Vec<f64> = order.iter().map(|&filter| peaks[filter]).collect();
        result.layers.push(LayerFilters {
            numbers: LayerNumbers::new(layer.number, values.len(), &sorted, architecture.sampling_rate),
            name: graph.nodes[layer.node].name.clone(),
            values,
            signals,
            spectra,
            peaks,
            order,
        });
    }
    Ok(result)
}
