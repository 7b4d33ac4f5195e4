//! The pipeline with the real engine: scores are the mean over segments, whatever other jobs run at the same time.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod wav;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use audio::SegmentPolicy;
use engine::{initialise, Inference, Initialisation, Precision};
use error::Code;
use net::{Architecture, Calibration, Card, CardOutput, Layout, Model, PlattLine, Task, TensorRole};
use tagger::{Event, Record, TagOptions, Tagged, Tagger};

/// Writes an untrained model whose statistics make its scores depend on the input.
fn model(folder: &Path, task: Task) -> (Model, PathBuf) {
    of(Architecture::parse("3^5@8000").unwrap(), folder, task)
}

fn of(architecture: Architecture, folder: &Path, task: Task) -> (Model, PathBuf) {
    let mut parameters = initialise(&architecture, 6, Initialisation::He, 3).unwrap();
    for spec in &Layout::new(&architecture, 6).tensors {
        match spec.role {
            TensorRole::MelMean => parameters.tensor_mut(spec).fill(0.4),
            TensorRole::MelDeviation => parameters.tensor_mut(spec).fill(0.7),
            _ => {}
        }
    }
    let tags = ["a", "b", "c", "d", "e", "f"].map(String::from).to_vec();
    let model = Model::new(architecture, tags, task, parameters);
    let path = folder.join("model.safetensors");
    model.save(&path).unwrap();
    (model, path)
}

fn tag(options: TagOptions) -> Vec<Tagged> {
    let tagger = Tagger::start(options, Arc::new(|_| {})).unwrap();
    let records = std::iter::from_fn(|| tagger.next().unwrap());
    records
        .map(|record| match record {
            Record::Result(result) => result,
            other => panic!("{other:?}"),
        })
        .collect()
}

/// Mean scores of a file, computed one segment at a time.
fn expected(model: &Model, path: &Path, policy: SegmentPolicy) -> Vec<f32> {
    let architecture = &model.architecture;
    let mut network = Inference::new(architecture, 6, &model.parameters, 1, &engine::Options::default()).unwrap();
    let (mut sums, mut count) = (vec![0.0; 6], 0.0);
    let mut segments: Vec<Vec<f32>> = Vec::new();
    let (rate, length) = (architecture.sampling_rate, architecture.input_length);
    audio::read_segments(path, rate, length, policy, &mut segments).unwrap();
    for segment in &segments {
        let logits: Vec<f64> = network.logits(segment).unwrap().iter().map(|&x| f64::from(x)).collect();
        let total: f64 = logits.iter().map(|x| x.exp()).sum();
        for (sum, x) in sums.iter_mut().zip(&logits) {
            *sum += match model.task {
                Task::MultiLabel => 1.0 / (1.0 + (-x).exp()),
                Task::SingleLabel => x.exp() / total,
            };
        }
        count += 1.0;
    }
    sums.iter().map(|sum| (sum / count) as f32).collect()
}

fn scores(result: &Tagged) -> Vec<f32> {
    result.tags.iter().map(|tag| tag.score).collect()
}

/// Files of different lengths.
fn music(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for (number, seconds) in [0.12, 3.0, 0.5, 9.0].into_iter().enumerate() {
        files.push(folder.join(format!("{number}.wav")));
        wav::sine(&files[number], 8000 + 2000 * number as u32, seconds, 200.0 + 150.0 * number as f64, 0.3);
    }
    files
}

#[test]
fn a_score_is_the_mean_over_segments_of_both_tasks() {
    for task in [Task::MultiLabel, Task::SingleLabel] {
        let folder = tempfile::tempdir().unwrap();
        let (model, path) = model(folder.path(), task);
        let paths = music(folder.path());
        for segments in [SegmentPolicy::All, SegmentPolicy::Spread(4)] {
            let options =
                TagOptions { paths: paths.clone(), model: path.clone(), all: true, segments, ..TagOptions::default() };
            let results = tag(options);
            assert_eq!(results.len(), paths.len());
            for (result, path) in results.iter().zip(&paths) {
                let expected = expected(&model, path, segments);
                for (score, expected) in scores(result).iter().zip(&expected) {
                    assert!((score - expected).abs() < 1e-6, "{}: {score} {expected}", path.display());
                }
            }
        }
    }
}

#[test]
fn a_mel_model_needs_only_audio() {
    let folder = tempfile::tempdir().unwrap();
    // 27 frames of 40 bands.
    let block = r#"{"kind": "basic", "kernel": 3, "pool": 3, "channels": 16}"#;
    let head = r#"{"kind": "conv", "channels": 16}"#;
    let architecture = Architecture::from_json(&format!(
        r#"{{"samplingRate": 8000, "inputLength": 2187, "stem": {{"kind": "mel", "kernel": 243, "stride": 81,
            "channels": 40, "fft": 729}}, "blocks": [{block}, {block}, {block}], "head": {head}}}"#
    ))
    .unwrap();
    let (model, path) = of(architecture, folder.path(), Task::MultiLabel);
    let paths = music(folder.path());
    let results = tag(TagOptions { paths: paths.clone(), model: path, all: true, ..TagOptions::default() });
    assert_eq!(results.len(), paths.len());
    for (result, path) in results.iter().zip(&paths) {
        let scores = scores(result);
        for (score, expected) in scores.iter().zip(expected(&model, path, SegmentPolicy::All)) {
            assert!((score - expected).abs() < 1e-6, "{}: {score} {expected}", path.display());
        }
    }
    // The scores depend on the audio: a sine of another pitch has other scores.
    assert!(scores(&results[1]).iter().zip(scores(&results[3])).any(|(a, b)| (a - b).abs() > 1e-3));
}

#[test]
fn scores_do_not_depend_on_batches_threads_or_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let (_, model) = model(folder.path(), Task::MultiLabel);
    let paths = music(folder.path());
    for precision in [Precision::F32, Precision::Fixed14, Precision::Int8] {
        let run = |batch_size, threads, jobs| {
            let base = TagOptions { paths: paths.clone(), model: model.clone(), all: true, ..TagOptions::default() };
            let options = TagOptions { batch_size, threads, jobs, precision, ..base };
            tag(options).iter().map(scores).collect::<Vec<_>>()
        };
        let first = run(16, 2, 2);
        for other in [run(1, 1, 1), run(7, 2, 3), run(32, 1, 2)] {
            assert_eq!(other, first, "{precision}");
        }
    }
}

#[test]
fn the_start_names_model_and_network() {
    let folder = tempfile::tempdir().unwrap();
    let (_, model) = model(folder.path(), Task::MultiLabel);
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = events.clone();
    let options = TagOptions { model: model.clone(), device: "cpu".into(), ..TagOptions::default() };
    let tagger = Tagger::start(options, Arc::new(move |event| sink.lock().unwrap().push(event))).unwrap();
    assert!(tagger.next().unwrap().is_none());
    let events = events.lock().unwrap();
    let Event::Start(start) = &events[0] else { panic!("{events:?}") };
    assert_eq!(start.model, Some(model.display().to_string()));
    assert_eq!((start.sampling_rate, start.tags, start.device.as_str()), (8000, 6, "cpu"));
    let sum = std::process::Command::new("sha256sum").arg(&model).output().unwrap();
    assert!(String::from_utf8(sum.stdout).unwrap().starts_with(&start.model_hash));
}

#[test]
fn a_job_that_cannot_begin_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let (_, model) = model(folder.path(), Task::MultiLabel);
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "not a model").unwrap();
    let base = TagOptions { model: model.clone(), ..TagOptions::default() };
    let missing = |name: &str| folder.path().join(name);
    for (options, code) in [
        (TagOptions { model: missing("none"), ..base.clone() }, Code::FileNotFound),
        (TagOptions { model: text, ..base.clone() }, Code::ModelFormat),
        (TagOptions { device: "gpu".into(), ..base.clone() }, Code::InvalidOption),
        (TagOptions { files_from: Some(missing("none.txt")), ..base.clone() }, Code::FileNotFound),
        (TagOptions { out: Some(missing("no/out.csv")), ..base.clone() }, Code::Output),
        (TagOptions { all: true, top: Some(3), ..base }, Code::InvalidOption),
    ] {
        let error = Tagger::start(options, Arc::new(|_| {})).err().unwrap();
        assert_eq!(error.code, code, "{}", error.message);
    }
}

#[test]
fn a_timeline_has_the_scores_of_the_selected_tags_in_every_segment() {
    let folder = tempfile::tempdir().unwrap();
    let (model, path) = model(folder.path(), Task::MultiLabel);
    let files = music(folder.path());
    let options =
        TagOptions { paths: files.clone(), model: path, threads: 1, device: "cpu".into(), ..TagOptions::default() };
    let plain = tag(TagOptions { top: Some(2), ..options.clone() });
    let timed = tag(TagOptions { top: Some(2), timeline: true, ..options });
    let seconds = model.architecture.input_length as f64 / f64::from(model.architecture.sampling_rate);
    for (plain, timed) in plain.iter().zip(&timed) {
        assert_eq!((&plain.tags, &plain.timeline), (&timed.tags, &None));
        let timeline = timed.timeline.as_ref().unwrap();
        assert_eq!((timeline.starts.len(), timeline.scores.len()), (timed.clip.segments, timed.clip.segments));
        assert_eq!(timeline.segment_seconds, seconds);
        for (index, start) in timeline.starts.iter().enumerate() {
            assert!((start - index as f64 * seconds).abs() < 1e-9);
        }
        for (index, tag) in timed.tags.iter().enumerate() {
            let sum: f64 = timeline.scores.iter().map(|scores| f64::from(scores[index])).sum();
            let mean = sum / timeline.scores.len() as f64;
            assert!((mean - f64::from(tag.score)).abs() < 1e-6, "{mean} {}", tag.score);
        }
    }
}

#[test]
fn calibrated_scores_are_asked_for_and_need_a_calibration() {
    let folder = tempfile::tempdir().unwrap();
    let (model, path) = model(folder.path(), Task::MultiLabel);
    let options = TagOptions {
        paths: music(folder.path()),
        model: path,
        threads: 1,
        device: "cpu".into(),
        all: true,
        ..TagOptions::default()
    };
    let refused = Tagger::start(TagOptions { calibrated: true, ..options.clone() }, Arc::new(|_| {})).err().unwrap();
    assert!(refused.code == Code::InvalidOption && refused.message.contains("no calibration"), "{refused}");
    let line = PlattLine { scale: 0.5, offset: 1.0 };
    let calibration = Some(Calibration::Platt { tags: vec![Some(line); 6] });
    let path = folder.path().join("calibrated.safetensors");
    Model { calibration, ..model }.save(&path).unwrap();
    let scores = |calibrated: bool| -> Vec<f32> {
        let records = tag(TagOptions { model: path.clone(), calibrated, ..options.clone() });
        records.iter().flat_map(|record| record.tags.iter().map(|tag| tag.score)).collect()
    };
    let expected: Vec<f32> = scores(false).into_iter().map(|score| line.apply(score)).collect();
    assert_eq!(scores(true), expected);
}

#[test]
fn a_model_with_an_output_rule_names_the_tags_above_their_thresholds_or_abstains() {
    let folder = tempfile::tempdir().unwrap();
    let (model, plain) = model(folder.path(), Task::MultiLabel);
    let job = |model: &Path| TagOptions {
        paths: music(folder.path()),
        model: model.into(),
        threads: 1,
        device: "cpu".into(),
        ..TagOptions::default()
    };
    let path = folder.path().join("released.safetensors");
    let line = PlattLine { scale: 0.5, offset: 1.0 };
    let write = |thresholds: Vec<Option<f32>>| {
        let calibration = Some(Calibration::Platt { tags: vec![Some(line); 6] });
        let card = Some(Card { output: Some(CardOutput::Thresholds { top: 2 }), ..Card::default() });
        Model { thresholds: Some(thresholds), calibration, card, ..model.clone() }.save(&path).unwrap();
    };
    let named = |record: &Tagged| record.tags.iter().map(|tag| tag.tag.clone()).collect::<Vec<_>>();
    let all = tag(TagOptions { all: true, ..job(&plain) });

    // Between the second and the third of the first file.
    let mut scores: Vec<f32> = all[0].tags.iter().map(|tag| tag.score).collect();
    scores.sort_by(|a, b| b.total_cmp(a));
    let middle = scores[1].midpoint(scores[2]);
    write(vec![Some(middle); 6]);
    let best = tag(TagOptions { top: Some(2), ..job(&plain) });
    let records = tag(job(&path));
    assert_eq!((named(&records[0]), records[0].abstained), (named(&best[0]), false));
    for (record, all) in records.iter().zip(&all) {
        let above = all.tags.iter().filter(|tag| tag.score > middle).count();
        assert_eq!((record.tags.len(), record.abstained), (above.min(2), above == 0));
    }
    let calibrated = tag(TagOptions { calibrated: true, ..job(&path) });
    for (record, calibrated) in records.iter().zip(&calibrated) {
        assert_eq!(named(record), named(calibrated), "a calibration changes scores and no decisions");
        assert_ne!(record.tags, calibrated.tags);
    }

    write(vec![Some(1.0), None, None, None, None, None]);
    for record in tag(TagOptions { timeline: true, ..job(&path) }) {
        assert!(record.tags.is_empty() && record.abstained);
        let timeline = record.timeline.unwrap();
        assert_eq!(timeline.scores, vec![Vec::<f32>::new(); record.clip.segments]);
    }
    for chosen in [
        TagOptions { top: Some(1), ..job(&path) },
        TagOptions { threshold: Some(0.0), ..job(&path) },
        TagOptions { all: true, ..job(&path) },
    ] {
        assert!(tag(chosen).iter().all(|record| !record.tags.is_empty() && !record.abstained));
    }

    let unruled = folder.path().join("unruled.safetensors");
    Model { thresholds: Some(vec![Some(1.0); 6]), ..model.clone() }.save(&unruled).unwrap();
    assert!(tag(job(&unruled)).iter().all(|record| record.tags.len() == 5 && !record.abstained));
}
