//! Checks that every backward operation of the twin is the derivative of its forward operation, by central differences
//! in f64.

#![allow(clippy::unwrap_used)]

mod networks;
mod operations;

use engine_testbed::fixture::uniform;
use twin::Map;

/// Random numbers in [-1, 1), determined by `name`.
fn numbers(name: &str, count: usize) -> Vec<f64> {
    uniform(name).take(count).collect()
}

fn map(name: &str, batch: usize, length: usize, channels: usize) -> Map {
    Map::new(batch, length, channels, numbers(name, batch * length * channels))
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Compares `gradient` with the central differences of `f` at `x`.
fn check(what: &str, x: &[f64], gradient: &[f64], f: impl Fn(&[f64]) -> f64) {
    assert_eq!(x.len(), gradient.len(), "{what}");
    let scale = gradient.iter().fold(1e-3_f64, |m, g| m.max(g.abs()));
    let mut moved = x.to_vec();
    for i in 0..x.len() {
        let h = 1e-6;
        moved[i] = x[i] + h;
        let above = f(&moved);
        moved[i] = x[i] - h;
        let below = f(&moved);
        moved[i] = x[i];
        let difference = (above - below) / (2.0 * h);
        let error = (difference - gradient[i]).abs() / scale;
        assert!(error < 1e-6, "{what}: derivative {i} is {difference}, the gradient says {}", gradient[i]);
    }
}

fn with(x: &Map, values: &[f64]) -> Map {
    Map::new(x.batch, x.length, x.channels, values.to_vec())
}
