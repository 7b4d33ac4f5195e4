//! The figures of learned filters: spectra, curves of sorted peaks, and waveforms.

use charts::{Axis, Figure, HeatMap, Line, Panel, Point};
use train::Biquad;

use super::curve::{linear_curve, mel_curve};
use super::{FilterMap, LayerFilters};

/// The colour scale of all spectra.
const SCALE: &str = "log10(1 + 10 |S|²)";
/// Waveforms for each layer in [`waveforms`].
const EXAMPLES: usize = 3;
/// Cut-off frequency of the low-pass for [`waveforms`], in Hz, and its order (analyses.md 1.1).
const DISPLAY_CUTOFF: f64 = 5000.0;
const DISPLAY_ORDER: u32 = 6;

/// A model in the figures.
pub(crate) struct Shown<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its filters.
    pub map: &'a FilterMap,
}

/// The spectra of all filters, sorted by their peak: a row of panels for each model, or for a single model rows of
/// three.
pub(crate) fn spectra(models: &[Shown]) -> Figure {
    let range = colour_range(models);
    let mut figure = Figure::new(heading("Spectra of learned filters", models)).caption(
        "Each column of a panel is the spectrum of the signal that one filter responds to most, found by gradient \
         ascent in the input; the columns are sorted by the frequency of their peak. All panels have the same colour \
         scale, which begins at the lowest tenth of the values. Filters without activation are left out.",
    );
    for shown in models {
        for layer in &shown.map.layers {
            let nyquist = kilohertz(shown.map) / 2.0;
            let bins = layer.spectra.first().map_or(0, Vec::len);
            let rows = (0..bins).map(|bin| layer.order.iter().map(|&f| f64::from(layer.spectra[f][bin])).collect());
            // Bin k is a band of rate / length around its frequency.
            let half = kilohertz(shown.map) / shown.map.length as f64 / 2.0;
            let edges = [-half, (2 * bins) as f64 * half - half];
            let mut heat = HeatMap::new(SCALE, rows.collect()).edges([0.0, layer.order.len() as f64], edges);
            heat.range = range;
            let y = Axis::linear("frequency").unit("kHz").range(-half, nyquist.max(edges[1]));
            figure = figure.panel(
                Panel::new(Axis::linear("sorted filter"), y)
                    .title(title(shown, layer, models.len()))
                    .layer(heat)
                    .note(dead(layer)),
            );
        }
    }
    figure.columns(columns(models)).panel_size(190.0, 170.0)
}

/// The peak frequencies of the sorted filters beside evenly spaced frequencies on a linear and on the mel scale.
pub(crate) fn curves(models: &[Shown]) -> Figure {
    let mut figure = Figure::new(heading("Peak frequencies of learned filters", models)).caption(
        "The peak frequency of each filter, sorted, beside frequencies that are evenly spaced in Hz (linear) and on \
         the mel scale. r is the correlation with each of the two.",
    );
    for shown in models {
        for layer in &shown.map.layers {
            let peaks: Vec<f64> = layer.sorted_peaks().iter().map(|hertz| hertz / 1000.0).collect();
            let top = kilohertz(shown.map) / 2.0;
            let mel: Vec<f64> = mel_curve(peaks.len(), 1000.0 * top).iter().map(|hertz| hertz / 1000.0).collect();
            let line = |name: &str, values: &[f64]| {
                let points = values.iter().enumerate().map(|(index, value)| Point::new(index as f64 + 1.0, *value));
                Line::new(name, points).without_markers()
            };
            let mut panel = Panel::new(Axis::linear("sorted filter"), Axis::linear("peak").unit("kHz").range(0.0, top))
                .title(title(shown, layer, models.len()));
            for (name, values) in [("filters", &peaks), ("linear", &linear_curve(peaks.len(), top)), ("mel", &mel)] {
                panel = panel.layer(line(name, values));
            }
            for note in numbers(layer) {
                panel = panel.note(note);
            }
            figure = figure.panel(panel);
        }
    }
    figure.columns(columns(models)).panel_size(190.0, 150.0)
}

/// The curves of several models on one axis in Hz, a panel for each layer that all of them show.
pub(crate) fn rates(models: &[Shown]) -> Option<Figure> {
    let first = models.first()?;
    if models.len() < 2 {
        return None;
    }
    let mut figure = Figure::new("Peak frequencies at several sampling rates").caption(
        "The peak frequencies of the sorted filters of each model on one frequency axis; the filters are spread evenly \
         over the horizontal axis. A model with a lower rate shows the low frequencies enlarged.",
    );
    for layer in &first.map.layers {
        let number = layer.numbers.layer;
        let mut panel = Panel::new(Axis::linear("sorted filter").unit("%"), Axis::linear("peak").unit("kHz"))
            .title(format!("layer {number}"));
        for shown in models {
            let Some(layer) = shown.map.layers.iter().find(|other| other.numbers.layer == number) else { continue };
            let count = layer.order.len().max(2) as f64 - 1.0;
            let point = |(index, hertz): (usize, f64)| Point::new(100.0 * index as f64 / count, hertz / 1000.0);
            let points = layer.sorted_peaks().into_iter().enumerate().map(point);
            panel = panel.layer(Line::new(shown.name, points).without_markers());
        }
        figure = figure.panel(panel);
    }
    Some(figure.columns(2).shared(true, true).panel_size(290.0, 180.0))
}

/// Waveforms of three filters of each layer, with a low, a middle and a high peak. As in the papers, a low-pass makes
/// their form easier to see; the spectra and numbers are those of the signals before it.
pub(crate) fn waveforms(shown: &Shown) -> Figure {
    let rate = f64::from(shown.map.sampling_rate);
    let smooth = DISPLAY_CUTOFF < rate / 2.0;
    let mut caption = "The signals that three filters of each layer respond to most: those at one sixth, one half and \
                       five sixths of the filters sorted by peak frequency. Each signal is scaled to its largest \
                       sample."
        .to_owned();
    if smooth {
        caption.push_str(" For this picture alone, frequencies above 5 kHz are attenuated.");
    }
    let mut figure = Figure::new(format!("Signals of learned filters, {}", shown.name)).caption(caption);
    let milliseconds = 1000.0 / rate;
    for layer in &shown.map.layers {
        let count = layer.order.len();
        for example in 0..EXAMPLES.min(count) {
            let filter = layer.order[(2 * example + 1) * count / (2 * EXAMPLES.min(count))];
            let mut signal = layer.signals[filter].clone();
            if smooth {
                let sections = Biquad::butterworth_low_pass(DISPLAY_ORDER, DISPLAY_CUTOFF, rate);
                sections.for_each(|section| section.filter(&mut signal));
            }
            let largest = signal.iter().fold(f32::MIN_POSITIVE, |most, value| most.max(value.abs()));
            let points = signal
                .iter()
                .enumerate()
                .map(|(index, value)| Point::new(index as f64 * milliseconds, f64::from(value / largest)));
            let title = format!("layer {}: peak {} Hz", layer.numbers.layer, layer.peaks[filter].round());
            let x = Axis::linear("time").unit("ms");
            let y = Axis::linear("").range(-1.05, 1.05).ticks([-1.0, 0.0, 1.0]);
            figure = figure.panel(Panel::new(x, y).title(title).layer(Line::new("", points).without_markers()));
        }
    }
    figure.columns(EXAMPLES).shared(true, true).panel_size(220.0, 70.0)
}

/// The title of a figure, with the name of a single model.
fn heading(title: &str, models: &[Shown]) -> String {
    match models {
        [one] => format!("{title}, {}", one.name),
        _ => title.to_owned(),
    }
}

/// The columns of a figure with a row of panels for each model, or for a single model rows of three.
fn columns(models: &[Shown]) -> usize {
    match models {
        [first, _, ..] => first.map.layers.len(),
        _ => 3,
    }
}

/// The values of the first and the last colour of all spectra: the lowest tenth of the values, and the largest one.
fn colour_range(models: &[Shown]) -> Option<[f64; 2]> {
    let layers = models.iter().flat_map(|shown| &shown.map.layers);
    let spectra = layers.flat_map(|layer| layer.order.iter().map(|&filter| &layer.spectra[filter]));
    let mut values: Vec<f32> = spectra.flatten().copied().collect();
    values.sort_by(f32::total_cmp);
    Some([*values.get(values.len() / 10)?, *values.last()?].map(f64::from))
}

fn kilohertz(map: &FilterMap) -> f64 {
    f64::from(map.sampling_rate) / 1000.0
}

fn title(shown: &Shown, layer: &LayerFilters, models: usize) -> String {
    let number = layer.numbers.layer;
    if models == 1 {
        format!("layer {number}")
    } else {
        format!("{}, layer {number}", shown.name)
    }
}

fn dead(layer: &LayerFilters) -> String {
    format!("{} filters, {} dead", layer.numbers.filters, layer.numbers.dead)
}

/// The numbers of a layer as lines of text.
fn numbers(layer: &LayerFilters) -> [String; 3] {
    let numbers = &layer.numbers;
    let r = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
    let low = numbers.below1khz.map_or_else(|| "-".to_owned(), |share| format!("{:.0} %", 100.0 * share));
    [
        format!("{low} below 1 kHz"),
        format!("r with linear: {}", r(numbers.linear_correlation)),
        format!("r with mel: {}", r(numbers.mel_correlation)),
    ]
}
