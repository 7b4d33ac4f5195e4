//! Damaged, lying and hostile checkpoints end in a coded error that says where.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write;
use std::path::{Path, PathBuf};

use error::{Code, Error};
use proptest::prelude::*;
use samplecnn_import::{convert, import, Checkpoint, Format, Options, Tags};

fn data(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(file)
}

fn read(bytes: Vec<u8>) -> Result<(), Error> {
    let checkpoint = Checkpoint::from_bytes(bytes)?;
    convert(&checkpoint, Path::new("x"), &Options::default()).map(|_| ())
}

fn refused(bytes: Vec<u8>, code: Code, part: &str) {
    let failure = read(bytes).expect_err(part);
    assert_eq!(failure.code, code, "{failure}");
    assert!(failure.message.contains(part), "expected \"{part}\" in: {failure}");
}

/// A PyTorch archive of one pickle and its storages.
fn archive(pickle: &[u8], storages: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("a/data.pkl", stored).unwrap();
    zip.write_all(pickle).unwrap();
    for (key, bytes) in storages {
        zip.start_file(format!("a/data/{key}"), stored).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A pickled number, at least 0.
fn number(value: i64) -> Vec<u8> {
    [&[0x8a, 8][..], &value.to_le_bytes()].concat()
}

fn text(value: &str) -> Vec<u8> {
    [&[b'X'][..], &(value.len() as u32).to_le_bytes(), value.as_bytes()].concat()
}

fn tuple(items: &[Vec<u8>]) -> Vec<u8> {
    [&b"("[..], &items.concat(), b"t"].concat()
}

/// A float tensor: name, storage key, values that the pickle claims, offset, shape, strides.
type Claim<'a> = (&'a str, &'a str, i64, i64, &'a [i64], &'a [i64]);

fn state_dict(tensors: &[Claim<'_>]) -> Vec<u8> {
    let mut pickle = b"\x80\x02}(".to_vec();
    for (name, key, count, offset, shape, strides) in tensors {
        let numbers = |list: &[i64]| tuple(&list.iter().map(|&value| number(value)).collect::<Vec<_>>());
        let id = tuple(&[text("storage"), b"ctorch\nFloatStorage\n".to_vec(), text(key), text("cpu"), number(*count)]);
        let storage = [&id[..], b"Q"].concat();
        let arguments =
            tuple(&[storage, number(*offset), numbers(shape), numbers(strides), b"\x89".to_vec(), b"}".to_vec()]);
        pickle.extend([&text(name)[..], b"ctorch._utils\n_rebuild_tensor_v2\n", &arguments, b"R"].concat());
    }
    pickle.extend(b"u.");
    pickle
}

#[test]
fn a_pickle_that_asks_for_a_function_is_refused_before_anything_runs() {
    let call = |module: &str, name: &str| {
        [b"\x80\x02c", module.as_bytes(), b"\n", name.as_bytes(), b"\nX\x04\x00\x00\x00true\x85R."].concat()
    };
    for (module, name) in [
        ("os", "system"),
        ("posix", "system"),
        ("builtins", "eval"),
        ("__builtin__", "getattr"),
        ("builtins", "__import__"),
        ("subprocess", "Popen"),
        ("torch", "os.system"),
        ("model", "SampleCNN"),
        ("operator", "attrgetter"),
    ] {
        refused(
            archive(&call(module, name), &[]),
            Code::ModelFormat,
            &format!("offset 2: it asks for \"{module}.{name}\""),
        );
    }
    // By the stack, in the legacy stream, and as a value of an otherwise good dict.
    let by_stack = [&b"\x80\x04"[..], &text("os"), &text("system"), b"\x93X\x04\x00\x00\x00true\x85R."].concat();
    refused(archive(&by_stack, &[]), Code::ModelFormat, "asks for \"os.system\"");
    let real = std::fs::read(data("minzwon.pth")).unwrap();
    let legacy = [&real[..15], &call("os", "system")].concat();
    refused(legacy, Code::ModelFormat, "offset 17: it asks for \"os.system\"");
    let beside = [&b"\x80\x02}("[..], &text("x"), &call("os", "system")[2..]].concat();
    refused(archive(&beside, &[]), Code::ModelFormat, "asks for \"os.system\"");
}

#[test]
fn a_whole_module_is_no_checkpoint_of_weights() {
    let module = b"\x80\x02ctorch.nn.modules.container\nSequential\n)\x81}b.";
    refused(archive(module, &[]), Code::ModelFormat, "save the state_dict()");
    refused(archive(b"\x80\x02]. ", &[]), Code::ModelFormat, "save the state_dict()");
    refused(archive(b"\x80\x02}.", &[]), Code::ModelFormat, "holds no tensors");
}

#[test]
fn what_stands_beside_the_weights_is_passed_over() {
    let weights = state_dict(&[("w", "0", 4, 0, &[4], &[1])]);
    let pickle = [
        &b"\x80\x02}("[..],
        // A class as a dict's key, as Lightning keeps its callbacks, and an object with a state.
        &text("callbacks"),
        b"}cpytorch_lightning.callbacks.model_checkpoint\nModelCheckpoint\n}s",
        &text("hyper_parameters"),
        b"cargparse\nNamespace\n)\x81}",
        &text("seed"),
        b"K\x07sb",
        &text("state_dict"),
        &weights[2..weights.len() - 1],
        b"u.",
    ]
    .concat();
    let checkpoint = Checkpoint::from_bytes(archive(&pickle, &[("0", vec![0; 16])])).unwrap();
    assert_eq!(checkpoint.shapes.keys().collect::<Vec<_>>(), ["w"]);
}

#[test]
fn pickles_that_make_no_sense_say_where() {
    for (pickle, part) in [
        (&b""[..], "offset 0: it is cut short"),
        (b"\x80\x09N.", "protocol 9"),
        (b"\x80\x02.", "its stack is empty"),
        (b"\x80\x02\xff", "0xff is no pickle opcode"),
        (b"\x80\x02h\x07.", "a memo that it never wrote"),
        (b"\x80\x02t.", "no mark"),
        (b"\x80\x02NNa.", "no list"),
        (b"\x80\x02}N(NNu.", "no dict"),
        (b"\x80\x02}(Nu.", "a key without a value"),
        (b"\x80\x02X\xff\xff\xff\x7fabc.", "cut short"),
        (b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xffabc.", "cut short"),
        (b"\x80\x02NNR.", "no class"),
        (b"\x80\x02NQ.", "not that of a storage"),
        (b"(i__main__\nX\n.", "old-style"),
        (b"\x80\x02\x82\x01.", "extension"),
        (b"Iabc\n.", "number"),
    ] {
        refused(archive(pickle, &[]), Code::ModelFormat, part);
    }
    // Nesting costs no stack: a million tuples around nothing.
    let nested = [&b"\x80\x02N"[..], &vec![0x85; 1 << 20], b"."].concat();
    refused(archive(&nested, &[]), Code::ModelFormat, "instead of weights");
    // A dict that contains itself.
    refused(archive(b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s.", &[]), Code::ModelFormat, "holds no tensors");
}

#[test]
fn tensors_that_lie_about_their_storage_are_named() {
    let four = || vec![("0", vec![0u8; 16])];
    let one = |count: i64, offset: i64, shape: &[i64], strides: &[i64]| {
        archive(&state_dict(&[("conv1.0.weight", "0", count, offset, shape, strides)]), &four())
    };
    refused(
        one(5, 0, &[4], &[1]),
        Code::ModelFormat,
        "the storage of tensor conv1.0.weight has 16 bytes, its pickle says 5 values",
    );
    refused(one(i64::MAX, 0, &[4], &[1]), Code::ModelFormat, "conv1.0.weight");
    refused(one(4, -1, &[4], &[1]), Code::ModelFormat, "offset is negative");
    refused(one(4, 0, &[-4], &[1]), Code::ModelFormat, "whole numbers");
    refused(one(4, 0, &[1; 9], &[1; 9]), Code::ModelFormat, "up to 8");
    refused(one(4, 0, &[4, 1], &[1]), Code::ModelFormat, "more sizes than strides");
    let missing = archive(&state_dict(&[("conv1.0.weight", "7", 4, 0, &[4], &[1])]), &four());
    refused(missing, Code::ModelFormat, "a/data/7");
    // Outside, expanded, and larger than any memory, also behind a size of 0: refused before anything is allocated.
    for (offset, shape, strides) in [
        (1, &[4, 1, 1][..], &[1, 1, 1][..]),
        (0, &[4, 1, 2], &[1, 1, 0]),
        (0, &[1 << 40, 1, 1], &[0, 0, 0]),
        (0, &[1 << 40, 0, 1], &[0, 0, 0]),
        (1 << 40, &[4, 1, 1], &[1, 1, 1]),
    ] {
        let opened = Checkpoint::from_bytes(one(4, offset, shape, strides));
        let failure = opened.and_then(|checkpoint| checkpoint.values("conv1.0.weight")).unwrap_err();
        assert_eq!(failure.code, Code::ModelFormat);
        assert!(failure.message.contains("conv1.0.weight"), "{failure}");
    }
    // A transposed view is honest.
    let mut values = Vec::new();
    (0..4).for_each(|i| values.extend((i as f32).to_le_bytes()));
    let turned = archive(&state_dict(&[("w", "0", 4, 0, &[2, 2], &[1, 2])]), &[("0", values)]);
    assert_eq!(Checkpoint::from_bytes(turned).unwrap().values("w").unwrap(), [0.0, 2.0, 1.0, 3.0]);
}

#[test]
fn many_tensors_over_one_storage_cannot_multiply_it() {
    let names: Vec<String> = (0..200).map(|i| format!("t{i}")).collect();
    let tensors: Vec<_> = names.iter().map(|name| (&**name, "0", 65_536, 0, &[65_536][..], &[1][..])).collect();
    let checkpoint = Checkpoint::from_bytes(archive(&state_dict(&tensors), &[("0", vec![0; 4 * 65_536])])).unwrap();
    let failure = names.iter().find_map(|name| checkpoint.values(name).err()).unwrap();
    assert!(failure.message.contains("more than the file holds"), "{failure}");
}

#[test]
fn weights_that_are_no_numbers_are_named() {
    let file = std::fs::read(data("kyungyunlee.pth")).unwrap();
    let mut broken = file.clone();
    let end = broken.len() - 4;
    broken[end..].copy_from_slice(&f32::NAN.to_le_bytes());
    let failure = read(broken).unwrap_err();
    assert_eq!(failure.code, Code::ModelFormat);
    assert!(failure.message.contains("tensor ") && failure.message.contains("NaN"), "{failure}");
}

#[test]
fn what_does_not_fit_is_listed_tensor_by_tensor() {
    let shape = |name: &'static str, shape: &'static [i64]| (name, "0", 4096, 0, shape, &[1, 1, 1][..shape.len()]);
    let tensors = [
        shape("conv1.0.weight", &[4, 1, 3]),
        shape("conv1.0.bias", &[5]),
        shape("conv2.0.weight", &[4, 4, 3]),
        shape("conv3.0.weight", &[4, 4, 3]),
        shape("fc.weight", &[2, 4]),
        shape("surprise.weight", &[3]),
    ];
    let file = archive(&state_dict(&tensors), &[("0", vec![0; 4 * 4096])]);
    let failure = read(file).unwrap_err();
    assert_eq!(failure.code, Code::CheckpointMismatch);
    for part in [
        "tensor conv1.0.bias has shape [5], which does not fit stem.conv.bias [4]",
        "tensor conv1.1.weight is missing (for stem.norm.weight [4])",
        "tensor surprise.weight is left over",
    ] {
        assert!(failure.message.contains(part), "expected \"{part}\" in: {failure}");
    }
    let strange = archive(&state_dict(&[shape("encoder.lstm.weight", &[4])]), &[("0", vec![0; 4 * 4096])]);
    refused(strange, Code::CheckpointMismatch, "no known network has, such as encoder.lstm.weight");
}

#[test]
fn files_that_are_none_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let legacy = std::fs::read(data("minzwon.pth")).unwrap();
    let zip = std::fs::read(data("clmr.ckpt")).unwrap();
    let hdf5 = std::fs::read(data("dcase.hdf5")).unwrap();
    for (name, bytes, part) in [
        ("empty", &b""[..], "is no checkpoint that can be read"),
        ("text", b"import torch", "is no checkpoint that can be read"),
        ("zip", b"PK\x03\x04", "is not a whole zip archive"),
        ("cut.zip", &zip[..zip.len() - 100], "is not a whole zip archive"),
        ("cut.pth", &legacy[..legacy.len() - 7], "is cut short at offset"),
        ("long.pth", &[&legacy[..], b"x"].concat(), "1 bytes after its last storage"),
        ("cut.hdf5", &hdf5[..hdf5.len() / 2], "cut.hdf5"),
        ("head.hdf5", &hdf5[..9], "is not a whole HDF5 file"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let failure = import(&path, &Options::default()).unwrap_err();
        assert_eq!((failure.code, failure.file.as_deref()), (Code::ModelFormat, Some(&*path)), "{failure}");
        assert!(failure.message.contains(part), "{failure}");
    }
    assert_eq!(import(folder.path().join("none"), &Options::default()).unwrap_err().code, Code::FileNotFound);
    assert_eq!(import(folder.path(), &Options::default()).unwrap_err().code, Code::ModelFormat);
}

#[test]
fn options_are_checked_against_the_file() {
    let with = |options: Options| import(data("minzwon.pth"), &options);
    let wrong = with(Options { format: Some(Format::Clmr), ..Options::default() }).unwrap_err();
    assert!(wrong.code == Code::CheckpointMismatch && wrong.message.contains("format minzwon, not of clmr"), "{wrong}");
    let few = with(Options { tags: Some(Tags::List(vec!["one".into()])), ..Options::default() }).unwrap_err();
    assert!(few.code == Code::InvalidOption && few.message.contains("1 tags were given for 50 outputs"), "{few}");
    let short = with(Options { input_length: Some(100), ..Options::default() }).unwrap_err();
    assert!(short.code == Code::CheckpointMismatch && short.message.contains("cannot work"), "{short}");
    let jamendo = with(Options {
        tags: Some(Tags::Order(net::TagOrder::Jamendo)),
        sampling_rate: Some(22_050),
        ..Options::default()
    });
    let jamendo = jamendo.unwrap();
    assert_eq!((&*jamendo.tags[0], jamendo.architecture.sampling_rate), ("genre---alternative", 22_050));
    assert!(Format::named("minzwonn").unwrap_err().message.contains("did you mean \"minzwon\""));
    assert_eq!(Format::named("panns").unwrap(), Format::Panns);
}

/// Any bytes end in a result or in one of these codes.
fn survives(bytes: Vec<u8>) -> Result<(), TestCaseError> {
    if let Err(failure) = read(bytes) {
        prop_assert!(matches!(failure.code, Code::ModelFormat | Code::CheckpointMismatch), "{}", failure);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn changed_bytes_never_panic(
        file in prop::sample::select(vec!["minzwon.pth", "clmr.ckpt", "leenet11.pth", "dcase.hdf5", "keras-1.0.hdf5", "msd.hdf5"]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..8),
    ) {
        let mut bytes = std::fs::read(data(file)).unwrap();
        for (index, value, early) in changes {
            // Half of the changes fall where the structure is: in the first part of the file.
            let index = index.index(if early { bytes.len().min(4096) } else { bytes.len() });
            bytes[index] = value;
        }
        survives(bytes)?;
    }

    #[test]
    fn any_cut_never_panics(
        file in prop::sample::select(vec!["minzwon.pth", "clmr.ckpt", "dcase.hdf5"]),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = std::fs::read(data(file)).unwrap();
        bytes.truncate(end.index(bytes.len()));
        survives(bytes)?;
    }

    #[test]
    fn any_opcodes_never_panic(pickle in prop::collection::vec(prop::sample::select(
        b"\x80\x02\x03().NKLMIJXUTCB}]tae\x85\x86\x87\x88\x89\x8a\x8c\x8f\x90\x93\x94\x95RQbcosudhqjr012pg\n\x00\x01\x05".to_vec()), 0..80)
    ) {
        survives(archive(&pickle, &[]))?;
    }
}
