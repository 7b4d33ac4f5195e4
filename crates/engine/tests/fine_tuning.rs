//! Training a part of a network: the gradients are those of the f64 twin, the rest keeps its bits, and the head alone
//! computes the same as within the whole network.
#![allow(clippy::unwrap_used)]

use engine::{FineTuning, Freeze, FrozenNorms, Options, Targets, Training, Update};
use engine_testbed::random::{parameters, segments, targets, TAGS};
use net::{Architecture, Layout, Parameters, Task};
use serde_json::json;
use twin::Twin;

const UPDATE: Update = Update { learning_rate: 0.02, momentum: 0.9, weight_decay: 1e-3 };
const BATCH: usize = 4;

fn networks() -> Vec<Architecture> {
    let stem = |channels| json!({ "kernel": 3, "stride": 3, "channels": channels });
    let basic = |kernel| json!({ "kind": "basic", "kernel": kernel, "pool": 3, "channels": 16 });
    let excited = json!({ "kind": "se", "kernel": 3, "pool": 3, "channels": 12, "excite": 0.5, "dropout": 0.2 });
    let residual = json!({ "kind": "res", "kernel": 3, "pool": 3, "channels": 8, "convs": 2, "dropout": 0.2 });
    [
        (8, json!([basic(3), basic(3), basic(2), basic(3)]), json!({ "kind": "conv", "channels": 16 })),
        // The output of this first layer is recomputed, not stored.
        (16, json!([basic(3), basic(3), basic(3), basic(3)]), json!({ "kind": "conv", "channels": 16 })),
        (8, json!([excited, excited, excited]), json!({ "kind": "dense", "levels": 2 })),
        (8, json!([residual, residual, residual]), json!({ "kind": "dense", "levels": 2, "pooling": "maxmean" })),
        (8, json!([basic(3), residual, excited]), json!({ "kind": "dense", "norm": false })),
    ]
    .into_iter()
    .map(|(channels, blocks, head)| {
        let described = json!({
            "samplingRate": 2000, "inputLength": 243, "stem": stem(channels), "blocks": blocks, "head": head,
        });
        serde_json::from_value(described).unwrap()
    })
    .collect()
}

fn tunings(architecture: &Architecture) -> Vec<FineTuning> {
    let mut all = vec![FineTuning { layer_decay: 0.5, ..FineTuning::default() }];
    let blocks = (1..=architecture.blocks.len()).map(Freeze::Blocks);
    for freeze in blocks.chain([Freeze::AllButHead]) {
        for norms in [FrozenNorms::Running, FrozenNorms::Updated] {
            all.push(FineTuning { freeze, norms, fixed_norms: false, layer_decay: 0.75 });
        }
    }
    for (freeze, norms) in [
        (Freeze::Nothing, FrozenNorms::Running),
        (Freeze::Blocks(1), FrozenNorms::Running),
        (Freeze::Blocks(1), FrozenNorms::Updated),
    ] {
        all.push(FineTuning { freeze, norms, fixed_norms: true, ..FineTuning::default() });
    }
    all
}

/// Parameters and running statistics after some steps.
fn trained(architecture: &Architecture) -> Parameters {
    let mut plan = Training::new(architecture, TAGS, Task::MultiLabel, BATCH, &Options::default()).unwrap();
    plan.load(&parameters(architecture)).unwrap();
    for _ in 0..3 {
        plan.step(&segments(architecture, BATCH), Targets::Tags(&targets(BATCH)), &UPDATE, None).unwrap();
    }
    plan.parameters().unwrap()
}

fn plan(architecture: &Architecture, tuning: &FineTuning, threads: usize) -> Training {
    let options = Options { threads, ..Options::default() };
    let mut plan = Training::fine_tuned(architecture, TAGS, Task::MultiLabel, BATCH, tuning, &options).unwrap();
    plan.load(&trained(architecture)).unwrap();
    plan
}

/// The distance of `ours` from `truth`, relative to the length of `truth`.
fn distance(ours: &[f32], truth: &[f64]) -> f64 {
    let length = truth.iter().map(|t| t * t).sum::<f64>().sqrt().max(1e-12);
    ours.iter().zip(truth).map(|(&a, b)| (f64::from(a) - b).powi(2)).sum::<f64>().sqrt() / length
}

#[test]
fn gradients_and_updates_are_those_of_the_twin() {
    for architecture in networks() {
        let start = trained(&architecture);
        let (input, truth) = (segments(&architecture, BATCH), targets(BATCH));
        let wide: Vec<f64> = input.iter().map(|&value| f64::from(value)).collect();
        for tuning in tunings(&architecture) {
            let what = format!("{tuning:?} of {architecture:?}");
            let mut twin = Twin::new(&architecture, TAGS, &start);
            twin.tuning = tuning;
            let mut ours = plan(&architecture, &tuning, 2);
            let expected = twin.gradients(&wide, Targets::Tags(&truth), None);
            let found = ours.gradients(&input, Targets::Tags(&truth), None).unwrap();
            let error = distance(&found.parameters, &expected.parameters);
            assert!(error < 1e-4, "gradients are off by {error:.1e}: {what}");
            assert_eq!(found.input.is_empty(), tuning.freeze != Freeze::Nothing);
            twin.update(&expected.parameters, 0.02, 0.9, 1e-3);
            // The pass above has moved the running statistics, and that of the step moves them again.
            twin.gradients(&wide, Targets::Tags(&truth), None);
            let mut stepped = plan(&architecture, &tuning, 2);
            stepped.step(&input, Targets::Tags(&truth), &UPDATE, None).unwrap();
            let after = stepped.parameters().unwrap();
            let error = distance(&after.trainable, &twin.variables.trainable);
            assert!(error < 1e-6, "the update is off by {error:.1e}: {what}");
        }
    }
}

#[test]
fn a_frozen_part_keeps_its_bits_and_its_norms_as_asked() {
    for architecture in networks() {
        let (start, layout) = (trained(&architecture), Layout::new(&architecture, TAGS));
        for tuning in tunings(&architecture) {
            let mut plan = plan(&architecture, &tuning, 2);
            for step in 0..2 {
                let targets = targets(BATCH);
                plan.step(&segments(&architecture, BATCH), Targets::Tags(&targets), &UPDATE, Some((1, step))).unwrap();
            }
            let after = plan.parameters().unwrap();
            let first = match tuning.freeze {
                Freeze::Nothing => 0,
                Freeze::Blocks(count) => count,
                Freeze::AllButHead => architecture.blocks.len(),
            };
            for spec in &layout.tensors {
                let part = spec.name.strip_prefix("blocks.").and_then(|rest| rest.split('.').next());
                let is_frozen = tuning.freeze != Freeze::Nothing
                    && part.map_or(spec.name.starts_with("stem."), |index| index.parse::<usize>().unwrap() < first);
                let same = start.tensor(spec) == after.tensor(spec);
                let stays = match (spec.role.is_statistic(), is_frozen) {
                    (true, true) => tuning.fixed_norms || tuning.norms == FrozenNorms::Running,
                    (true, false) => tuning.fixed_norms,
                    (false, _) => is_frozen,
                };
                // A bias before a norm of the batch has no gradient, and is 0 in these networks.
                let moves = !(stays || spec.name.contains("conv") && spec.name.ends_with("bias"));
                assert!(same || !stays, "{} has changed: {tuning:?}", spec.name);
                assert!(!same || !moves, "{} has not changed: {tuning:?}", spec.name);
            }
        }
    }
}

#[test]
fn the_head_alone_computes_the_bits_of_the_whole_network() {
    for architecture in networks() {
        let tuning = FineTuning { freeze: Freeze::AllButHead, layer_decay: 1.0, ..FineTuning::default() };
        let options = Options::default();
        let mut whole = plan(&architecture, &tuning, 2);
        let mut head = whole.head(&architecture, Task::MultiLabel, &options).unwrap().unwrap();
        head.load(&whole.parameters().unwrap()).unwrap();
        let (input, truth) = (segments(&architecture, BATCH), targets(BATCH));
        let length = architecture.input_length;
        // The features of a segment do not depend on the others of its batch.
        let all = whole.features(&input).unwrap().unwrap();
        let width = whole.feature_count().unwrap();
        assert_eq!(all.len(), BATCH * width);
        for n in 0..BATCH {
            let alone = whole.features(&input[n * length..(n + 1) * length]).unwrap().unwrap();
            assert!(alone == all[n * width..(n + 1) * width], "segment {n}");
        }
        for (step, n) in [BATCH, BATCH - 1, BATCH].into_iter().enumerate() {
            let (dropout, tags) = (Some((7, step as u64)), Targets::Tags(&truth[..n * TAGS]));
            let slow = whole.step(&input[..n * length], tags, &UPDATE, dropout).unwrap();
            let fast = head.step(&all[..n * width], tags, &UPDATE, dropout).unwrap();
            assert_eq!(slow.to_bits(), fast.to_bits(), "step {step}");
        }
        assert!(whole.parameters().unwrap() == head.parameters().unwrap());
        assert!(whole.velocity().unwrap() == head.velocity().unwrap());
    }
}

#[test]
fn only_a_network_whose_blocks_compute_the_same_in_every_step_has_features() {
    let architecture = networks().swap_remove(0);
    for tuning in tunings(&architecture) {
        let mut plan = plan(&architecture, &tuning, 1);
        let all = matches!(tuning.freeze, Freeze::AllButHead | Freeze::Blocks(4));
        let expected = all && tuning.norms == FrozenNorms::Running;
        assert_eq!(plan.feature_count().is_some(), expected, "{tuning:?}");
        assert_eq!(plan.features(&segments(&architecture, 1)).unwrap().is_some(), expected);
        assert_eq!(plan.head(&architecture, Task::MultiLabel, &Options::default()).unwrap().is_some(), expected);
    }
}

#[test]
fn nothing_frozen_and_one_rate_is_the_usual_training() {
    for architecture in networks() {
        let run = |mut plan: Training| {
            plan.load(&parameters(&architecture)).unwrap();
            let step = |n| {
                plan.step(&segments(&architecture, BATCH), Targets::Tags(&targets(BATCH)), &UPDATE, Some((3, n)))
                    .unwrap()
            };
            let losses: Vec<u64> = (0..3).map(step).map(f64::to_bits).collect();
            (losses, plan.parameters().unwrap())
        };
        let usual = Training::new(&architecture, TAGS, Task::MultiLabel, BATCH, &Options::default()).unwrap();
        let tuning = FineTuning { freeze: Freeze::Nothing, norms: FrozenNorms::Updated, ..FineTuning::default() };
        assert!(run(usual) == run(plan(&architecture, &tuning, 3)));
    }
}

#[test]
fn an_impossible_part_is_refused() {
    let architecture = networks().swap_remove(0);
    let tuning = FineTuning { freeze: Freeze::Blocks(5), ..FineTuning::default() };
    let options = Options::default();
    let refused = Training::fine_tuned(&architecture, TAGS, Task::MultiLabel, 2, &tuning, &options).err().unwrap();
    assert_eq!(refused.code, error::Code::InvalidOption);
    assert!(refused.message.contains("1 to 4"), "{refused}");
}
