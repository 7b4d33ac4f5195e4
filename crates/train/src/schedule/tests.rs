//! Schedules against sequences computed by hand.

use super::*;

fn paper() -> Schedule {
    let rates = vec![0.01, 0.002, 0.0004, 0.00008, 0.000016];
    Schedule::of(Rule::Staged { rates, decay: 1e-6, patience: 4, most: None }, None)
}

/// Runs losses through the schedule; returns the stage in which each epoch was trained, and the final state.
fn stages(schedule: &Schedule, losses: &[f64]) -> (Vec<usize>, SchedulePosition) {
    let mut progress = SchedulePosition::default();
    let mut stages = Vec::new();
    for &loss in losses {
        if schedule.is_finished(&progress) {
            break;
        }
        stages.push(progress.stage);
        schedule.end_epoch(&mut progress, loss);
    }
    (stages, progress)
}

#[test]
fn a_stage_ends_at_the_fourth_epoch_in_a_row_without_a_new_minimum() {
    // Minimum at the second epoch, then three worse, one better, four worse: the ninth is the last of the stage.
    let losses = [0.5, 0.4, 0.41, 0.42, 0.4, 0.39, 0.5, 0.5, 0.5, 0.39, 0.1];
    let (stages, progress) = stages(&paper(), &losses);
    assert_eq!(stages, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!((progress.best, progress.waited), (Some(0.1), 0));
}

#[test]
fn every_stage_counts_afresh_and_hands_on_its_own_best() {
    let schedule = paper();
    let mut progress = SchedulePosition { updates: 900, ..SchedulePosition::default() };
    for loss in [0.3, 0.4, 0.4, 0.4] {
        assert!(!schedule.end_epoch(&mut progress, loss).next_stage);
    }
    let verdict = schedule.end_epoch(&mut progress, 0.4);
    assert!(verdict.next_stage && !schedule.is_finished(&progress));
    assert_eq!((progress.stage, progress.updates, progress.best, progress.waited), (1, 0, None, 0));
    // Worse than the best of the first stage, but the best of the second.
    let verdict = schedule.end_epoch(&mut progress, 0.35);
    assert!(verdict.best_of_stage && !verdict.best_of_all);
}

#[test]
fn five_stages_of_losses_that_only_rise_take_twenty_five_epochs() {
    let losses: Vec<f64> = (0..100).map(|i| 1.0 + f64::from(i)).collect();
    let (stages, progress) = stages(&paper(), &losses);
    assert_eq!(stages.len(), 25);
    assert_eq!(stages.iter().filter(|&&s| s == 4).count(), 5);
    assert!(progress.over);
}

#[test]
fn a_stage_has_at_most_its_limit_of_epochs_even_while_the_loss_falls() {
    let rates = vec![0.01, 0.002];
    let schedule = Schedule::of(Rule::Staged { rates, decay: 0.0, patience: 2, most: Some(3) }, None);
    let falling: Vec<f64> = (0..20).map(|i| 1.0 - f64::from(i) / 100.0).collect();
    let (stages, progress) = stages(&schedule, &falling);
    assert_eq!(stages, [0, 0, 0, 1, 1, 1]);
    assert!(progress.over);
    // Patience still ends a stage before.
    let mut position = SchedulePosition::default();
    let ended: Vec<bool> =
        [0.5, 0.6, 0.7].map(|loss| schedule.end_epoch(&mut position, loss).next_stage).into_iter().collect();
    assert_eq!((ended, position.stage_epochs), (vec![false, false, true], 0));
}

#[test]
fn the_cap_counts_epochs_of_all_stages() {
    let schedule = Schedule { epochs: Some(7), ..paper() };
    let (stages, progress) = stages(&schedule, &[1.0; 50]);
    assert_eq!(stages, [0, 0, 0, 0, 0, 1, 1]);
    assert!(!progress.over && schedule.is_finished(&progress));
}

#[test]
fn a_cap_at_the_end_of_a_stage_still_moves_on() {
    let schedule = Schedule { epochs: Some(5), ..paper() };
    let mut progress = SchedulePosition::default();
    let last = [1.0; 5].map(|loss| schedule.end_epoch(&mut progress, loss))[4];
    assert!(last.next_stage && schedule.is_finished(&progress) && !paper().is_finished(&progress));
    assert_eq!(progress.stage, 1);
}

#[test]
fn the_inner_decay_counts_updates_of_the_stage() {
    let mut progress = SchedulePosition::default();
    assert_eq!(paper().learning_rate(&progress), 0.01);
    progress.updates = 1_000_000;
    assert_eq!(paper().learning_rate(&progress), 0.005);
    progress.stage = 4;
    progress.updates = 0;
    assert_eq!(paper().learning_rate(&progress), 0.000016);
}

#[test]
fn a_loss_that_is_not_a_number_is_no_minimum() {
    let mut progress = SchedulePosition::default();
    assert!(!paper().end_epoch(&mut progress, f64::NAN).best_of_stage);
    assert_eq!((progress.best, progress.waited), (None, 1));
}

/// Runs losses through the schedule, with `updates` updates an epoch; returns the rate of every update.
fn rates(schedule: &Schedule, updates: usize, losses: &[f64]) -> Vec<f64> {
    let mut position = SchedulePosition::default();
    let mut rates = Vec::new();
    for &loss in losses {
        if schedule.is_finished(&position) {
            break;
        }
        for _ in 0..updates {
            rates.push(schedule.learning_rate(&position));
            Schedule::count_update(&mut position);
        }
        schedule.end_epoch(&mut position, loss);
    }
    rates
}

fn close(ours: &[f64], expected: &[f64]) {
    assert_eq!(ours.len(), expected.len(), "{ours:?}");
    ours.iter().zip(expected).for_each(|(a, b)| assert!((a - b).abs() < 1e-12, "{ours:?} {expected:?}"));
}

#[test]
fn a_position_of_an_older_version_is_read() {
    let old = r#"{"stage": 2, "updates": 7, "epochs": 9, "best": 0.5, "bestOfAll": 0.4, "waited": 1, "over": false}"#;
    let position: SchedulePosition = serde_json::from_str(old).unwrap();
    assert_eq!((position.stage, position.phase, position.first_stage, position.epochs_before_phase), (2, 0, 0, 0));
    assert_eq!(paper().learning_rate(&SchedulePosition { updates: 0, ..position }), 0.0004);
}

#[test]
fn a_plateau_reduces_the_rate_and_ends_below_the_minimum() {
    let rule = Rule::Plateau { rate: 1.0, factor: 0.5, patience: 2, minimum: 0.25 };
    // New minima at epochs 1, 2 and 5; two epochs without one end at 4, 7 and 9.
    let losses = [5.0, 4.0, 4.0, 4.5, 3.0, 3.0, 3.1, 3.2, 3.0, 1.0];
    close(&rates(&Schedule::of(rule, None), 1, &losses), &[1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25]);
    let mut position = SchedulePosition::default();
    let schedule = Schedule::of(Rule::Plateau { rate: 1.0, factor: 0.5, patience: 1, minimum: 0.0 }, Some(3));
    let verdicts = [1.0, 2.0, 2.0].map(|loss| schedule.end_epoch(&mut position, loss));
    assert!(verdicts.iter().all(|verdict| !verdict.next_stage), "weights and optimiser go on");
    assert_eq!((position.reductions, position.stage, schedule.is_finished(&position)), (2, 0, true));
}

#[test]
fn a_cosine_falls_from_update_to_update_to_its_minimum() {
    let rule = Rule::Cosine { rate: 1.0, minimum: 0.0, updates: 4, warmup: 0 };
    let half = 0.5f64.sqrt() / 2.0;
    let schedule = Schedule::of(rule, Some(2));
    close(&rates(&schedule, 2, &[1.0; 9]), &[1.0, 0.5 + half, 0.5, 0.5 - half]);
    let rule = Rule::Cosine { rate: 1.1, minimum: 0.1, updates: 4, warmup: 0 };
    close(&rates(&Schedule::of(rule, Some(4)), 1, &[1.0; 9]), &[1.1, 0.6 + half, 0.6, 0.6 - half]);
}

#[test]
fn a_warm_up_rises_linearly_and_the_cosine_begins_after_it() {
    let rule = Rule::Cosine { rate: 1.0, minimum: 0.0, updates: 6, warmup: 2 };
    let half = 0.5f64.sqrt() / 2.0;
    let schedule = Schedule { warmup: 2, ..Schedule::of(rule, Some(3)) };
    close(&rates(&schedule, 2, &[1.0; 9]), &[0.5, 1.0, 1.0, 0.5 + half, 0.5, 0.5 - half]);
    let constant = Schedule { warmup: 4, ..Schedule::of(Rule::Constant { rate: 2.0 }, Some(2)) };
    close(&rates(&constant, 3, &[1.0; 9]), &[0.5, 1.0, 1.5, 2.0, 2.0, 2.0]);
    // The warm-up of a staged schedule lasts into the second stage if the first is shorter.
    let rule = Rule::Staged { rates: vec![1.0, 0.5], decay: 0.0, patience: 1, most: None };
    let staged = Schedule { warmup: 8, ..Schedule::of(rule, None) };
    close(&rates(&staged, 2, &[1.0, 1.0, 1.0, 1.0]), &[0.125, 0.25, 0.375, 0.5, 0.3125, 0.375, 0.4375, 0.5]);
}

#[test]
fn phases_follow_one_another_with_fresh_counters() {
    let phase = |rule, epochs| Phase { rule, epochs: Some(epochs) };
    let schedule = Schedule {
        phases: vec![
            phase(Rule::Constant { rate: 1.0 }, 2),
            phase(Rule::Staged { rates: vec![0.5, 0.25], decay: 0.0, patience: 1, most: None }, 9),
            phase(Rule::Cosine { rate: 0.1, minimum: 0.0, updates: 2, warmup: 0 }, 2),
        ],
        warmup: 0,
        epochs: None,
    };
    // The second phase ends early: its last stage does not improve.
    let losses = [5.0, 4.0, 4.5, 4.6, 4.4, 4.5, 1.0, 1.0, 1.0];
    close(&rates(&schedule, 1, &losses), &[1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.1, 0.05]);
    let mut position = SchedulePosition { updates: 7, ..SchedulePosition::default() };
    schedule.end_epoch(&mut position, 5.0);
    let verdict = schedule.end_epoch(&mut position, 6.0);
    assert!(verdict.next_phase && verdict.next_stage && !verdict.best_of_stage);
    assert_eq!((position.phase, position.stage, position.first_stage, position.updates), (1, 1, 1, 0));
    assert!(schedule.end_epoch(&mut position, 7.0).best_of_stage, "the best value begins anew with every stage");
    let capped = Schedule { epochs: Some(3), ..schedule };
    close(&rates(&capped, 1, &losses), &[1.0, 1.0, 0.5]);
}

#[test]
fn the_rate_of_an_epoch_is_that_of_its_last_update_without_decay() {
    let position = |updates| SchedulePosition { updates, all_updates: updates, ..SchedulePosition::default() };
    assert_eq!(paper().epoch_rate(&position(1_000_000)), 0.01);
    let rule = Rule::Cosine { rate: 1.0, minimum: 0.0, updates: 4, warmup: 0 };
    close(&[Schedule::of(rule, Some(2)).epoch_rate(&position(3))], &[0.5]);
    let warm = Schedule { warmup: 4, ..Schedule::of(Rule::Constant { rate: 2.0 }, Some(2)) };
    close(&[warm.epoch_rate(&position(3))], &[1.5]);
}
