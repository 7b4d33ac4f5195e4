//! Manifests whose tags have weights.

use net::Task;
use train::dataset::{Dataset, DatasetOptions, Selection, SoftTargets};
use train::run::write_npy;

use super::{codes, failure, manifest};

fn load(options: &DatasetOptions, task: Task) -> Dataset {
    Dataset::load(options, Some(task), 0).unwrap()
}

#[test]
fn weights_of_a_clip_follow_the_order_of_all_tags() {
    let folder = tempfile::tempdir().unwrap();
    let text = "{\"path\":\"a.wav\",\"tags\":{\"slow\":0.75,\"loud\":0.25},\"split\":\"train\"}\n\
                {\"path\":\"b.wav\",\"tags\":[\"warm\"],\"split\":\"valid\"}\n\
                {\"path\":\"c.wav\",\"tags\":{\"warm\":0.5,\"loud\":1},\"split\":\"test\"}\n";
    let options = manifest(folder.path(), "m.jsonl", text);
    let dataset = load(&options, Task::MultiLabel);
    assert_eq!(dataset.tags, ["loud", "slow", "warm"]);
    let soft: Vec<Option<&[f32]>> =
        dataset.clips.iter().map(|clip| clip.soft.as_ref().map(|soft| soft.values.as_slice())).collect();
    assert_eq!(soft, [Some(&[0.25, 0.75, 0.0][..]), None, Some(&[1.0, 0.0, 0.5])]);
    let tags: Vec<&[u32]> = dataset.clips.iter().map(|clip| clip.tags.as_slice()).collect();
    assert_eq!(tags, [&[1][..], &[2], &[0, 2]], "from a half on");
    assert!(codes(&dataset).is_empty(), "{:?}", dataset.warnings);
    let DatasetOptions::Manifest { path, .. } = options else { panic!() };
    let strict = DatasetOptions::Manifest { path, positive_from: Some(0.8) };
    let tags: Vec<Vec<u32>> = load(&strict, Task::MultiLabel).clips.into_iter().map(|clip| clip.tags).collect();
    assert_eq!(tags, [vec![], vec![2], vec![0]], "from 0.8 on");
}

#[test]
fn weights_of_merged_tags_are_the_largest_and_tags_are_selected_by_the_limit_of_the_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let text = "{\"path\":\"a.wav\",\"tags\":{\"slow\":0.75,\"loud\":0.25,\"noisy\":0.625},\"split\":\"train\"}\n\
                {\"path\":\"b.wav\",\"tags\":{\"slow\":0.5,\"loud\":0.875},\"split\":\"valid\"}\n";
    let DatasetOptions::Manifest { path, .. } = manifest(folder.path(), "m.jsonl", text) else { panic!() };
    let selected = |positive_from: f64| {
        let selection =
            Selection { merge_tags: vec!["loud = noisy".to_owned()], min_positives: Some(2), ..Selection::default() };
        let options = DatasetOptions::Manifest { path: path.clone(), positive_from: Some(positive_from) };
        let dataset = load(&options.selected(selection), Task::MultiLabel);
        let soft = dataset.clips.iter().map(|clip| clip.soft.as_ref().unwrap().values.clone());
        (dataset.tags.clone(), soft.collect::<Vec<_>>())
    };
    let both = vec!["loud".to_owned(), "slow".to_owned()];
    assert_eq!(selected(0.5), (both, vec![vec![0.625, 0.75], vec![0.875, 0.5]]));
    assert_eq!(selected(0.6), (vec!["loud".to_owned()], vec![vec![0.625], vec![0.875]]));
}

#[test]
fn an_array_has_a_row_for_each_segment_and_its_columns_are_named() {
    let folder = tempfile::tempdir().unwrap();
    write_npy(&folder.path().join("a.npy"), 2, &[1.0, 0.0, 0.5, 0.25, 0.75, 0.5]).unwrap();
    let text = "{\"path\":\"a.wav\",\"tags\":[\"z\",\"b\"],\"targets\":\"a.npy\",\"split\":\"train\"}\n\
                {\"path\":\"b.wav\",\"tags\":[\"m\"],\"split\":\"train\"}\n";
    let dataset = load(&manifest(folder.path(), "m.jsonl", text), Task::MultiLabel);
    assert_eq!(dataset.tags, ["b", "m", "z"]);
    let soft = dataset.clips[0].soft.as_ref().unwrap();
    assert_eq!(soft.values, [0.0, 0.0, 1.0, 0.25, 0.0, 0.5, 0.5, 0.0, 0.75]);
    assert_eq!((soft.rows(3), soft.file.as_deref()), (3, Some(folder.path().join("a.npy").as_path())));
    assert_eq!(dataset.clips[0].tags, [2], "the mean of z is 0.75, that of b 0.25");
    assert!(codes(&dataset).is_empty(), "the key targets is known");
}

#[test]
fn single_label_weights_are_distributions() {
    let folder = tempfile::tempdir().unwrap();
    let text = "{\"path\":\"a.wav\",\"tags\":{\"x\":0.3,\"y\":0.301,\"z\":0.4},\"split\":\"train\"}\n\
                {\"path\":\"b.wav\",\"tags\":[\"y\"],\"split\":\"train\"}\n";
    let dataset = load(&manifest(folder.path(), "m.jsonl", text), Task::SingleLabel);
    let SoftTargets { values, .. } = dataset.clips[0].soft.as_ref().unwrap();
    let sum: f64 = values.iter().map(|&value| f64::from(value)).sum();
    assert!(
        (sum - 1.0).abs() < 1e-6 && (values[0] - 0.3 / 1.001).abs() < 1e-6,
        "rounded scores are scaled: {values:?}"
    );
    assert_eq!((&dataset.clips[0].tags[..], &dataset.clips[1].tags[..]), (&[2][..], &[1][..]));
    let off = manifest(folder.path(), "off.jsonl", "{\"path\":\"a.wav\",\"tags\":{\"x\":0.3,\"y\":0.3}}\n");
    let message = Dataset::load(&off, Some(Task::SingleLabel), 0).unwrap_err().message;
    assert!(message.contains("line 1") && message.contains("add up to 1") && message.contains("0.6000"), "{message}");
}

#[test]
fn weights_that_cannot_be_are_refused_with_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write_npy(&path("two.npy"), 2, &[0.5; 4]).unwrap();
    write_npy(&path("none.npy"), 2, &[]).unwrap();
    write_npy(&path("wrong.npy"), 2, &[0.5, 0.5, f32::NAN, 0.5]).unwrap();
    let mut doubles = std::fs::read(path("two.npy")).unwrap();
    let at = doubles.windows(3).position(|bytes| bytes == b"<f4").unwrap();
    doubles[at + 2] = b'8';
    std::fs::write(path("double.npy"), doubles).unwrap();
    let good = "{\"path\":\"a.wav\",\"tags\":{\"x\":1}}\n";
    for (tags, why) in [
        (r#"{"x":1.5}"#, "\"x\" must be a number from 0 to 1, received 1.5"),
        (r#"{"x":-0.1}"#, "received -0.1"),
        (r#"{"x":"much"}"#, "expected a number from 0 to 1"),
        (r#"{}"#, "empty object"),
        (r#"{"x":0.5," x":0.5}"#, "\"x\" occurs twice"),
        (r#"{" ":0.5}"#, "needs a name"),
        (r#""x""#, "a list of tags, or an object of weights"),
        (r#"{"x":1},"targets":"two.npy""#, "must be a list of the names of the columns"),
        (r#"["x"],"targets":"two.npy""#, "has 2 columns, but \"tags\" names 1"),
        (r#"["x","x"],"targets":"two.npy""#, "occurs twice"),
        (r#"[],"targets":"two.npy""#, "must name the columns"),
        (r#"["x","y"],"targets":"none.npy""#, "has no rows"),
        (r#"["x","y"],"targets":"wrong.npy""#, "the weight of \"x\", row 1 must be a number from 0 to 1, received NaN"),
        (r#"["x","y"],"targets":"double.npy""#, "not a two-dimensional float32 array"),
    ] {
        let text = format!("{good}{{\"path\":\"b.wav\",\"tags\":{tags}}}\n");
        let message = failure(&manifest(folder.path(), "m.jsonl", text));
        assert!(message.contains("line 2") && message.contains(why), "{tags}: {message}");
    }
    let text = "{\"path\":\"b.wav\",\"tags\":[\"x\"],\"targets\":\"missing.npy\"}\n";
    let missing = Dataset::load(&manifest(folder.path(), "m.jsonl", text), None, 0).unwrap_err();
    assert_eq!(missing.code, error::Code::FileNotFound);
    assert!(missing.message.contains("line 1") && missing.message.contains("missing.npy"), "{missing}");
}
