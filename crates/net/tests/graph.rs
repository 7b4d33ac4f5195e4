//! Tests of the graph: order, names, shapes, tensors, levels and shortcuts of every preset.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;

use net::graph::{Node, Operation, Part, ReceptiveField, Shape, Shortcut};
use net::{Architecture, Graph, Layout, Pooling, PRESET_EXAMPLES};

const TAGS: usize = 50;

fn graph(name: &str) -> Graph {
    Graph::new(&Architecture::preset(name).unwrap(), TAGS)
}

/// All presets that are examples, and every block of the SE paper with one and three levels.
fn presets() -> Vec<(String, Architecture)> {
    let blocks = ["basic", "se", "res1", "res2", "rese1", "rese2"];
    let others = blocks.iter().flat_map(|block| ["-multi", "-small"].map(|suffix| format!("{block}{suffix}")));
    let words = ["minzwon", "minzwon-se", "clmr", "kyungyunlee", "msd", "leenet11", "leenet24"].map(String::from);
    let names = PRESET_EXAMPLES.iter().map(|(name, _)| (*name).to_string()).chain(others).chain(words);
    names.map(|name| (name.clone(), Architecture::preset(&name).unwrap())).collect()
}

/// The name, operation and inputs of each node of a part.
fn wiring(graph: &Graph, part: Part) -> Vec<String> {
    let describe = |node: &Node| {
        let operation = match &node.operation {
            Operation::Input => "input".to_string(),
            Operation::Standardisation(_) => "standardisation".to_string(),
            Operation::SignedLog(_) => "signed log".to_string(),
            Operation::MelSpectrogram(_) => "mel".to_string(),
            Operation::Conv(conv) => {
                format!("conv{}{}", if conv.relu { " relu" } else { "" }, if conv.pool.size > 1 { " pool" } else { "" })
            }
            Operation::Excitation(_) => "excitation".to_string(),
            Operation::ResidualAdd(add) => format!("add{}", if add.pool.size > 1 { " pool" } else { "" }),
            Operation::Dropout(dropout) => format!("dropout {}", dropout.rate),
            Operation::GlobalPool(_) => "global pool".to_string(),
            Operation::Dense(dense) => format!("dense{}", if dense.relu { " relu" } else { "" }),
        };
        let inputs: Vec<&str> = node.inputs().into_iter().map(|id| graph.nodes[id].name.as_str()).collect();
        format!("{}: {operation} of {}", node.name, inputs.join(", "))
    };
    graph.nodes.iter().filter(|node| node.part == part).map(describe).collect()
}

#[test]
fn nodes_read_only_earlier_ones_and_every_output_is_read() {
    for (name, architecture) in presets() {
        let graph = Graph::new(&architecture, TAGS);
        for (id, node) in graph.nodes.iter().enumerate() {
            assert!(node.inputs().iter().all(|&input| input < id), "{name}: {}", node.name);
            assert_eq!(graph.readers(id).count() > 0, id + 1 < graph.nodes.len(), "{name}: {}", node.name);
        }
        let names: BTreeSet<&str> = graph.nodes.iter().map(|node| node.name.as_str()).collect();
        assert_eq!(names.len(), graph.nodes.len(), "{name}: a name appears twice");
        assert_eq!(graph.nodes[0].output, Shape { channels: 1, length: architecture.input_length });
        let last = graph.nodes.last().unwrap();
        assert_eq!((last.name.as_str(), last.output), ("head.out", Shape { channels: TAGS, length: 1 }));
    }
}

#[test]
fn the_layout_is_the_tensors_of_the_nodes_one_after_the_other() {
    for (name, architecture) in presets() {
        let graph = Graph::new(&architecture, TAGS);
        let layout = Layout::new(&architecture, TAGS);
        let tensors: Vec<_> = graph.nodes.iter().flat_map(Node::tensors).collect();
        assert_eq!(tensors, layout.tensors.iter().collect::<Vec<_>>(), "{name}");
        let (mut trainable, mut statistics) = (0, 0);
        for spec in &layout.tensors {
            let end = if spec.role.is_statistic() { &mut statistics } else { &mut trainable };
            assert_eq!(spec.offset, *end, "{name}: {}", spec.name);
            *end += spec.len();
        }
        assert_eq!((layout.trainable, layout.statistics), (trainable, statistics), "{name}");
        for node in &graph.nodes {
            let norm = node.name.replace("conv", "norm").replace("hidden", "norm");
            for spec in node.tensors() {
                let own = [&node.name, &norm].iter().any(|layer| spec.name.starts_with(&format!("{layer}.")));
                assert!(own, "{name}: {} in {}", spec.name, node.name);
            }
        }
    }
}

#[test]
fn shapes_follow_from_filters_strides_padding_and_pools() {
    for (name, architecture) in presets() {
        let graph = Graph::new(&architecture, TAGS);
        for node in &graph.nodes {
            let from = node.inputs().first().map(|&input| graph.nodes[input].output);
            let (from, to) = (from.unwrap_or(node.output), node.output);
            match &node.operation {
                Operation::Conv(conv) => {
                    assert_eq!(conv.weight.shape, [to.channels, from.channels, conv.kernel], "{name}: {}", node.name);
                    let padded = from.length + conv.padding[0] + conv.padding[1];
                    assert_eq!(conv.length, (padded - conv.kernel) / conv.stride + 1, "{name}: {}", node.name);
                    let pooled = (conv.length + 2 * conv.pool.padding - conv.pool.size) / conv.pool.size + 1;
                    assert_eq!(to.length, pooled, "{name}: {}", node.name);
                }
                Operation::ResidualAdd(add) => {
                    let [branch, shortcut] = [add.branch, add.shortcut.node()].map(|id| graph.nodes[id].output);
                    assert_eq!(branch, shortcut, "{name}: {}", node.name);
                    assert_eq!((add.length, to.channels), (branch.length, branch.channels));
                    let pooled = (add.length + 2 * add.pool.padding - add.pool.size) / add.pool.size + 1;
                    assert_eq!(to.length, pooled, "{name}: {}", node.name);
                }
                Operation::Excitation(excitation) => {
                    assert_eq!(from, to);
                    let hidden = excitation.squeeze.bias.len();
                    assert_eq!(excitation.squeeze.weight.shape, [hidden, to.channels], "{name}: {}", node.name);
                    assert_eq!(excitation.expand.weight.shape, [to.channels, hidden], "{name}: {}", node.name);
                }
                Operation::GlobalPool(pool) => {
                    let channels = pool.levels.iter().map(|&level| graph.nodes[level].output.channels).sum();
                    assert_eq!(to, Shape { channels, length: 1 }, "{name}");
                }
                Operation::Dense(dense) => {
                    assert_eq!(from.length, 1, "{name}: {}", node.name);
                    assert_eq!(dense.linear.weight.shape, [to.channels, from.channels], "{name}: {}", node.name);
                }
                Operation::MelSpectrogram(mel) => assert_eq!(to.length, from.length / mel.hop, "{name}"),
                Operation::Dropout(dropout) => assert!(from == to && dropout.rate > 0.0, "{name}: {}", node.name),
                Operation::Standardisation(_) | Operation::SignedLog(_) => assert_eq!(from, to, "{name}"),
                Operation::Input => {}
            }
        }
    }
}

#[test]
fn levels_are_the_outputs_of_the_blocks() {
    for (name, architecture) in presets() {
        let graph = Graph::new(&architecture, TAGS);
        assert_eq!(graph.levels.len(), architecture.blocks.len(), "{name}");
        for (index, &level) in graph.levels.iter().enumerate() {
            let (channels, length) = architecture.block_input(index + 1);
            assert_eq!(graph.nodes[level].output, Shape { channels, length }, "{name}: level {index}");
            let last = graph.nodes.iter().rposition(|node| node.part == Part::Block(index));
            assert_eq!(last, Some(level), "{name}: level {index}");
        }
        let pool = graph.nodes.iter().find_map(|node| match &node.operation {
            Operation::GlobalPool(pool) => Some(pool),
            _ => None,
        });
        if let Some(pool) = pool {
            assert_eq!(pool.levels, graph.levels[graph.levels.len() - architecture.head.levels..], "{name}");
        }
    }
    let pooling = |name: &str| match &graph(name).nodes.iter().find(|node| node.name == "head.pool").unwrap().operation
    {
        Operation::GlobalPool(pool) => (pool.levels.len(), pool.pooling),
        other => panic!("{other:?}"),
    };
    assert_eq!(pooling("se-multi"), (3, Pooling::Max));
    assert_eq!(pooling("leenet11"), (1, Pooling::MaxMean));
}

#[test]
fn a_shortcut_is_a_convolution_where_width_or_stride_change() {
    for (name, architecture) in presets() {
        let graph = Graph::new(&architecture, TAGS);
        for node in &graph.nodes {
            let (Part::Block(index), Operation::ResidualAdd(add)) = (node.part, &node.operation) else { continue };
            let block = &architecture.blocks[index];
            let input = if index == 0 {
                graph.nodes.iter().position(|node| node.name == "stem.conv").unwrap_or(0)
            } else {
                graph.levels[index - 1]
            };
            let changes = graph.nodes[input].output.channels != block.channels || block.stride != 1;
            match add.shortcut {
                Shortcut::Identity(from) => assert!(!changes && from == input, "{name}: {}", node.name),
                Shortcut::Conv(conv) => {
                    assert!(changes, "{name}: {}", node.name);
                    assert_eq!(graph.nodes[conv].name, format!("blocks.{index}.shortcut.conv"), "{name}");
                    assert_eq!(graph.nodes[conv].inputs(), [input], "{name}");
                }
            }
        }
    }
    let shortcuts = |name: &str| {
        let is_shortcut = |node: &&Node| node.name.ends_with(".shortcut.conv");
        graph(name).nodes.iter().filter(is_shortcut).map(|node| node.part).collect::<Vec<_>>()
    };
    assert_eq!(shortcuts("res2"), [Part::Block(2), Part::Block(8)]);
    assert_eq!(shortcuts("minzwon-se"), [Part::Block(0), Part::Block(3), Part::Block(9)]);
}

#[test]
fn each_kind_of_block_is_wired_as_its_paper_says() {
    assert_eq!(
        wiring(&graph("rese2"), Part::Block(2)),
        [
            "blocks.2.conv1: conv relu of blocks.1.add",
            "blocks.2.dropout: dropout 0.2 of blocks.2.conv1",
            "blocks.2.conv2: conv of blocks.2.dropout",
            "blocks.2.excite: excitation of blocks.2.conv2",
            "blocks.2.shortcut.conv: conv of blocks.1.add",
            "blocks.2.add: add pool of blocks.2.excite, blocks.2.shortcut.conv",
        ]
    );
    assert_eq!(
        wiring(&graph("res1"), Part::Block(0)),
        ["blocks.0.conv1: conv of stem.conv", "blocks.0.add: add pool of blocks.0.conv1, stem.conv"]
    );
    assert_eq!(
        wiring(&graph("se"), Part::Block(0)),
        ["blocks.0.conv: conv relu pool of stem.conv", "blocks.0.excite: excitation of blocks.0.conv"]
    );
    assert_eq!(
        wiring(&graph("leenet24"), Part::Block(1)),
        [
            "blocks.1.conv1: conv relu of blocks.0.dropout",
            "blocks.1.conv2: conv relu pool of blocks.1.conv1",
            "blocks.1.dropout: dropout 0.1 of blocks.1.conv2",
        ]
    );
}

#[test]
fn stems_and_heads_are_wired_as_their_papers_say() {
    assert_eq!(wiring(&graph("3^9"), Part::Stem), ["stem.conv: conv relu of waveform"]);
    assert_eq!(wiring(&graph("mel:4,729,729"), Part::Stem), ["stem.mel: mel of waveform"]);
    assert!(wiring(&graph("minzwon-se"), Part::Stem).is_empty());
    assert_eq!(
        wiring(&graph("3^9"), Part::Head),
        [
            "head.conv: conv relu of blocks.8.conv",
            "head.dropout: dropout 0.5 of head.conv",
            "head.out: dense of head.dropout",
        ]
    );
    assert_eq!(
        wiring(&graph("se-multi"), Part::Head),
        [
            "head.pool: global pool of blocks.6.excite, blocks.7.excite, blocks.8.excite",
            "head.hidden: dense relu of head.pool",
            "head.dropout: dropout 0.5 of head.hidden",
            "head.out: dense of head.dropout",
        ]
    );
    // Without norm, the dropout comes before the dense layer.
    assert_eq!(
        wiring(&graph("leenet11"), Part::Head),
        [
            "head.pool: global pool of blocks.7.conv",
            "head.dropout: dropout 0.5 of head.pool",
            "head.hidden: dense relu of head.dropout",
            "head.out: dense of head.hidden",
        ]
    );
}

#[test]
fn a_normalised_waveform_is_read_instead_of_the_waveform() {
    let standardised = graph("3^7+standardise");
    assert_eq!(wiring(&standardised, Part::Input), ["waveform: input of ", "input: standardisation of waveform"]);
    assert_eq!(wiring(&standardised, Part::Stem), ["stem.conv: conv relu of input"]);
    let names: Vec<&str> = standardised.nodes[1].tensors().iter().map(|spec| spec.name.as_str()).collect();
    assert_eq!(names, ["input.mean", "input.deviation"]);
    assert!(standardised.nodes[1].tensors().iter().all(|spec| spec.role.is_statistic() && spec.shape == [1]));
    let logarithm = graph("minzwon-se+signed-log");
    assert_eq!(wiring(&logarithm, Part::Input), ["waveform: input of ", "input: signed log of waveform"]);
    assert_eq!(wiring(&logarithm, Part::Block(0))[0], "blocks.0.conv1: conv relu of input");
    assert!(logarithm.nodes[1].tensors().is_empty());
    let plain = graph("3^7").receptive_fields();
    assert_eq!(standardised.receptive_fields()[1..], plain[..], "the normalisation changes no receptive field");
}

#[test]
fn only_batch_norm_brings_norms() {
    let mut architecture = Architecture::preset("rese2").unwrap();
    architecture.norm.kind = net::NormKind::None;
    let graph = Graph::new(&architecture, TAGS);
    assert!(graph.nodes.iter().flat_map(Node::tensors).all(|spec| !spec.name.contains("norm")));
    let mut architecture = Architecture::preset("basic").unwrap();
    architecture.head.norm = false;
    let norms = |spec: &&net::TensorSpec| spec.name.ends_with("running_var");
    let graph = Graph::new(&architecture, TAGS);
    assert_eq!(graph.nodes.iter().flat_map(Node::tensors).filter(norms).count(), 10, "stem and blocks, not the head");
}

#[test]
fn receptive_fields_and_hops_are_those_of_filters_and_pools() {
    let graph = graph("3^9");
    let fields = graph.receptive_fields();
    let field = |name: &str| fields[graph.nodes.iter().position(|node| node.name == name).unwrap()];
    assert_eq!(field("waveform"), ReceptiveField { samples: 1, hop: 1 });
    assert_eq!(field("stem.conv"), ReceptiveField { samples: 3, hop: 3 });
    // A filter of 3 and a pool of 3 over positions that are 3 samples apart.
    assert_eq!(field("blocks.0.conv"), ReceptiveField { samples: 3 + 6 + 6, hop: 9 });
    assert_eq!(field("blocks.8.conv"), ReceptiveField { samples: 118_095, hop: 59_049 });
    assert_eq!(field("head.out"), ReceptiveField { samples: 118_095, hop: 59_049 });
}
