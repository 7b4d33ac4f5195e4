//! Values inside the network: the levels of embeddings and the factors of excitations, against the plain f64 twin and
//! against the logits.
#![allow(clippy::unwrap_used)]

use engine::{ClipScorer, Embedding, Inference, Options, Reduction, Tap};
use engine_testbed::fixture::largest_error;
use engine_testbed::random::{parameters, segments, TAGS};
use error::Code;
use net::{Architecture, Graph, Head, HeadKind, Layout, Parameters, Pooling, Task};
use twin::Twin;

const NAMES: [&str; 8] = ["basic-2", "basic-3", "se", "se-multi", "res1", "res2", "rese1-multi", "rese2-multi"];

fn fixture(name: &str) -> Architecture {
    engine_testbed::fixture::Fixture::load(name).architecture
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

fn tapped(architecture: &Architecture, taps: &[Tap], n: usize, threads: usize) -> (Vec<f32>, Vec<f32>) {
    let options = Options { threads, ..Options::default() };
    let parameters = parameters(architecture);
    let mut plan = Inference::with_taps(architecture, TAGS, &parameters, n, taps, &options).unwrap();
    let logits = plan.logits(&segments(architecture, n)).unwrap().to_vec();
    (logits, plan.tapped().to_vec())
}

/// The output of block `block`, reduced over time, by the twin: the network ends after this block with a head whose
/// layers copy the pooled channels.
fn by_twin(architecture: &Architecture, block: usize, pooling: Pooling, n: usize) -> Vec<f64> {
    let channels = architecture.blocks[block].channels;
    let mut short = architecture.clone();
    short.blocks.truncate(block + 1);
    short.head = Head { kind: HeadKind::Dense, channels, levels: 1, dropout: 0.0, pooling, norm: false, kernel: 1 };
    let (from, to) = (Layout::new(architecture, TAGS), Layout::new(&short, channels));
    let (theirs, mut ours) = (parameters(architecture), Parameters::zeros(&to));
    for spec in &to.tensors {
        match spec.name.as_str() {
            "head.hidden.weight" | "head.out.weight" => {
                let weight = ours.tensor_mut(spec);
                (0..channels).for_each(|channel| weight[channel * channels + channel] = 1.0);
            }
            name if name.starts_with("head.") => {}
            name => ours.tensor_mut(spec).copy_from_slice(theirs.tensor(from.find(name).unwrap())),
        }
    }
    Twin::new(&short, channels, &ours).evaluate(&wide(&segments(architecture, n)))
}

#[test]
fn levels_are_the_pooled_outputs_of_the_blocks() {
    for name in NAMES {
        let architecture = fixture(name);
        let graph = Graph::new(&architecture, TAGS);
        for block in 0..architecture.blocks.len() {
            let node = graph.level(-((architecture.blocks.len() - block) as i32) - 1).unwrap();
            let taps = [Reduction::Max, Reduction::Mean].map(|reduction| Tap::Output { node, reduction });
            let (_, values) = tapped(&architecture, &taps, 3, 2);
            let most = by_twin(&architecture, block, Pooling::Max, 3);
            let both = by_twin(&architecture, block, Pooling::MaxMean, 3);
            let channels = architecture.blocks[block].channels;
            for (segment, row) in values.chunks(2 * channels).enumerate() {
                let (most, both) = (&most[segment * channels..][..channels], &both[segment * channels..][..channels]);
                let mean: Vec<f64> = most.iter().zip(both).map(|(most, both)| both - most).collect();
                let errors =
                    [largest_error(&wide(&row[..channels]), most), largest_error(&wide(&row[channels..]), &mean)];
                assert!(errors.iter().all(|&error| error < 1e-4), "{name}, block {block}: {errors:?}");
            }
        }
    }
}

#[test]
fn the_first_level_from_the_end_is_what_the_output_layer_reads() {
    for name in NAMES {
        let architecture = fixture(name);
        let embedding = Embedding::default();
        let taps = embedding.taps(&architecture, TAGS).unwrap();
        let (logits, values) = tapped(&architecture, &taps, 2, 1);
        let (layout, parameters) = (Layout::new(&architecture, TAGS), parameters(&architecture));
        let tensor = |name: &str| parameters.tensor(layout.find(name).unwrap());
        let width = embedding.widths(&architecture, TAGS).unwrap()[0];
        assert_eq!(values.len(), 2 * width);
        for (hidden, logits) in values.chunks(width).zip(logits.chunks(TAGS)) {
            for (tag, logit) in logits.iter().enumerate() {
                let row = tensor("head.out.weight")[tag * width..][..width].iter();
                let sum: f32 = row.zip(hidden).map(|(w, x)| w * x).sum::<f32>() + tensor("head.out.bias")[tag];
                assert!((sum - logit).abs() < 1e-3 * logit.abs().max(1.0), "{name}: {sum} {logit}");
            }
        }
    }
}

#[test]
fn factors_are_those_that_scale_the_block() {
    let architecture = fixture("se-multi");
    let graph = Graph::new(&architecture, TAGS);
    let excitation = graph.excitations().next().unwrap();
    let (map, scaled) = (graph.nodes[excitation].inputs()[0], graph.levels[0]);
    let mean = |node| Tap::Output { node, reduction: Reduction::Mean };
    let (_, values) = tapped(&architecture, &[Tap::Factors { node: excitation }, mean(map), mean(scaled)], 3, 2);
    let channels = architecture.blocks[0].channels;
    for row in values.chunks(3 * channels) {
        for channel in 0..channels {
            let (factor, before, after) = (row[channel], row[channels + channel], row[2 * channels + channel]);
            assert!((0.0..=1.0).contains(&factor));
            assert!((factor * before - after).abs() <= 1e-5 * after.abs().max(1.0), "{factor} {before} {after}");
        }
    }
}

#[test]
fn taps_change_neither_the_logits_nor_depend_on_the_batch() {
    for name in NAMES {
        let architecture = fixture(name);
        let deepest = -(architecture.blocks.len() as i32) - 1;
        let embedding = Embedding { levels: vec![-1, deepest, -2], ..Embedding::default() };
        let taps = embedding.taps(&architecture, TAGS).unwrap();
        let (plain, _) = tapped(&architecture, &[], 3, 2);
        let (logits, values) = tapped(&architecture, &taps, 3, 2);
        assert_eq!(plain, logits, "{name}");
        assert_eq!(values, tapped(&architecture, &taps, 3, 1).1, "{name}: another number of threads");
        let (options, parameters) = (Options::default(), parameters(&architecture));
        let mut plan = Inference::with_taps(&architecture, TAGS, &parameters, 1, &taps, &options).unwrap();
        let (input, width) = (segments(&architecture, 3), plan.width());
        plan.logits(&input[..architecture.input_length]).unwrap();
        assert_eq!(plan.tapped(), &values[..width], "{name}: alone");
        plan.load(&parameters).unwrap();
        plan.logits(&input[..architecture.input_length]).unwrap();
        assert_eq!(plan.tapped(), &values[..width], "{name}: loaded again");
    }
}

#[test]
fn a_clip_is_reduced_over_its_segments() {
    let architecture = fixture("basic-3");
    let taps = Embedding::default().taps(&architecture, TAGS).unwrap();
    let (_, values) = tapped(&architecture, &taps, 3, 1);
    let width = values.len() / 3;
    let of = |channel: usize| (0..3).map(move |n| n * width + channel);
    let mean = |c: usize| of(c).map(|at| f64::from(values[at])).sum::<f64>() / 3.0;
    let most = |c: usize| of(c).map(|at| f64::from(values[at])).fold(f64::NEG_INFINITY, f64::max);
    let expected: [(Reduction, Vec<f64>); 2] =
        [(Reduction::Mean, (0..width).map(mean).collect()), (Reduction::Max, (0..width).map(most).collect())];
    for (across, expected) in expected {
        let (options, parameters) = (Options::default(), parameters(&architecture));
        let plan = Inference::with_taps(&architecture, TAGS, &parameters, 2, &taps, &options).unwrap();
        let mut scorer = ClipScorer::new(plan, Task::MultiLabel).across(across);
        scorer.begin(7);
        for segment in segments(&architecture, 3).chunks(architecture.input_length) {
            scorer.push(7, segment).unwrap();
        }
        scorer.end(7);
        scorer.flush().unwrap();
        let clip = scorer.finished().remove(0);
        let expected: Vec<f32> = expected.into_iter().map(|value| value as f32).collect();
        assert_eq!(clip.embedding, expected, "{across:?}");
        assert_eq!(clip.scores.len(), TAGS);
    }
}

#[test]
fn the_values_of_each_segment_can_be_kept() {
    let architecture = fixture("basic-3");
    let taps = Embedding::default().taps(&architecture, TAGS).unwrap();
    let (_, values) = tapped(&architecture, &taps, 3, 1);
    let (options, parameters) = (Options::default(), parameters(&architecture));
    let plan = Inference::with_taps(&architecture, TAGS, &parameters, 2, &taps, &options).unwrap();
    let mut scorer = ClipScorer::new(plan, Task::MultiLabel).each_segment();
    // The segments of two clips alternate in the batches.
    (0..2).for_each(|clip| scorer.begin(clip));
    for segment in segments(&architecture, 3).chunks(architecture.input_length) {
        (0..2).for_each(|clip| scorer.push(clip, segment).unwrap());
    }
    (0..2).for_each(|clip| scorer.end(clip));
    scorer.flush().unwrap();
    let finished = scorer.finished();
    assert_eq!(finished.len(), 2);
    assert!(finished.iter().all(|clip| clip.embedding == values && clip.segments == 3));
}

#[test]
fn a_level_that_the_network_lacks_is_refused() {
    let architecture = fixture("basic-3");
    for (levels, received) in
        [(vec![], "none"), (vec![0], "received 0"), (vec![-1, -1], "-1 twice"), (vec![-99], "-99")]
    {
        let failure = Embedding { levels, ..Embedding::default() }.taps(&architecture, TAGS).unwrap_err();
        assert!(failure.code == Code::InvalidOption && failure.message.contains(received), "{failure}");
    }
    let failure = Embedding { levels: vec![i32::MIN], ..Embedding::default() }.taps(&architecture, TAGS).unwrap_err();
    assert_eq!(failure.code, Code::InvalidOption);
}
