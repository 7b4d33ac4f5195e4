//! Tests of the optimisers through the training plan: updates with several batches, limited norms, resumed states.
#![allow(clippy::unwrap_used)]

use engine::{
    initialise, Initialisation, LossTerms, Optimiser, OptimiserState, Options, Share, Targets, Training, Update,
    UpdateRule,
};
use error::Code;
use net::{Architecture, Task};
use serde_json::json;

const UPDATE: Update = Update { learning_rate: 0.01, momentum: 0.9, weight_decay: 0.01 };
const TAGS: usize = 4;

/// A network in which no segment influences another: without norms.
fn architecture(norm: &str) -> Architecture {
    let block = json!({ "kind": "basic", "kernel": 3, "pool": 3, "channels": 16 });
    serde_json::from_value(json!({
        "samplingRate": 8000, "inputLength": 243, "norm": { "kind": norm, "eps": 1e-5, "momentum": 0.1 },
        "stem": { "kernel": 3, "stride": 3, "channels": 16 },
        "blocks": [block, block, block, block], "head": { "kind": "conv", "channels": 16 },
    }))
    .unwrap()
}

fn plan(norm: &str, batch: usize, threads: usize, rule: UpdateRule) -> Training {
    let (architecture, options) = (architecture(norm), Options { threads, ..Options::default() });
    let mut training = Training::new(&architecture, TAGS, Task::MultiLabel, batch, &options).unwrap();
    training.use_rule(rule).unwrap();
    training.load(&initialise(&architecture, TAGS, Initialisation::He, 3).unwrap()).unwrap();
    training
}

fn noise(seed: u64, count: usize) -> Vec<f32> {
    let stream = engine::Philox::new(seed, engine::Purpose::Synthesise, 0);
    (0..count as u64).map(|i| stream.uniform(i) - 0.5).collect()
}

fn batch(seed: u64, n: usize) -> (Vec<f32>, Vec<f32>) {
    let targets = noise(seed + 1000, TAGS * n).iter().map(|&u| f32::from(u8::from(u > 0.2))).collect();
    (noise(seed, 243 * n), targets)
}

/// Three batches of 4, 4 and 2 segments make the same updates as batches of 10.
#[test]
fn several_batches_make_the_update_of_one_large_batch() {
    for (optimiser, largest_norm) in
        [(Optimiser::SgdNesterov, None), (Optimiser::SgdNesterov, Some(0.01)), (Optimiser::AdamW, Some(0.01))]
    {
        let mut large = plan("none", 10, 2, UpdateRule { optimiser, largest_norm, accumulates: false });
        let mut small = plan("none", 4, 2, UpdateRule { optimiser, largest_norm, accumulates: true });
        for step in 0..3 {
            let (input, targets) = batch(step, 10);
            let loss = large.step(&input, Targets::Tags(&targets), &UPDATE, None).unwrap();
            let mut mean = 0.0;
            for (start, n) in [(0, 4), (4, 4), (8, 2)] {
                let share = Share { weight: n as f32 / 10.0, first: start == 0 };
                let update = (start == 8).then_some(&UPDATE);
                let truth = Targets::Tags(&targets[start * TAGS..(start + n) * TAGS]);
                small.queue_share(&input[start * 243..(start + n) * 243], truth, share, update, None).unwrap();
                mean += small.losses().unwrap()[0] * n as f64 / 10.0;
            }
            assert!((mean - loss).abs() < 1e-6 * loss, "{mean} {loss}");
            let [ours, theirs] = [&small, &large].map(|plan| plan.optimiser_state().unwrap());
            let limit = theirs.velocity.iter().fold(0.0f32, |m, v| m.max(v.abs())) * 1e-5;
            for (a, b) in ours.velocity.iter().zip(&theirs.velocity) {
                assert!((a - b).abs() <= limit, "{optimiser:?} {largest_norm:?}, step {step}: {a} {b}");
            }
            assert_eq!((ours.updates, ours.accumulated.len()), (step + 1, 0));
            // The direction of a weight whose gradient is all rounding is not compared.
            small.load(&large.parameters().unwrap()).unwrap();
            small.load_optimiser_state(&theirs).unwrap();
        }
    }
}

#[test]
fn a_state_saved_between_the_batches_of_an_update_continues_with_the_same_bits() {
    for optimiser in [Optimiser::SgdNesterov, Optimiser::Adam] {
        let rule = UpdateRule { optimiser, largest_norm: Some(0.5), accumulates: true };
        let step = |plan: &mut Training, number: u64| {
            let (input, targets) = batch(number, 4);
            let share = Share { weight: 0.5, first: number.is_multiple_of(2) };
            let update = (number % 2 == 1).then_some(&UPDATE);
            plan.queue_share(&input, Targets::Tags(&targets), share, update, Some((3, number))).unwrap();
        };
        let mut whole = plan("batch", 4, 2, rule);
        (0..5).for_each(|number| step(&mut whole, number));
        let (parameters, state) = (whole.parameters().unwrap(), whole.optimiser_state().unwrap());
        let mut resumed = plan("batch", 4, 1, rule);
        resumed.load(&parameters).unwrap();
        resumed.load_optimiser_state(&state).unwrap();
        for plan in [&mut whole, &mut resumed] {
            (5..8).for_each(|number| step(plan, number));
        }
        assert_eq!(whole.parameters().unwrap(), resumed.parameters().unwrap());
        assert_eq!(whole.optimiser_state().unwrap(), resumed.optimiser_state().unwrap());
    }
}

#[test]
fn every_number_of_threads_gives_the_same_bits() {
    let train = |threads| {
        let rule = UpdateRule { optimiser: Optimiser::AdamW, largest_norm: Some(0.1), accumulates: false };
        let mut plan = plan("batch", 8, threads, rule);
        plan.weigh(Some(&LossTerms { smoothing: 0.1, weights: vec![1.0, 2.0, 3.0, 4.0] })).unwrap();
        for step in 0..3 {
            let (input, targets) = batch(step, 8);
            plan.step(&input, Targets::Tags(&targets), &UPDATE, Some((1, step))).unwrap();
        }
        (plan.parameters().unwrap(), plan.optimiser_state().unwrap())
    };
    let one = train(1);
    assert!(train(2) == one && train(3) == one);
}

#[test]
fn loading_parameters_begins_a_new_optimisation() {
    let rule = UpdateRule { optimiser: Optimiser::Adam, ..UpdateRule::default() };
    let mut plan = plan("batch", 4, 1, rule);
    let (first, (input, targets)) = (plan.parameters().unwrap(), batch(0, 4));
    let train = |plan: &mut Training| {
        for _ in 0..2 {
            plan.step(&input, Targets::Tags(&targets), &UPDATE, None).unwrap();
        }
        plan.parameters().unwrap()
    };
    let once = train(&mut plan);
    plan.load(&first).unwrap();
    let OptimiserState { velocity, squares, updates, .. } = plan.optimiser_state().unwrap();
    assert!(updates == 0 && velocity.iter().chain(&squares).all(|&value| value == 0.0));
    assert_eq!(train(&mut plan), once);
}

#[test]
fn states_and_terms_that_do_not_fit_are_refused() {
    let mut plan = plan("batch", 4, 1, UpdateRule { optimiser: Optimiser::Adam, ..UpdateRule::default() });
    let mut state = plan.optimiser_state().unwrap();
    state.squares.pop();
    assert_eq!(plan.load_optimiser_state(&state).unwrap_err().code, Code::CheckpointMismatch);
    let refused = plan.use_rule(UpdateRule { largest_norm: Some(0.0), ..UpdateRule::default() }).unwrap_err();
    assert_eq!(refused.code, Code::InvalidOption);
    let refused = plan.weigh(Some(&LossTerms { smoothing: 0.0, weights: vec![1.0] })).unwrap_err();
    assert!(refused.code == Code::InvalidOption && refused.message.contains("4 weights"), "{refused}");
}
