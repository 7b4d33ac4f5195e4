//! Files that are no models, or that ask for more than they hold.

use error::Code;
use net::Model;
use safetensors::tensor::{Dtype, TensorView};

use crate::{forged, model, refused};

#[test]
fn what_is_no_model_says_so_and_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let whole = model().to_bytes().unwrap();
    let foreign =
        safetensors::serialize([("w", TensorView::new(Dtype::F32, vec![1], &[0; 4]).unwrap())], None).unwrap();
    let mut lying = whole.clone();
    lying[..8].copy_from_slice(&(u64::MAX).to_le_bytes());
    let mut long = whole.clone();
    long[..8].copy_from_slice(&(9_000_000u64).to_le_bytes());
    for (name, bytes, part) in [
        ("empty", &b""[..], "is not a model"),
        ("text", b"hello, this is a text file", "is not a model"),
        ("zip", b"PK\x03\x04 and so on and on", "looks like a PyTorch checkpoint: `samplecnn import`"),
        ("pointer", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n", "`git lfs pull`"),
        ("hdf5", b"\x89HDF\r\n\x1a\n", "looks like a Keras checkpoint"),
        ("short", &whole[..40], "is cut short"),
        ("cut", &whole[..whole.len() - 5], "is cut short"),
        ("surplus", &[&whole[..], b"x"].concat(), "too long"),
        ("lying", &lying, "is not a model"),
        ("long", &long, "is cut short"),
        ("foreign", &foreign, "samplecnn import"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let failure = Model::load(&path).unwrap_err();
        assert_eq!(failure.code, Code::ModelFormat, "{failure}");
        assert!(failure.message.starts_with(&path.display().to_string()), "{failure}");
        assert!(failure.message.contains(part), "{failure}");
        assert_eq!(failure.file.as_deref(), Some(&*path));
    }
    assert_eq!(Model::load(folder.path().join("none")).unwrap_err().code, Code::FileNotFound);
    assert_eq!(Model::load(folder.path()).unwrap_err().code, Code::ModelFormat);
}

#[test]
fn a_small_file_cannot_ask_for_a_large_network() {
    for (field, value) in [("inputLength", serde_json::json!(1 << 26)), ("blocks", serde_json::json!([]))] {
        refused(&forged(|facts, _| facts["architecture"][field] = value), Code::ModelFormat, field);
    }
    let wide = forged(|facts, _| facts["architecture"]["head"]["channels"] = 65_536.into());
    refused(&wide, Code::ModelFormat, "head.conv.weight has shape [4, 4, 1], expected [65536, 4, 1]");
    let many: Vec<String> = (0..65_536).map(|index| index.to_string()).collect();
    let wide = forged(|facts, _| {
        facts["architecture"]["head"]["channels"] = 65_536.into();
        facts["tags"] = serde_json::json!(many);
    });
    refused(&wide, Code::ModelFormat, "parameters; at most 268435456 are possible");
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_refused_without_waiting_for_it() {
    let failure = Model::load("/dev/zero").unwrap_err();
    assert!(failure.code == Code::ModelFormat && failure.message.contains("not a regular file"), "{failure}");
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(Model::load(&pipe).unwrap_err().message.contains("not a regular file"));
}

#[test]
fn a_huge_sparse_file_is_refused_without_reading_it() {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(1 << 40).unwrap();
    assert_eq!(Model::load(file.path()).unwrap_err().code, Code::ModelFormat);
}
