//! The order in which channels are plotted, and the channel at which the curves of the tags cross one half.

/// The channels by ascending mean of `curves` `[curves][channels]`.
pub fn sorted_channels(curves: &[&[f64]]) -> Vec<usize> {
    let channels = curves.first().map_or(0, |curve| curve.len());
    let sum = |c: usize| curves.iter().map(|curve| curve[c]).sum::<f64>();
    let sums: Vec<f64> = (0..channels).map(sum).collect();
    let mut order: Vec<usize> = (0..channels).collect();
    order.sort_by(|&one, &other| sums[one].total_cmp(&sums[other]).then(one.cmp(&other)));
    order
}

/// The number of sorted channels left of the place where the curves cross one half: of all places, the one with the
/// fewest values on the wrong side, which are those of at least one half left of it and those below it on its right.
pub fn crossing(curves: &[&[f64]], order: &[usize]) -> usize {
    let high = |c: usize| curves.iter().filter(|curve| curve[c] >= 0.5).count() as isize;
    // With no channel on the left, all values below one half are wrong.
    let mut wrong: isize = order.iter().map(|&c| curves.len() as isize - high(c)).sum();
    let (mut best, mut fewest) = (0, wrong);
    for (place, &c) in order.iter().enumerate() {
        wrong += 2 * high(c) - curves.len() as isize;
        if wrong < fewest {
            (best, fewest) = (place + 1, wrong);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_cross_one_half_between_the_low_and_the_high_channels() {
        let (one, other) = ([0.9, 0.1, 0.2, 0.7, 0.45], [0.8, 0.2, 0.3, 0.6, 0.55]);
        let curves: [&[f64]; 2] = [&one, &other];
        let order = sorted_channels(&curves);
        assert_eq!(order, [1, 2, 4, 3, 0]);
        assert_eq!(crossing(&curves, &order), 2);
        let low: [&[f64]; 1] = [&[0.1, 0.2, 0.3]];
        assert_eq!(crossing(&low, &[0, 1, 2]), 3);
        let high: [&[f64]; 1] = [&[0.6, 0.7]];
        assert_eq!(crossing(&high, &[0, 1]), 0);
    }
}
