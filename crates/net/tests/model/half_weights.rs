//! Model files with weights of 16 bits.

use error::Code;
use net::{Model, WeightType};
use safetensors::tensor::{Dtype, SafeTensors};

use crate::{forged, format_of, model, refused, thirds};

#[test]
fn weights_of_16_bits_go_there_and_back_and_statistics_keep_32() {
    let half = thirds().into_half().unwrap();
    assert_eq!((half.weight_type(), thirds().weight_type()), (WeightType::F16, WeightType::F32));
    let (bytes, whole) = (half.to_bytes().unwrap(), thirds().to_bytes().unwrap());
    assert_eq!((format_of(&bytes), format_of(&whole)), (2.into(), 1.into()));
    let file = SafeTensors::deserialize(&bytes).unwrap();
    for (name, view) in file.tensors() {
        let expected = if name.contains("running") { Dtype::F32 } else { Dtype::F16 };
        assert_eq!(view.dtype(), expected, "{name}");
    }
    let read = Model::from_bytes(&bytes).unwrap();
    assert_eq!(read, half);
    assert_eq!(read.to_bytes().unwrap(), bytes, "a model that is only read and written stays the same file");
    for (rounded, value) in half.parameters.trainable.iter().zip(thirds().parameters.trainable) {
        assert!((rounded - value).abs() <= value.abs() / 2048.0, "{value} became {rounded}");
    }
    assert_eq!(half.parameters.statistics, thirds().parameters.statistics);
}

#[test]
fn a_model_is_never_rounded_when_it_is_written() {
    let mut mixed = thirds().into_half().unwrap();
    mixed.parameters.trainable[0] = 0.1;
    assert_eq!(mixed.weight_type(), WeightType::Mixed);
    let bytes = mixed.to_bytes().unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.tensor("stem.conv.weight").unwrap().dtype(), Dtype::F32);
    assert_eq!(file.tensor("blocks.0.conv.weight").unwrap().dtype(), Dtype::F16);
    assert_eq!(Model::from_bytes(&bytes).unwrap(), mixed);
}

#[test]
fn a_file_of_another_program_may_hold_any_tensor_as_f16() {
    let bytes = forged(|facts, tensors| {
        facts["format"] = 2.into();
        for name in ["stem.norm.running_var", "blocks.0.conv.bias"] {
            let (dtype, _, data) = tensors.get_mut(name).unwrap();
            *dtype = Dtype::F16;
            let values = data.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()));
            *data = values.flat_map(|value| half::f16::from_f32(value).to_le_bytes()).collect();
        }
    });
    let read = Model::from_bytes(&bytes).unwrap();
    assert_eq!(read.parameters, model().parameters);
    assert!(read.half);
    let negative = forged(|facts, tensors| {
        facts["format"] = 2.into();
        let (dtype, _, data) = tensors.get_mut("stem.norm.running_var").unwrap();
        (*dtype, *data) = (Dtype::F16, half::f16::from_f32(-1.0).to_le_bytes().repeat(2));
    });
    refused(&negative, Code::ModelFormat, "stem.norm.running_var holds -1");
}

#[test]
fn a_weight_outside_the_range_of_f16_is_refused_by_its_tensor() {
    let mut large = model();
    large.parameters.trainable[1] = 70_000.0;
    let failure = large.into_half().unwrap_err();
    assert_eq!(failure.code, Code::InvalidOption);
    assert!(failure.message.contains("tensor stem.conv.weight holds 70000"), "{failure}");
    assert!(failure.message.contains("-65504 to 65504"), "{failure}");
}
