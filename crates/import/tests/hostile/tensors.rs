//! Tensors with false claims, or with values that are not finite numbers.

use error::Code;
use import::Checkpoint;

use crate::forge::{archive, state_dict};
use crate::{data, read, refused};

#[test]
fn tensors_that_lie_about_their_storage_are_named() {
    let four = || vec![("0", vec![0u8; 16])];
    let one = |count: i64, offset: i64, shape: &[i64], strides: &[i64]| {
        archive(&state_dict(&[("conv1.0.weight", "0", count, offset, shape, strides)]), &four())
    };
    refused(
        one(5, 0, &[4], &[1]),
        Code::ModelFormat,
        "the storage of tensor conv1.0.weight has 16 bytes, but its pickle says 5 values",
    );
    refused(one(i64::MAX, 0, &[4], &[1]), Code::ModelFormat, "conv1.0.weight");
    refused(one(4, -1, &[4], &[1]), Code::ModelFormat, "offset is negative");
    refused(one(4, 0, &[-4], &[1]), Code::ModelFormat, "integers");
    refused(one(4, 0, &[1; 9], &[1; 9]), Code::ModelFormat, "up to 8");
    refused(one(4, 0, &[4, 1], &[1]), Code::ModelFormat, "more sizes than strides");
    let missing = archive(&state_dict(&[("conv1.0.weight", "7", 4, 0, &[4], &[1])]), &four());
    refused(missing, Code::ModelFormat, "a/data/7");
    // Outside the storage, expanded, or larger than any memory, also next to a size of 0: refused before memory is
    // allocated.
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
    // A transposed view is valid.
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
    assert!(failure.message.contains("more values than the file contains"), "{failure}");
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
fn names_cannot_steer_the_terminal() {
    let name = "conv1.\u{1b}[31m\u{7}\n\u{202e}";
    let tensors = [(name, "0", 4, 0, &[4][..], &[1][..])];
    let failure = read(archive(&state_dict(&tensors), &[("0", vec![0; 16])])).unwrap_err();
    assert!(failure.message.contains("conv1.\\u{1b}[31m\\u{7}\\n\\u{202e}"), "{failure}");
    let nan = archive(&state_dict(&tensors), &[("0", vec![0xff; 16])]);
    let failure = Checkpoint::from_bytes(nan).unwrap().values(name).unwrap_err();
    assert!(failure.message.contains("NaN") && !failure.message.contains(char::is_control), "{failure}");
    let lying = archive(&state_dict(&[(name, "\u{1b}]0;x", 5, 0, &[4], &[1])]), &[("0", vec![0; 16])]);
    let failure = read(lying).unwrap_err();
    assert!(!failure.message.contains(char::is_control), "{failure}");
}
