//! Tests of every operation alone, and of its definition.

use std::rc::Rc;

use engine_core::Targets;
use engine_testbed::fixture::uniform;
use net::Pooling;
use twin::conv::Conv;
use twin::excite::Excite;
use twin::norm::Statistics;
use twin::{dense, dropout, global, loss, norm, pool, relu, update, Map};

use crate::{check, dot, map, numbers, with};

#[test]
fn conv() {
    for (kernel, stride, padding) in
        [(3, 1, [1, 1]), (2, 1, [0, 1]), (2, 1, [1, 0]), (1, 1, [0, 0]), (5, 3, [2, 2]), (4, 2, [1, 2])]
    {
        let conv = Conv { from: 3, to: 4, kernel, stride, padding };
        let (x, weight, bias) = (map("x", 2, 7, 3), numbers("w", 12 * kernel), numbers("b", 4));
        let y = conv.forward(&x, &weight, Some(&bias));
        let dy = map("dy", 2, y.length, 4);
        let back = conv.backward(&x, &weight, &dy);
        let what = format!("kernel {kernel}, stride {stride}, padding {padding:?}");
        let through = |x: &Map, w: &[f64], b: &[f64]| dot(&conv.forward(x, w, Some(b)).values, &dy.values);
        check(&what, &x.values, &back.input.values, |v| through(&with(&x, v), &weight, &bias));
        check(&what, &weight, &back.weight, |v| through(&x, v, &bias));
        check(&what, &bias, &back.bias, |v| through(&x, &weight, v));
    }
}

#[test]
fn conv_is_the_sum_of_its_definition() {
    let conv = Conv { from: 2, to: 3, kernel: 4, stride: 3, padding: [2, 1] };
    let (x, weight) = (map("x", 2, 8, 2), numbers("w", 24));
    let y = conv.forward(&x, &weight, None);
    assert_eq!(y.length, 3);
    for (segment, j, o) in (0..2).flat_map(|s| (0..3).flat_map(move |j| (0..3).map(move |o| (s, j, o)))) {
        let mut sum = 0.0;
        for t in 0..4 {
            let position = (j * 3 + t) as isize - 2;
            if (0..8).contains(&position) {
                sum += (0..2).map(|i| x.row(segment, position as usize)[i] * weight[(o * 2 + i) * 4 + t]).sum::<f64>();
            }
        }
        assert!((y.row(segment, j)[o] - sum).abs() < 1e-14);
    }
}

#[test]
fn batch_norm() {
    let (x, gamma, beta, dy) = (map("x", 3, 4, 2), vec![1.3, -0.7], vec![0.1, 0.2], map("dy", 3, 4, 2));
    let through = |x: &Map, gamma: &[f64], beta: &[f64]| {
        let statistics = Statistics::of(x);
        norm::forward(x.clone(), gamma, beta, &statistics.mean, &statistics.variance, 1e-3)
    };
    let (_, tape) = through(&x, &gamma, &beta);
    let back = norm::backward(&tape, &gamma, dy.clone());
    check("x", &x.values, &back.input.values, |v| dot(&through(&with(&x, v), &gamma, &beta).0.values, &dy.values));
    check("gamma", &gamma, &back.gamma, |v| dot(&through(&x, v, &beta).0.values, &dy.values));
    check("beta", &beta, &back.beta, |v| dot(&through(&x, &gamma, v).0.values, &dy.values));
}

#[test]
fn relu_with_no_gradient_at_zero() {
    let (x, dy) = (map("x", 2, 5, 3), map("dy", 2, 5, 3));
    let back = relu::backward(&relu::forward(x.clone()), dy.clone());
    check("x", &x.values, &back.values, |v| dot(&relu::forward(with(&x, v)).values, &dy.values));
    let zero = Map::zeros(1, 1, 1);
    assert_eq!(relu::backward(&relu::forward(zero.clone()), Map::new(1, 1, 1, vec![1.0])), zero);
}

#[test]
fn max_pool_with_and_without_padding() {
    for (window, padding) in [(3, 0), (2, 0), (3, 1), (1, 0), (4, 2)] {
        let x = map("x", 2, 8, 3);
        let (y, tape) = pool::forward(&x, window, padding);
        let dy = map("dy", 2, y.length, 3);
        let back = pool::backward(&tape, &dy);
        check("x", &x.values, &back.values, |v| {
            dot(&pool::forward(&with(&x, v), window, padding).0.values, &dy.values)
        });
    }
    let tied = Map::new(1, 3, 1, vec![2.0, 5.0, 5.0]);
    let (_, tape) = pool::forward(&tied, 3, 0);
    assert_eq!(pool::backward(&tape, &Map::new(1, 1, 1, vec![1.0])).values, [0.0, 1.0, 0.0], "the first maximum");
}

#[test]
fn padded_pool_outputs_have_the_lengths_of_pytorch() {
    // LeeNet11 on 320,000 samples: architectures.md 11.
    let mut length = 106_667;
    for next in [35_556, 11_852, 3_951, 1_317, 439, 147, 49, 17] {
        length = pool::forward(&Map::zeros(1, length, 1), 3, 1).0.length;
        assert_eq!(length, next);
    }
}

#[test]
fn global_pooling() {
    for pooling in [Pooling::Max, Pooling::MaxMean] {
        let (x, dy) = (map("x", 2, 5, 3), map("dy", 2, 1, 3));
        let (_, tape) = global::forward(&x, pooling);
        let back = global::backward(&tape, pooling, &dy);
        check("x", &x.values, &back.values, |v| dot(&global::forward(&with(&x, v), pooling).0.values, &dy.values));
    }
}

#[test]
fn dense_layer() {
    let (x, weight, bias, dy) = (map("x", 3, 1, 4), numbers("w", 20), numbers("b", 5), map("dy", 3, 1, 5));
    let back = dense::backward(&x, &weight, &dy);
    check("x", &x.values, &back.input.values, |v| {
        dot(&dense::forward(&with(&x, v), &weight, &bias).values, &dy.values)
    });
    check("weight", &weight, &back.weight, |v| dot(&dense::forward(&x, v, &bias).values, &dy.values));
    check("bias", &bias, &back.bias, |v| dot(&dense::forward(&x, &weight, v).values, &dy.values));
}

#[test]
fn excitation() {
    let (x, dy) = (map("x", 2, 5, 3), map("dy", 2, 5, 3));
    let (w1, b1, w2, b2) = (numbers("w1", 12), numbers("b1", 4), numbers("w2", 12), numbers("b2", 3));
    let through = |x: &Map, w1: &[f64], b1: &[f64], w2: &[f64], b2: &[f64]| {
        let excite = Excite { fc1_weight: w1, fc1_bias: b1, fc2_weight: w2, fc2_bias: b2 };
        dot(&excite.forward(Rc::new(x.clone())).0.values, &dy.values)
    };
    let excite = Excite { fc1_weight: &w1, fc1_bias: &b1, fc2_weight: &w2, fc2_bias: &b2 };
    let (_, tape) = excite.forward(Rc::new(x.clone()));
    let back = excite.backward(&tape, &dy);
    check("x", &x.values, &back.input.values, |v| through(&with(&x, v), &w1, &b1, &w2, &b2));
    check("fc1 weight", &w1, &back.fc1.weight, |v| through(&x, v, &b1, &w2, &b2));
    check("fc1 bias", &b1, &back.fc1.bias, |v| through(&x, &w1, v, &w2, &b2));
    check("fc2 weight", &w2, &back.fc2.weight, |v| through(&x, &w1, &b1, v, &b2));
    check("fc2 bias", &b2, &back.fc2.bias, |v| through(&x, &w1, &b1, &w2, v));
}

#[test]
fn inverted_dropout() {
    let (x, dy) = (map("x", 1, 4, 2), map("dy", 1, 4, 2));
    let mask: Vec<bool> = uniform("mask").map(|u| u > 0.0).take(8).collect();
    let back = dropout::apply(dy.clone(), &mask, 0.2);
    check("x", &x.values, &back.values, |v| dot(&dropout::apply(with(&x, v), &mask, 0.2).values, &dy.values));
}

#[test]
fn losses() {
    let logits: Vec<f64> = numbers("logits", 12).iter().map(|u| 4.0 * u).collect();
    let tags: Vec<f32> = uniform("tags").map(|u| f32::from(u8::from(u > 0.0))).take(12).collect();
    // Three rows that sum to 1, in numbers that f32 holds exactly.
    let soft = [0.5, 0.25, 0.125, 0.125, 0.0, 1.0, 0.0, 0.0, 0.25, 0.25, 0.25, 0.25];
    for targets in
        [Targets::Tags(&tags), Targets::Tags(&soft), Targets::Classes(&[2, 0, 3]), Targets::Distributions(&soft)]
    {
        check("logits", &logits, &loss::loss(&logits, 4, targets).1, |v| loss::loss(v, 4, targets).0);
    }
    // Saturated logits stay finite.
    let (value, gradient) = loss::loss(&[-800.0, 800.0], 2, Targets::Tags(&[1.0, 0.0]));
    assert_eq!((value, &gradient[..]), (800.0, &[-0.5, 0.5][..]));
}

/// PyTorch multiplies by the learning rate outside the velocity, Keras inside; with a constant rate the updates are
/// equal.
#[test]
fn the_update_is_that_of_keras_at_a_constant_rate() {
    let (rate, momentum) = (0.01, 0.9);
    let (mut ours, mut velocity) = (numbers("weights", 5), vec![0.0; 5]);
    let (mut keras, mut keras_velocity) = (ours.clone(), vec![0.0; 5]);
    for step in 0..4 {
        let gradient = numbers(&format!("gradient {step}"), 5);
        update::update(&mut ours, &mut velocity, &gradient, rate, momentum, 0.0);
        for i in 0..5 {
            keras_velocity[i] = momentum * keras_velocity[i] - rate * gradient[i];
            keras[i] += momentum * keras_velocity[i] - rate * gradient[i];
        }
        ours.iter().zip(&keras).for_each(|(a, b)| assert!((a - b).abs() < 1e-15));
    }
    let mut weights = [2.0];
    update::update(&mut weights, &mut [0.0], &[1.0], 0.1, 0.5, 0.25);
    assert_eq!(weights, [2.0 - 0.1 * 1.5 * 1.5], "weight decay adds 0.25 * 2 to the gradient");
}
