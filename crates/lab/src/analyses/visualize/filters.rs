//! The figures of learned filters.

use error::Result;
use tagger::Loaded;

use super::super::filters::picture::{curves, rates, spectra, waveforms, Shown};
use super::super::filters::{filters, FilterMap, FilterOptions};
use super::{model_name, progress, FigureNumbers, Job, ModelFilters};

/// Computes the filters of all models and writes their figures.
pub(super) fn run(job: &mut Job) -> Result<FigureNumbers> {
    let options = job.options;
    let others = options.compare.iter().flatten().map(|file| Loaded::read(file));
    let others: Vec<Loaded> = others.collect::<Result<_>>()?;
    let models: Vec<&Loaded> = std::iter::once(job.model).chain(&others).collect();
    // Models of several rates share filters of 3 in the first four layers (the paper, Figure 4).
    let first_four = || (1..=4).collect();
    let layers = options.layers.clone().or_else(|| (models.len() > 1).then(first_four));
    let settings = FilterOptions {
        layers,
        length: options.length,
        starts: options.starts.unwrap_or(1),
        batch_norm: options.batch_norm.unwrap_or_default(),
        spectrum: options.spectrum.unwrap_or_default(),
        seed: options.seed,
        threads: options.threads,
    };
    let mut maps: Vec<FilterMap> = Vec::new();
    for model in &models {
        maps.push(filters(&model.model, &settings, &mut progress(job.on_event), job.cancel)?);
    }
    let names = names(&models);
    let numbers = models.iter().zip(&names).zip(&maps).map(|((model, name), map)| ModelFilters {
        model: name.clone(),
        hash: model.hash.clone(),
        sampling_rate: map.sampling_rate,
        length: map.length,
        layers: map.layers.iter().map(|layer| layer.numbers.clone()).collect(),
    });
    let numbers = FigureNumbers::Filters(numbers.collect());
    let shown: Vec<Shown> = names.iter().zip(&maps).map(|(name, map)| Shown { name, map }).collect();
    arrays(job, &shown)?;
    job.figure("filters-spectra", spectra(&shown), &numbers)?;
    job.figure("filters-curves", curves(&shown), &numbers)?;
    if let Some(figure) = rates(&shown) {
        job.figure("filters-rates", figure, &numbers)?;
    }
    for (index, one) in shown.iter().enumerate() {
        job.figure(&format!("filters-waveforms{}", suffix(index, shown.len())), waveforms(one), &numbers)?;
    }
    Ok(numbers)
}

/// The signals and spectra of every layer, in the order of the model, and a table of all filters.
fn arrays(job: &mut Job, shown: &[Shown]) -> Result<()> {
    let mut rows = Vec::new();
    for (index, Shown { name, map }) in shown.iter().enumerate() {
        for layer in &map.layers {
            let prefix = format!("filters{}-layer{}", suffix(index, shown.len()), layer.numbers.layer);
            job.output.npy(&format!("{prefix}-signals"), map.length, &layer.signals.concat())?;
            job.output.npy(&format!("{prefix}-spectra"), map.length / 2 + 1, &layer.spectra.concat())?;
            for (filter, value) in layer.values.iter().enumerate() {
                let place = layer.order.iter().position(|other| *other == filter);
                rows.push(vec![
                    (*name).to_owned(),
                    layer.numbers.layer.to_string(),
                    layer.name.clone(),
                    filter.to_string(),
                    value.to_string(),
                    place.map_or_else(String::new, |_| layer.peaks[filter].to_string()),
                    place.map_or_else(String::new, |place| (place + 1).to_string()),
                ]);
            }
        }
    }
    let header = ["model", "layer", "name", "filter", "activation", "peak_hz", "sorted"];
    job.output.csv("filters", &header, rows)
}

/// The part of a file name that tells the model: none for a single model.
fn suffix(index: usize, models: usize) -> String {
    if models == 1 {
        String::new()
    } else {
        format!("-model{}", index + 1)
    }
}

/// The names of the models; the sampling rates where they differ and the files have the same name.
fn names(models: &[&Loaded]) -> Vec<String> {
    let names: Vec<String> = models.iter().map(|model| model_name(model.file.as_deref())).collect();
    let is_double = |name: &String| names.iter().filter(|other| *other == name).count() > 1;
    let with_rate = |(index, name): (usize, &String)| match is_double(name) {
        true => format!("{name} {} ({} Hz)", index + 1, models[index].model.architecture.sampling_rate),
        false => name.clone(),
    };
    names.iter().enumerate().map(with_rate).collect()
}
