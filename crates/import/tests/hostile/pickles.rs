//! Pickles that ask for forbidden classes, and invalid pickles.

use error::Code;
use import::Checkpoint;

use crate::forge::{archive, state_dict, text};
use crate::{data, refused};

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
    // Through the stack, in the legacy stream, and as a value in an otherwise valid dict.
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
    refused(archive(b"\x80\x02}.", &[]), Code::ModelFormat, "contains no tensors");
}

#[test]
fn what_stands_beside_the_weights_is_passed_over() {
    let weights = state_dict(&[("w", "0", 4, 0, &[4], &[1])]);
    let pickle = [
        &b"\x80\x02}("[..],
        // A class as the key of a dict, as in Lightning's callbacks, and an object with a state.
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
        (&b""[..], "offset 0: it is truncated"),
        (b"\x80\x09N.", "protocol 9"),
        (b"\x80\x02.", "its stack is empty"),
        (b"\x80\x02\xff", "0xff is not a pickle opcode"),
        (b"\x80\x02h\x07.", "a memo entry that it never wrote"),
        (b"\x80\x02t.", "no mark"),
        (b"\x80\x02NNa.", "not a list"),
        (b"\x80\x02}N(NNu.", "not a dict"),
        (b"\x80\x02}(Nu.", "a key without a value"),
        (b"\x80\x02X\xff\xff\xff\x7fabc.", "truncated"),
        (b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xffabc.", "truncated"),
        (b"\x80\x02NNR.", "not a class"),
        (b"\x80\x02NQ.", "not that of a storage"),
        (b"(i__main__\nX\n.", "old-style"),
        (b"\x80\x02\x82\x01.", "extension"),
        (b"Iabc\n.", "number"),
    ] {
        refused(archive(pickle, &[]), Code::ModelFormat, part);
    }
    // Nesting needs no stack: a million nested tuples.
    let nested = [&b"\x80\x02N"[..], &vec![0x85; 1 << 20], b"."].concat();
    refused(archive(&nested, &[]), Code::ModelFormat, "instead of weights");
    // A dict that contains itself.
    refused(archive(b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s.", &[]), Code::ModelFormat, "contains no tensors");
}
