//! `visualize` from a model file to figures, arrays and numbers; each number is computed again from the stored arrays.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use engine::Initialisation;
use error::Code;
use lab::analyses::{visualize, FigureNumbers, VisualizeDone, VisualizeEvent, VisualizeKind, VisualizeOptions};
use lab::synth::write_wav;
use net::{Architecture, Task};
use serde_json::{json, Value};
use train::dataset::DatasetOptions;
use train::PartChoice;

const RATE: u32 = 8000;
const TAGS: [&str; 3] = ["high", "loud", "low"];

/// A small network with excitations: a stem and three blocks.
fn architecture() -> Architecture {
    serde_json::from_value(json!({
        "samplingRate": RATE, "inputLength": 2187,
        "stem": { "kernel": 3, "stride": 3, "channels": 8 },
        "blocks": [
            { "kind": "se", "kernel": 3, "pool": 3, "channels": 8, "excite": 1.0 },
            { "kind": "se", "kernel": 3, "pool": 3, "channels": 12, "excite": 1.0 },
            { "kind": "se", "kernel": 3, "pool": 3, "channels": 16, "excite": 1.0 },
        ],
        "head": { "kind": "dense", "levels": 2 },
    }))
    .unwrap()
}

/// A folder with a model, and 24 clips of a low or a high tone, half of them loud, with a manifest.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let tags = TAGS.map(str::to_owned).to_vec();
    let model = engine::untrained(architecture(), tags, Task::MultiLabel, Initialisation::He, 3).unwrap();
    model.save(folder.path().join("model.safetensors")).unwrap();
    let mut rows = "path,tags,split\n".to_owned();
    for i in 0..24u32 {
        let (hertz, loud) = ([200.0, 1700.0][i as usize % 2], i % 4 < 2);
        let level = if loud { 0.5 } else { 0.1 } + 0.005 * i as f32;
        let samples: Vec<f32> = (0..6600)
            .map(|t| level * (std::f32::consts::TAU * (hertz + i as f32) * t as f32 / RATE as f32).sin())
            .collect();
        write_wav(&folder.path().join(format!("{i}.wav")), &samples, RATE).unwrap();
        let pitch = ["low", "high"][i as usize % 2];
        rows += &format!("{i}.wav,{pitch}{},test\n", if loud { "|loud" } else { "" });
    }
    std::fs::write(folder.path().join("list.csv"), rows).unwrap();
    folder
}

fn options(folder: &Path, kind: VisualizeKind) -> VisualizeOptions {
    VisualizeOptions::new(kind, folder.join("model.safetensors"), folder.join("out"))
}

fn with_clips(folder: &Path, kind: VisualizeKind) -> VisualizeOptions {
    VisualizeOptions {
        dataset: Some(DatasetOptions::manifest(folder.join("list.csv"))),
        part: Some(PartChoice::All),
        cache: Some(folder.join("cache")),
        ..options(folder, kind)
    }
}

/// The result, the numbers and the names of the figures.
fn run(options: &VisualizeOptions) -> (VisualizeDone, FigureNumbers, Vec<String>) {
    let (mut numbers, mut names) = (None, Vec::new());
    let mut on_event = |event: VisualizeEvent| {
        if let VisualizeEvent::Figure(figure) = event {
            for file in &figure.files {
                assert!(std::fs::metadata(file).unwrap().len() > 500, "{}", file.display());
            }
            names.push(figure.name);
            numbers = Some(figure.numbers);
        }
    };
    let done = visualize(options, &mut on_event, &AtomicBool::new(false)).unwrap();
    assert!(done.arrays.iter().all(|file| file.exists()), "{:?}", done.arrays);
    let stored: Value = serde_json::from_slice(&std::fs::read(&done.file).unwrap()).unwrap();
    assert_eq!((stored["format"].as_u64(), stored["source"]["modelHash"].as_str().unwrap().len()), (Some(1), 64));
    assert_eq!(stored["numbers"], serde_json::to_value(numbers.as_ref().unwrap()).unwrap());
    (done, numbers.unwrap(), names)
}

/// The rows of a table without its header.
fn table(done: &VisualizeDone, name: &str) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(done.out.join(name)).unwrap();
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// The values and the number of columns of an array.
fn npy(done: &VisualizeDone, name: &str) -> (usize, Vec<f32>) {
    let bytes = std::fs::read(done.out.join(name)).unwrap();
    let header = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let text = String::from_utf8_lossy(&bytes[10..header]).into_owned();
    let columns = text.split("'shape': (").nth(1).unwrap().split([',', ')']).nth(1).unwrap().trim().parse().unwrap();
    (columns, bytes[header..].chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect())
}

#[test]
fn filters_are_drawn_and_their_numbers_follow_from_the_table() {
    let folder = folder();
    let mut other = architecture();
    other.sampling_rate = 4000;
    let second = engine::untrained(other, vec!["a".into()], Task::MultiLabel, Initialisation::He, 4).unwrap();
    second.save(folder.path().join("slow.safetensors")).unwrap();
    let compare = Some(vec![folder.path().join("slow.safetensors")]);
    let (done, numbers, names) = run(&VisualizeOptions { compare, ..options(folder.path(), VisualizeKind::Filters) });
    assert_eq!(
        names,
        ["filters-spectra", "filters-curves", "filters-rates", "filters-waveforms-model1", "filters-waveforms-model2"]
    );
    let FigureNumbers::Filters(models) = numbers else { panic!("{numbers:?}") };
    assert_eq!(
        models.iter().map(|m| (m.model.as_str(), m.sampling_rate)).collect::<Vec<_>>(),
        [("model", 8000), ("slow", 4000)]
    );
    let rows = table(&done, "filters.csv");
    for model in &models {
        for layer in &model.layers {
            let own = rows.iter().filter(|row| row[0] == model.model && row[1] == layer.layer.to_string());
            let peaks: Vec<f64> = own.filter(|row| !row[5].is_empty()).map(|row| row[5].parse().unwrap()).collect();
            assert_eq!(layer.filters - layer.dead, peaks.len());
            let low = peaks.iter().filter(|peak| **peak < 1000.0).count() as f64 / peaks.len() as f64;
            assert_eq!(layer.below1khz, (!peaks.is_empty()).then_some(low));
        }
    }
    let (columns, signals) = npy(&done, "filters-model1-layer2-signals.npy");
    assert_eq!((columns, signals.len()), (729, 8 * 729));
}

#[test]
fn maps_are_drawn_and_the_purity_follows_from_the_stored_features() {
    let folder = folder();
    let tags = Some(vec!["low".to_owned(), "high".to_owned()]);
    let (done, numbers, names) =
        run(&VisualizeOptions { tags, levels: Some(vec![-2, -1]), ..with_clips(folder.path(), VisualizeKind::Tsne) });
    assert_eq!(names, ["tsne-maps"]);
    let FigureNumbers::Tsne(levels) = numbers else { panic!("{numbers:?}") };
    assert_eq!(levels.iter().map(|level| level.level).collect::<Vec<_>>(), [-2, -1]);
    let (width, features) = npy(&done, "tsne-features-2.npy");
    assert_eq!((width, features.len(), levels[0].width), (16, 24 * 16, 16));
    let names = table(&done, "tsne-clips.csv");
    let is_low: Vec<bool> =
        names.iter().map(|row| row[0].trim_end_matches(".wav").parse::<u32>().unwrap() % 2 == 0).collect();
    let standardised: Vec<Vec<f64>> = (0..width)
        .map(|column| {
            let values: Vec<f64> = (0..24).map(|clip| f64::from(features[clip * width + column])).collect();
            let mean = values.iter().sum::<f64>() / 24.0;
            let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 24.0).sqrt();
            values.iter().map(|v| if deviation > 0.0 { (v - mean) / deviation } else { 0.0 }).collect()
        })
        .collect();
    let distance =
        |one: usize, other: usize| standardised.iter().map(|column| (column[one] - column[other]).powi(2)).sum::<f64>();
    let purity = |clip: usize| {
        let mut others: Vec<usize> = (0..24).filter(|&other| other != clip).collect();
        others.sort_by(|&one, &other| distance(clip, one).total_cmp(&distance(clip, other)));
        others[..10].iter().filter(|&&other| is_low[other]).count() as f64 / 10.0
    };
    let low: Vec<f64> = (0..24).filter(|&clip| is_low[clip]).map(purity).collect();
    let closeness = &levels[0].tags[0];
    assert_eq!((closeness.tag.as_str(), closeness.clips), ("low", 12));
    assert!((closeness.purity.value - low.iter().sum::<f64>() / 12.0).abs() < 1e-9, "{closeness:?}");
    assert_eq!(table(&done, "tsne-maps.csv").len(), 24);
    let page = std::fs::read_to_string(done.out.join("tsne-maps.svg")).unwrap();
    assert!(page.contains("low (12)"));
    assert!(std::fs::read_to_string(done.out.join("tsne-maps.html")).unwrap().contains("7.wav"));

    // A second call writes the same bytes.
    let before = std::fs::read(done.out.join("tsne-maps.csv")).unwrap();
    let tags = Some(vec!["low".to_owned(), "high".to_owned()]);
    run(&VisualizeOptions { tags, levels: Some(vec![-2, -1]), ..with_clips(folder.path(), VisualizeKind::Tsne) });
    assert_eq!(std::fs::read(done.out.join("tsne-maps.csv")).unwrap(), before);
}

#[test]
fn excitations_are_drawn_and_the_slopes_follow_from_the_stored_arrays() {
    let folder = folder();
    let (done, numbers, names) = run(&with_clips(folder.path(), VisualizeKind::Excitations));
    let figures = ["tags", "spread", "loudness", "mean-abs", "r2"].map(|name| format!("excitations-{name}"));
    assert_eq!(names, figures);
    let FigureNumbers::Excitations(numbers) = numbers else { panic!("{numbers:?}") };
    assert_eq!(numbers.blocks.iter().map(|block| block.channels).collect::<Vec<_>>(), [8, 12, 16]);
    // Three segments of each clip.
    assert_eq!((numbers.clips, numbers.loudness.segments), (24, 72));
    let (channels, values) = npy(&done, "excitations-block1.npy");
    assert_eq!((channels, values.len()), (8, 72 * 8));
    assert!(values.iter().all(|value| (0.0..=1.0).contains(value)));
    let x: Vec<f64> = table(&done, "excitations-segments.csv").iter().map(|row| row[1].parse().unwrap()).collect();
    // Clip 1 is loud and 23 is quiet; the mean square of a sine is half its square.
    assert!((x[3] - 0.505 / 2f64.sqrt()).abs() < 0.005, "{}", x[3]);
    // The mean of |sin| is 2 / pi.
    let other: f64 = table(&done, "excitations-segments.csv")[3][2].parse().unwrap();
    assert!((other - 0.505 * std::f64::consts::FRAC_2_PI).abs() < 0.005, "{other}");
    assert_eq!((numbers.loudness_mean_abs.segments, table(&done, "excitations-mean-abs.csv").len()), (72, 9));
    let mean = x.iter().sum::<f64>() / 72.0;
    let slope = |channel: usize| {
        let y = |segment: usize| f64::from(values[segment * channels + channel]);
        let y_mean = (0..72).map(y).sum::<f64>() / 72.0;
        let covariance = (0..72).map(|i| (x[i] - mean) * (y(i) - y_mean)).sum::<f64>();
        covariance / x.iter().map(|x| (x - mean).powi(2)).sum::<f64>()
    };
    let rows = table(&done, "excitations-loudness.csv");
    for channel in 0..8 {
        let stored: f64 = rows[channel][1].parse().unwrap();
        assert!((stored - slope(channel)).abs() < 1e-6, "channel {channel}: {stored} for {}", slope(channel));
    }
    assert_eq!(numbers.loudness.rising.value, (0..8).filter(|&channel| slope(channel) > 0.0).count() as f64);
    // The spread, from the stored means of the tags.
    let rows = table(&done, "excitations-tags.csv");
    for block in &numbers.blocks {
        let means = |channel: usize| -> Vec<f64> {
            let own = rows.iter().filter(|row| row[0] == block.block.to_string() && row[2] == channel.to_string());
            own.map(|row| row[3].parse().unwrap()).collect()
        };
        let deviation = |channel: usize| {
            let means = means(channel);
            let mean = means.iter().sum::<f64>() / means.len() as f64;
            (means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / means.len() as f64).sqrt()
        };
        let spread = (0..block.channels).map(deviation).sum::<f64>() / block.channels as f64;
        assert!((block.spread.value - spread).abs() < 1e-9);
    }
}

#[test]
fn the_means_of_a_timeline_are_the_scores_of_tag() {
    let folder = folder();
    let file = folder.path().join("5.wav");
    let (done, numbers, names) =
        run(&VisualizeOptions { file: Some(file.clone()), ..options(folder.path(), VisualizeKind::Timeline) });
    assert_eq!(names, ["timeline-tags"]);
    let FigureNumbers::Timeline(numbers) = numbers else { panic!("{numbers:?}") };
    assert_eq!((numbers.file.clone(), numbers.starts.len(), numbers.tags.len()), (file.clone(), 3, 3));
    assert!((numbers.starts[1] - 2187.0 / 8000.0).abs() < 1e-12);
    let options = tagger::TagOptions {
        paths: vec![file],
        model: folder.path().join("model.safetensors"),
        all: true,
        ..tagger::TagOptions::default()
    };
    let tagger = tagger::Tagger::start(options, std::sync::Arc::new(|_| {})).unwrap();
    let Some(tagger::Record::Result(tagged)) = tagger.next().unwrap() else { panic!("no result") };
    let rows = table(&done, "timeline-scores.csv");
    for (index, tag) in TAGS.iter().enumerate() {
        let mean = rows.iter().map(|row| row[index + 1].parse::<f64>().unwrap()).sum::<f64>() / 3.0;
        let score = tagged.tags.iter().find(|score| score.tag == *tag).unwrap().score;
        assert!((mean - f64::from(score)).abs() < 1e-6, "{tag}: {mean} for {score}");
    }
}

#[test]
fn options_of_another_analysis_and_foreign_files_are_refused() {
    let folder = folder();
    let refused = |options: &VisualizeOptions| {
        let failure = visualize(options, &mut |_| {}, &AtomicBool::new(false)).unwrap_err();
        (failure.code, failure.message)
    };
    let filters = options(folder.path(), VisualizeKind::Filters);
    let (code, message) = refused(&VisualizeOptions { levels: Some(vec![-1]), ..filters.clone() });
    assert!(code == Code::InvalidOption && message.contains("levels is an option of tsne, not of filters"));
    let (_, message) = refused(&options(folder.path(), VisualizeKind::Tsne));
    assert!(message.contains("dataset is missing"), "{message}");
    let (_, message) = refused(&options(folder.path(), VisualizeKind::Timeline));
    assert!(message.contains("file is missing"), "{message}");
    let unknown = Some(vec!["low".to_owned(), "opera".to_owned()]);
    let (code, message) =
        refused(&VisualizeOptions { tags: unknown, ..with_clips(folder.path(), VisualizeKind::Tsne) });
    assert!(code == Code::InvalidOption && message.contains("no tag \"opera\""), "{message}");
    let (_, message) =
        refused(&VisualizeOptions { levels: Some(vec![-9]), ..with_clips(folder.path(), VisualizeKind::Tsne) });
    assert!(message.contains("received -9"), "{message}");
    let (_, message) = refused(&with_clips(folder.path(), VisualizeKind::Tsne));
    assert!(message.contains("no clips with piano and techno") && message.contains("high (12 clips)"), "{message}");

    let plain: Architecture = Architecture::preset("3^5@8000").unwrap();
    let model = engine::untrained(plain, vec!["low".into()], Task::MultiLabel, Initialisation::He, 3).unwrap();
    model.save(folder.path().join("plain.safetensors")).unwrap();
    let plain: PathBuf = folder.path().join("plain.safetensors");
    let (code, message) =
        refused(&VisualizeOptions { model: plain, ..with_clips(folder.path(), VisualizeKind::Excitations) });
    assert!(code == Code::InvalidOption && message.contains("no excitations"), "{message}");

    let mine = folder.path().join("mine");
    std::fs::create_dir(&mine).unwrap();
    std::fs::write(mine.join("filters-spectra.svg"), "mine").unwrap();
    let (code, message) = refused(&VisualizeOptions { out: mine.clone(), ..filters });
    assert!(code == Code::Output && message.contains("filters-spectra.svg"), "{message}");
    assert_eq!(std::fs::read_to_string(mine.join("filters-spectra.svg")).unwrap(), "mine");
}
