//! Checks of the forms of a layer: kernels, pools, strides, edges, and the inner layer.

use super::{check, Case};
use crate::infer::conv::activation::Activation;
use crate::infer::conv::geometry::Geometry;
use crate::infer::conv::scheme::Scheme;

#[test]
fn every_kernel_and_pool_gives_what_plain_loops_give() {
    let (mut schemes, mut int8_schemes) = (Vec::new(), Vec::new());
    for (kernel, pool) in
        [(2, 2), (3, 3), (3, 1), (3, 2), (3, 4), (4, 4), (5, 5), (5, 1), (2, 1), (6, 6), (1, 1), (7, 3)]
    {
        for (input, output, length) in [(9, 13, 5 * pool), (32, 40, 61 * pool + 1), (130, 64, 7 * pool)] {
            let left = kernel / 2;
            let geometry = Geometry { stride: 1, left, length, pool, pool_padding: 0 };
            let activation = if input == 9 { Activation::None } else { Activation::Relu };
            let nonnegative = input != 9;
            let case = Case { input, output, kernel, length, geometry, activation, inner: None, nonnegative };
            let (scheme, int8) = check(&case);
            assert_eq!(int8.is_some(), nonnegative, "kernel {kernel}, pool {pool}");
            schemes.push(scheme);
            int8_schemes.extend(int8);
        }
    }
    for scheme in
        [Scheme::Direct, Scheme::Winograd(6, 3), Scheme::Winograd(6, 2), Scheme::Winograd(4, 4), Scheme::Winograd(5, 5)]
    {
        assert!(schemes.contains(&scheme), "{scheme:?} was not tried");
    }
    for scheme in [Scheme::Direct, Scheme::Winograd(4, 3), Scheme::Winograd(6, 3)] {
        assert!(int8_schemes.contains(&scheme), "{scheme:?} was not tried in 8 bits");
    }
}

#[test]
fn strides_padded_pools_and_sigmoids_give_what_plain_loops_give() {
    for length in [10, 11, 12, 100] {
        let geometry = Geometry { stride: 1, left: 1, length, pool: 3, pool_padding: 1 };
        let case = Case {
            input: 20,
            output: 33,
            kernel: 3,
            length,
            geometry,
            activation: Activation::Relu,
            inner: None,
            nonnegative: true,
        };
        assert!(check(&case).1.is_some());
        let geometry = Geometry { stride: 3, left: 1, length: (length - 1) / 3 + 1, pool: 1, pool_padding: 0 };
        let case = Case { input: 5, output: 7, geometry, ..case };
        check(&case);
        check(&Case { input: 1, activation: Activation::None, nonnegative: false, ..case });
    }
    for activation in [Activation::None, Activation::Sigmoid] {
        check(&Case {
            input: 70,
            output: 35,
            kernel: 1,
            length: 1,
            geometry: Geometry::DENSE,
            activation,
            inner: None,
            nonnegative: true,
        });
    }
}

#[test]
fn a_layer_inside_gives_what_plain_loops_give() {
    for (length, kernel, pool, inner) in
        [(400, 3, 3, (3, 3)), (81, 3, 3, (9, 3)), (64, 2, 2, (2, 2)), (7, 7, 1, (5, 4))]
    {
        let geometry = Geometry { stride: 1, left: kernel / 2, length, pool, pool_padding: 0 };
        check(&Case {
            input: 40,
            output: 24,
            kernel,
            length,
            geometry,
            activation: Activation::Relu,
            inner: Some(inner),
            nonnegative: true,
        });
    }
}
