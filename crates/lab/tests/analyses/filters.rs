//! The filters of hand-made networks, and of small random ones.

use std::sync::atomic::AtomicBool;

use engine::Initialisation;
use error::Code;
use lab::analyses::filters::{filters, FilterMap, FilterOptions, SpectrumKind};
use lab::analyses::gradient::Statistics;
use net::{Architecture, Layout, Model, Task};
use serde_json::json;

fn model(architecture: Architecture) -> Model {
    engine::untrained(architecture, vec!["tag".into()], Task::MultiLabel, Initialisation::He, 1).unwrap()
}

fn run(model: &Model, options: &FilterOptions) -> FilterMap {
    filters(model, options, &mut |_, _| {}, &AtomicBool::new(false)).unwrap()
}

/// A stem of four filters at 8 kHz: bands at 600, 1700 and 3100 Hz, and one that is never active.
fn three_bands() -> Model {
    let architecture: Architecture = serde_json::from_value(json!({
        "samplingRate": 8000, "inputLength": 2187,
        "stem": { "kernel": 81, "stride": 1, "channels": 4, "padding": [40, 40] },
        "blocks": [{ "kind": "basic", "kernel": 3, "pool": 3, "channels": 4 }],
        "head": { "kind": "dense" },
    }))
    .unwrap();
    let mut model = model(architecture);
    let layout = Layout::new(&model.architecture, 1);
    let spec = layout.find("stem.conv.weight").unwrap();
    let weight = model.parameters.tensor_mut(spec);
    for (filter, hertz) in [600.0f64, 1700.0, 3100.0, 2000.0].into_iter().enumerate() {
        for tap in 0..81 {
            let window = 0.5 - 0.5 * (std::f64::consts::TAU * (tap as f64 + 0.5) / 81.0).cos();
            weight[filter * 81 + tap] = (window * (std::f64::consts::TAU * hertz * tap as f64 / 8000.0).cos()) as f32;
        }
    }
    model.parameters.tensor_mut(layout.find("stem.norm.weight").unwrap())[3] = 0.0;
    model.parameters.tensor_mut(layout.find("stem.norm.bias").unwrap())[3] = -1.0;
    model
}

#[test]
fn three_known_bands_are_three_peaks_and_a_dead_filter_is_counted() {
    let model = three_bands();
    for (batch_norm, spectrum) in
        [(Statistics::Batch, SpectrumKind::Whole), (Statistics::Running, SpectrumKind::Published)]
    {
        let options = FilterOptions { layers: Some(vec![1]), batch_norm, spectrum, ..FilterOptions::default() };
        let map = run(&model, &options);
        let layer = &map.layers[0];
        assert_eq!((map.length, map.sampling_rate, layer.name.as_str()), (729, 8000, "stem.conv"));
        // The filters are 8000 / 81 Hz wide.
        for (peak, hertz) in layer.sorted_peaks().iter().zip([600.0, 1700.0, 3100.0]) {
            assert!((peak - hertz).abs() < 99.0, "{peak} for {hertz} Hz ({batch_norm:?})");
        }
        assert_eq!((layer.order.clone(), layer.numbers.filters, layer.numbers.dead), (vec![0, 1, 2], 4, 1));
        assert_eq!((layer.values[3], layer.numbers.below1khz), (0.0, Some(1.0 / 3.0)));
        assert!(layer.values[0] > 0.0);
        let mean = layer.signals[0].iter().map(|v| f64::from(*v)).sum::<f64>() / 729.0;
        assert!(mean.abs() < 1e-4, "{mean}");
    }
}

#[test]
fn the_numbers_follow_from_the_arrays() {
    let map = run(&model(lab::demo_architecture()), &FilterOptions::default());
    assert_eq!(map.layers.iter().map(|layer| layer.numbers.layer).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    for layer in &map.layers {
        let count = layer.numbers.filters - layer.numbers.dead;
        assert_eq!((layer.order.len(), layer.signals.len()), (count, layer.numbers.filters));
        let sorted = layer.sorted_peaks();
        assert!(sorted.is_sorted());
        let low = sorted.iter().filter(|peak| **peak < 1000.0).count() as f64 / count as f64;
        assert_eq!(layer.numbers.below1khz, Some(low));
        for (filter, spectrum) in layer.spectra.iter().enumerate() {
            let highest = spectrum.iter().copied().fold(f32::MIN, f32::max);
            assert_eq!(spectrum[(layer.peaks[filter] / (8000.0 / 729.0)).round() as usize], highest);
        }
    }
}

#[test]
fn neither_the_number_of_threads_nor_other_layers_change_a_filter_and_more_starts_are_never_worse() {
    let model = model(Architecture::preset("se-small@8000").unwrap());
    let options = FilterOptions { layers: Some(vec![2]), threads: 1, ..FilterOptions::default() };
    let one = run(&model, &options);
    let two = run(&model, &FilterOptions { layers: Some(vec![2, 1]), threads: 2, ..options.clone() });
    assert_eq!(one.layers[0], two.layers[1]);
    let best = run(&model, &FilterOptions { starts: 2, ..options.clone() });
    assert!(one.layers[0].values.iter().zip(&best.layers[0].values).all(|(one, best)| best >= one));
    let other = run(&model, &FilterOptions { seed: 1, ..options });
    assert_ne!(one.layers[0].signals, other.layers[0].signals);
}

#[test]
fn layers_and_lengths_that_do_not_fit_are_refused_by_name() {
    let refused = |name: &str, options: FilterOptions| {
        let model = model(Architecture::preset(name).unwrap());
        let failure = filters(&model, &options, &mut |_, _| {}, &AtomicBool::new(false)).unwrap_err();
        assert_eq!(failure.code, Code::InvalidOption);
        failure.message
    };
    let layers = |layers: &[usize]| FilterOptions { layers: Some(layers.to_vec()), ..FilterOptions::default() };
    assert!(refused("3^7@8000", layers(&[1, 9])).contains("there is no layer 9; the model has layers 1 to 8"));
    assert!(refused("3^7@8000", layers(&[0])).contains("there is no layer 0"));
    assert!(refused("3^7@8000", layers(&[2, 2])).contains("2 is named twice"));
    let length = FilterOptions { length: Some(730), ..FilterOptions::default() };
    let message = refused("3^7@8000", length);
    assert!(message.contains("multiple of 243 samples, at least 486, received 730"), "{message}");
    let message = refused("3^5@8000", FilterOptions { length: Some(2187), ..layers(&[1]) });
    assert!(message.contains("too short for signals of 2187 samples: its segments have 729"), "{message}");
    assert!(refused("mel:5,729,243", FilterOptions::default()).contains("mel spectrograms"));
    let model = model(Architecture::preset("3^5@8000").unwrap());
    let cancelled = filters(&model, &FilterOptions::default(), &mut |_, _| {}, &AtomicBool::new(true)).unwrap_err();
    assert_eq!(cancelled.code, Code::Aborted);
}
