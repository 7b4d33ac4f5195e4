//! Declares the kinds of layers as separate types. In Rust a kind is a field, and `Architecture::validate` refuses
//! fields that the kind does not have; in TypeScript each kind is a type, so that the compiler refuses them.

use crate::item::Item;
use crate::parse::{self, Type};

/// A kind of a layer: the fields of the Rust type, some of them narrowed.
struct Kind {
    name: &'static str,
    about: &'static str,
    /// Fields as TypeScript writes them; `undefined` for those that the kind does not have.
    narrowed: &'static [&'static str],
}

const STEMS: [Kind; 2] = [
    Kind {
        name: "ConvStem",
        about: "A strided convolution with norm and ReLU, without a pool.",
        narrowed: &["kind?: 'conv'", "fft?: undefined"],
    },
    Kind {
        name: "MelStem",
        about: "A mel spectrogram.",
        narrowed: &["kind: 'mel'", "padding?: [left: 0, right: 0]", "fft: number"],
    },
];

const BLOCKS: [Kind; 3] = [
    Kind {
        name: "BasicBlock",
        about: "A block without excitation or shortcut.",
        narrowed: &["kind: 'basic'", "excite?: undefined", "shortcutKernel?: undefined"],
    },
    Kind {
        name: "SeBlock",
        about: "A block with excitation.",
        narrowed: &["kind: 'se'", "excite: number", "shortcutKernel?: undefined"],
    },
    Kind { name: "ResBlock", about: "A block with a shortcut.", narrowed: &["kind: 'res'"] },
];

const HEADS: [Kind; 2] = [
    Kind {
        name: "ConvHead",
        about: "A convolution over what is left of a segment, which must be of length 1.",
        narrowed: &["kind: 'conv'", "levels?: 1", "pooling?: 'max'", "norm?: true"],
    },
    Kind {
        name: "DenseHead",
        about: "A dense layer over the last blocks, pooled over time.",
        narrowed: &["kind: 'dense'", "kernel?: 1"],
    },
];

/// The types of an architecture, starting with the whole.
pub fn architecture() -> Vec<Item> {
    let mut items = vec![Item::of::<net::Architecture>()];
    items.extend(split(Item::of::<net::Stem>(), &STEMS));
    items.push(Item::of::<net::Norm>());
    items.extend(split(Item::of::<net::Block>(), &BLOCKS));
    items.extend(split(Item::of::<net::Head>(), &HEADS));
    items
}

/// The union of the kinds with the name of `whole`, then each kind.
fn split(whole: Item, kinds: &[Kind]) -> Vec<Item> {
    let union = kinds.iter().map(|kind| Type::Text(kind.name.to_owned())).collect();
    let of_kind = kinds.iter().map(|kind| narrowed(&whole, kind)).collect::<Vec<_>>();
    let mut items = vec![Item::made(&whole.name, whole.docs, Type::Union(union))];
    items.extend(of_kind);
    items
}

fn narrowed(whole: &Item, kind: &Kind) -> Item {
    let mut members = whole.members().to_vec();
    for text in kind.narrowed {
        let narrow = parse::member(text);
        let member = members.iter_mut().find(|member| member.name == narrow.name);
        let member = member.unwrap_or_else(|| panic!("{} has no field {}", whole.name, narrow.name));
        let is_told = matches!(
            &narrow.kind,
            Type::Text(text) if text == "undefined" || !narrow.optional && text.starts_with('\'')
        );
        if is_told {
            member.docs.clear();
        }
        (member.optional, member.kind) = (narrow.optional, narrow.kind);
    }
    Item::made(kind.name, vec![kind.about.to_owned()], Type::Object(members))
}

/// Checks that Rust refuses what the narrowed types refuse.
#[test]
fn a_field_that_a_kind_does_not_have_is_refused_at_run_time() {
    use serde_json::{json, Value};

    let block = |more: Value| {
        let mut block = json!({"kind": "basic", "kernel": 3, "pool": 3, "channels": 8});
        block.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"blocks": [block.clone(), block]})
    };
    let conv = json!({"kernel": 3, "stride": 3, "channels": 8});
    let mel = json!({"kind": "mel", "kernel": 27, "stride": 3, "channels": 8, "fft": 32});
    let with = |base: &Value, key: &str, value: Value| {
        let mut changed = base.clone();
        changed[key] = value;
        changed
    };
    let network = |parts: &Value| {
        let mut network = json!({"samplingRate": 8000, "inputLength": 27, "stem": conv, "head": {"kind": "conv"}});
        network.as_object_mut().unwrap().extend(block(json!({})).as_object().unwrap().clone());
        network.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
        net::Architecture::parse(&network.to_string())
    };
    let accepted = [
        json!({}),
        json!({"stem": mel}),
        block(json!({"kind": "se", "excite": 0.5})),
        block(json!({"kind": "res", "excite": 0.5, "shortcutKernel": 3})),
        json!({"head": {"kind": "dense", "levels": 2, "pooling": "maxmean", "norm": false}}),
    ];
    for parts in accepted {
        network(&parts).unwrap_or_else(|failure| panic!("{parts}: {failure}"));
    }
    let refused = [
        json!({"stem": with(&conv, "fft", json!(32))}),
        json!({"stem": with(&mel, "fft", json!(0))}),
        json!({"stem": with(&mel, "padding", json!([1, 1]))}),
        block(json!({"excite": 0.5})),
        block(json!({"shortcutKernel": 3})),
        block(json!({"kind": "se"})),
        block(json!({"kind": "se", "excite": 0.5, "shortcutKernel": 3})),
        block(json!({"convs": 3})),
        json!({"head": {"kind": "conv", "levels": 2}}),
        json!({"head": {"kind": "conv", "pooling": "maxmean"}}),
        json!({"head": {"kind": "conv", "norm": false}}),
        json!({"head": {"kind": "dense", "kernel": 3}}),
    ];
    for parts in refused {
        assert!(network(&parts).is_err(), "{parts}");
    }
}
