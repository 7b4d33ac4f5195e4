//! Compares the updates of every optimiser, limited norms, updates with several batches and weighted losses with those
//! of the CPU.

use engine_core::{
    initialise, Initialisation, LossTerms, Optimiser, OptimiserState, Share, Targets, Training, Update, UpdateRule,
};
use net::Task;

use super::{batch, close, on_cpu, small_networks, training};

const UPDATE: Update = Update { learning_rate: 0.01, momentum: 0.9, weight_decay: 0.1 };
const TAGS: usize = 4;

fn plans(task: Task) -> Option<[Training; 2]> {
    let architecture = small_networks().swap_remove(2);
    let mut gpu = training(&architecture, TAGS, task, 3)?;
    let mut cpu = Training::new(&architecture, TAGS, task, 3, &on_cpu()).unwrap();
    let first = initialise(&architecture, TAGS, Initialisation::He, 1).unwrap();
    gpu.load(&first).unwrap();
    cpu.load(&first).unwrap();
    Some([gpu, cpu])
}

/// An update moves a weight whose gradient is nearly zero by Adam's full step in a direction that rounding decides, so
/// both plans update the gradients of the CPU: the state of the CPU is loaded after every step, and the moments are
/// compared, not the weights.
#[test]
fn every_optimiser_moves_as_on_the_cpu() {
    let architecture = small_networks().swap_remove(2);
    for optimiser in [Optimiser::SgdNesterov, Optimiser::Adam, Optimiser::AdamW] {
        for (largest_norm, accumulates) in [(None, false), (Some(0.05), false), (Some(0.05), true)] {
            let Some([mut gpu, mut cpu]) = plans(Task::MultiLabel) else { return };
            let rule = UpdateRule { optimiser, largest_norm, accumulates };
            for plan in [&mut gpu, &mut cpu] {
                plan.use_rule(rule).unwrap();
            }
            for step in 0..4 {
                let (input, targets) = batch(&architecture, TAGS, 3, step);
                for plan in [&mut gpu, &mut cpu] {
                    let targets = Targets::Tags(&targets);
                    if accumulates {
                        let share = Share { weight: 0.5, first: step % 2 == 0 };
                        let update = (step % 2 == 1).then_some(&UPDATE);
                        plan.queue_share(&input, targets, share, update, None).unwrap();
                    } else {
                        plan.queue(&input, targets, &UPDATE, None).unwrap();
                    }
                }
                let name = format!("{rule:?}, step {step}");
                let [ours, theirs] = [&gpu, &cpu].map(|plan| plan.optimiser_state().unwrap());
                close(&format!("velocity, {name}"), &ours.velocity, &theirs.velocity, 2e-3);
                close(&format!("squares, {name}"), &ours.squares, &theirs.squares, 4e-3);
                close(&format!("accumulated, {name}"), &ours.accumulated, &theirs.accumulated, 2e-3);
                assert_eq!(ours.updates, theirs.updates);
                let parameters = cpu.parameters().unwrap();
                close(&format!("values, {name}"), &gpu.parameters().unwrap().trainable, &parameters.trainable, 1e-2);
                gpu.load(&parameters).unwrap();
                gpu.load_optimiser_state(&theirs).unwrap();
            }
        }
    }
}

#[test]
fn a_plan_continues_in_the_middle_of_an_update_with_the_same_bits() {
    let architecture = small_networks().swap_remove(2);
    let rule = UpdateRule { optimiser: Optimiser::AdamW, largest_norm: Some(0.1), accumulates: true };
    let Some([mut whole, _]) = plans(Task::MultiLabel) else { return };
    whole.use_rule(rule).unwrap();
    let step = |plan: &mut Training, number: u64| {
        let (input, targets) = batch(&architecture, TAGS, 3, number);
        let share = Share { weight: 1.0 / 3.0, first: number.is_multiple_of(3) };
        let update = (number % 3 == 2).then_some(&UPDATE);
        plan.queue_share(&input, Targets::Tags(&targets), share, update, Some((1, number))).unwrap();
    };
    (0..4).for_each(|number| step(&mut whole, number));
    let (parameters, state) = (whole.parameters().unwrap(), whole.optimiser_state().unwrap());
    let OptimiserState { squares, accumulated, updates, .. } = &state;
    assert!(!squares.is_empty() && !accumulated.is_empty() && *updates == 1);
    let Some([mut resumed, _]) = plans(Task::MultiLabel) else { return };
    resumed.use_rule(rule).unwrap();
    resumed.load(&parameters).unwrap();
    resumed.load_optimiser_state(&state).unwrap();
    for plan in [&mut whole, &mut resumed] {
        (4..6).for_each(|number| step(plan, number));
    }
    assert_eq!(whole.parameters().unwrap(), resumed.parameters().unwrap());
    assert_eq!(whole.optimiser_state().unwrap(), resumed.optimiser_state().unwrap());
}

#[test]
fn weighted_and_smoothed_losses_are_those_of_the_cpu() {
    let architecture = small_networks().swap_remove(2);
    for task in [Task::MultiLabel, Task::SingleLabel] {
        let Some(mut plans) = plans(task) else { return };
        let (input, tags) = batch(&architecture, TAGS, 3, 5);
        let targets = match task {
            Task::MultiLabel => Targets::Tags(&tags),
            Task::SingleLabel => Targets::Classes(&[2, 0, 3]),
        };
        let all = LossTerms { smoothing: 0.1, weights: vec![2.0, 1.0, 0.5, 8.0] };
        let smooth = LossTerms { smoothing: 0.1, weights: Vec::new() };
        for terms in [None, Some(all), Some(smooth), None] {
            let [ours, theirs] = plans.each_mut().map(|plan| {
                plan.weigh(terms.as_ref()).unwrap();
                plan.gradients(&input, targets, None).unwrap()
            });
            assert!((ours.loss - theirs.loss).abs() < 1e-5 * theirs.loss, "{} {}", ours.loss, theirs.loss);
            close("gradients", &ours.parameters, &theirs.parameters, 2e-3);
        }
    }
}
