//! Datasets from lists and folders.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Test helpers: clippy exempts only test functions.

mod esc50;
mod fma;
mod folders;
mod gtzan;
mod jamendo;
mod manifest;
mod msd;
mod mtat;
mod selection;
#[path = "../shared/mod.rs"]
mod shared;
mod soft_targets;
mod split;
mod tags;
mod tagtraum;

use std::fs;
use std::path::Path;

use error::Code;
use train::dataset::{Dataset, DatasetOptions, Part};

/// A list called `name` in `folder`.
fn manifest(folder: &Path, name: &str, text: impl AsRef<[u8]>) -> DatasetOptions {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    DatasetOptions::manifest(path)
}

/// The message of the error for `options`.
fn failure(options: &DatasetOptions) -> String {
    let failure = Dataset::load(options, None, 0).unwrap_err();
    assert_eq!(failure.code, Code::Dataset, "{failure}");
    assert!(failure.message.contains(&options.location().display().to_string()), "{failure}");
    failure.message
}

/// Creates empty files, and folders as needed.
fn touch(folder: &Path, names: &[&str]) {
    for name in names {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"").unwrap();
    }
}

/// A NumPy array of this type and shape.
fn npy(descr: &str, shape: &str, data: impl IntoIterator<Item = u8>) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(data);
    bytes
}

/// The number of clips in train, valid and test.
fn counts(dataset: &Dataset) -> [usize; 3] {
    Part::ALL.map(|part| dataset.part(part).count())
}

/// The codes of the warnings.
fn codes(dataset: &Dataset) -> Vec<&'static str> {
    dataset.warnings.iter().map(|warning| warning.code.as_str()).collect()
}

#[test]
fn the_options_are_read_from_json_and_refuse_strangers() {
    let read = serde_json::from_str::<DatasetOptions>;
    assert_eq!(
        read(r#"{"kind":"mtat","root":"x"}"#).unwrap(),
        DatasetOptions::Mtat { root: "x".into(), split: None, lists: None }
    );
    for text in [
        r#"{"kind":"mtat","root":"x","path":"y"}"#,
        r#"{"kind":"mtat","root":"x","split":"k"}"#,
        r#"{"kind":"folders","root":"x","split":"kaist"}"#,
        r#"{"kind":"magna","root":"x"}"#,
    ] {
        assert!(read(text).is_err(), "{text}");
    }
    for text in [
        r#"{"kind":"mtat","root":"x","split":"tae-jun","lists":"l"}"#,
        r#"{"kind":"gtzan","root":"x","split":"all"}"#,
        r#"{"kind":"jamendo","root":"x","lists":"l","split":3,"subset":"genre"}"#,
        r#"{"kind":"fma","root":"x","subset":"large"}"#,
        r#"{"kind":"esc50","root":"x","subset":"esc10","fold":2}"#,
        r#"{"kind":"tagtraum","root":"x"}"#,
        r#"{"kind":"msd","root":"x","tagList":"t","topTags":5,"minPositives":2,"mergeTags":["a = b"],"mergeFile":"f"}"#,
        r#"{"kind":"manifest","path":"x","group":"artist"}"#,
    ] {
        assert_eq!(serde_json::to_string(&read(text).unwrap()).unwrap(), text);
    }
    for text in [r#"{"kind":"mtat","root":"x","topTags":-1}"#, r#"{"kind":"jamendo","root":"x","split":"0"}"#] {
        assert!(read(text).is_err(), "{text}");
    }
    let old = DatasetOptions::Mtat { root: "x".into(), split: None, lists: None };
    assert_eq!(serde_json::to_string(&old).unwrap(), r#"{"kind":"mtat","root":"x"}"#, "as in runs of 0.1.0");
}
