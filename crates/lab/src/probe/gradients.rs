//! The gradients of the whole classifier, compared with finite differences in f64.

use candle_core::{DType, Device, Tensor};
use net::Task;

use super::loss::BatchTargets;
use super::network::Network;
use super::protocol::{HiddenNorm, Protocol, ProtocolName};

const ROWS: usize = 7;
const WIDTH: usize = 5;
const TAGS: usize = 3;

/// Numbers in -1..1 that repeat nowhere.
fn numbers(count: usize) -> Vec<f64> {
    (0..count).map(|i| ((i as f64 + 0.5) * 12.9898).sin() * ((i as f64) * 78.233 + 1.0).cos()).collect()
}

fn features() -> Tensor {
    Tensor::from_vec(numbers(ROWS * WIDTH), (ROWS, WIDTH), &Device::Cpu).unwrap()
}

fn targets(task: Task, like: &Tensor) -> BatchTargets {
    let has = |index: usize| match task {
        Task::MultiLabel => index % 5 < 2,
        Task::SingleLabel => index % TAGS == (index / TAGS) % TAGS,
    };
    let targets: Vec<bool> = (0..ROWS * TAGS).map(has).collect();
    BatchTargets::new(task, &targets, TAGS, like).unwrap()
}

/// The greatest difference between the gradient and central differences, relative to the greatest gradient.
fn greatest_difference(protocol: &Protocol, task: Task) -> f64 {
    let network = Network::new(protocol, WIDTH, TAGS, 3, DType::F64, &Device::Cpu).unwrap();
    let (features, step) = (features(), 11);
    let targets = targets(task, &features);
    let loss = || targets.loss(&network.train(&features, step).unwrap()).unwrap();
    let gradients = loss().backward().unwrap();
    let (mut difference, mut greatest) = (0.0f64, 0.0f64);
    for named in network.trainable_tensors() {
        let gradient = gradients.get(&named.var).unwrap().flatten_all().unwrap().to_vec1::<f64>().unwrap();
        let values = named.var.flatten_all().unwrap().to_vec1::<f64>().unwrap();
        for index in 0..values.len() {
            let at = |shift: f64| {
                let mut moved = values.clone();
                moved[index] += shift;
                named.var.set(&Tensor::from_vec(moved, named.var.shape(), &Device::Cpu).unwrap()).unwrap();
                loss().to_scalar::<f64>().unwrap()
            };
            let slope = (at(1e-6) - at(-1e-6)) / 2e-6;
            at(0.0);
            difference = difference.max((slope - gradient[index]).abs());
            greatest = greatest.max(gradient[index].abs());
        }
    }
    difference / greatest
}

#[test]
fn gradients_equal_finite_differences_for_every_kind_of_classifier() {
    for hidden in [vec![], vec![6], vec![6, 4]] {
        for norm in [HiddenNorm::None, HiddenNorm::Batch] {
            for dropout in [0.0, 0.3] {
                for task in [Task::MultiLabel, Task::SingleLabel] {
                    let named = Protocol::named(ProtocolName::Adam);
                    let protocol = Protocol { hidden: hidden.clone(), norm, dropout, ..named };
                    let difference = greatest_difference(&protocol, task);
                    assert!(difference < 1e-7, "{hidden:?} {norm:?} {dropout} {task:?}: {difference}");
                }
            }
        }
    }
}

#[test]
fn the_loss_and_its_gradient_are_right_at_zero_and_where_the_sigmoid_is_saturated() {
    let logits = candle_core::Var::new(&[[0.0f64, -200.0, 200.0, -200.0, 200.0, 30.0]], &Device::Cpu).unwrap();
    let targets = [true, true, false, false, true, true];
    let batch = BatchTargets::new(Task::MultiLabel, &targets, 6, logits.as_tensor()).unwrap();
    let loss = batch.loss(logits.as_tensor()).unwrap();
    let expected = (2f64.ln() + 200.0 + 200.0 + (-30f64).exp()) / 6.0;
    assert!((loss.to_scalar::<f64>().unwrap() - expected).abs() < 1e-12);
    let gradients = loss.backward().unwrap();
    let gradient = gradients.get(&logits).unwrap().to_vec2::<f64>().unwrap().remove(0);
    let close = |got: f64, sigmoid_minus_target: f64| (got * 6.0 - sigmoid_minus_target).abs() < 1e-12;
    let expected = [-0.5, -1.0, 1.0, 0.0, 0.0, 1.0 / (1.0 + (-30f64).exp()) - 1.0];
    assert!(gradient.iter().zip(expected).all(|(&got, expected)| close(got, expected)), "{gradient:?}");
}

#[test]
fn dropout_keeps_the_mean_and_depends_on_seed_and_step() {
    let protocol = Protocol { hidden: vec![2000], dropout: 0.4, ..Protocol::named(ProtocolName::Adam) };
    let network = |seed| Network::new(&protocol, WIDTH, TAGS, seed, DType::F64, &Device::Cpu).unwrap();
    let logits = |step| network(1).train(&features(), step).unwrap().to_vec2::<f64>().unwrap();
    assert_eq!(logits(5), logits(5));
    assert_ne!(logits(5), logits(6));
    let steady = network(1).predict(&features()).unwrap().to_vec2::<f64>().unwrap();
    let mean = (0..400).map(|step| logits(step)[0][0]).sum::<f64>() / 400.0;
    assert!((mean - steady[0][0]).abs() < 0.05, "{mean} {}", steady[0][0]);
}

#[test]
fn running_statistics_follow_the_batches() {
    let protocol =
        Protocol { hidden: vec![4], norm: HiddenNorm::Batch, dropout: 0.0, ..Protocol::named(ProtocolName::Adam) };
    let network = Network::new(&protocol, WIDTH, TAGS, 3, DType::F64, &Device::Cpu).unwrap();
    let features = features();
    let train = network.train(&features, 0).unwrap().to_vec2::<f64>().unwrap();
    for step in 1..300 {
        network.train(&features, step).unwrap();
    }
    let tensor = |name: &str| {
        network.tensors().find(|named| named.name == name).unwrap().var.flatten_all().unwrap().to_vec1::<f64>().unwrap()
    };
    // The hidden values of the batch, before the norm.
    let weight = Tensor::from_vec(tensor("hidden.0.weight"), (4, WIDTH), &Device::Cpu).unwrap();
    let values = features.matmul(&weight.t().unwrap()).unwrap().t().unwrap().to_vec2::<f64>().unwrap();
    let (means, variances) = (tensor("hidden.0.norm.running_mean"), tensor("hidden.0.norm.running_var"));
    for (channel, values) in values.iter().enumerate() {
        let mean = values.iter().sum::<f64>() / ROWS as f64;
        let unbiased = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (ROWS - 1) as f64;
        assert!((means[channel] - mean).abs() < 1e-9 && (variances[channel] - unbiased).abs() < 1e-9);
    }
    let predicted = network.predict(&features).unwrap().to_vec2::<f64>().unwrap();
    assert!(train.iter().flatten().zip(predicted.iter().flatten()).all(|(a, b)| (a - b).abs() < 0.3));
}
