//! Random permutations that are the same on every machine.

use engine::{Philox, Purpose};

/// A permutation of `0..count` (Fisher-Yates), drawn from (`seed`, `purpose`, `step`).
pub fn permutation(seed: u64, purpose: Purpose, step: u64, count: usize) -> Vec<u32> {
    let generator = Philox::new(seed, purpose, step);
    let mut order: Vec<u32> = (0..count as u32).collect();
    for last in (1..count).rev() {
        let words = generator.block(last as u64);
        let random = (u64::from(words[0]) << 32) | u64::from(words[1]);
        // Multiply-shift: the bias is below count / 2^64.
        let pick = ((u128::from(random) * (last as u128 + 1)) >> 64) as usize;
        order.swap(last, pick);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_comes_once_and_the_order_depends_on_every_key() {
        let order = permutation(1, Purpose::Shuffle, 0, 1000);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1000).collect::<Vec<u32>>());
        assert_eq!(order, permutation(1, Purpose::Shuffle, 0, 1000));
        assert_ne!(order, permutation(2, Purpose::Shuffle, 0, 1000));
        assert_ne!(order, permutation(1, Purpose::Shuffle, 1, 1000));
        assert_ne!(order, permutation(1, Purpose::Split, 0, 1000));
    }

    #[test]
    fn places_are_uniform() {
        let mut first = [0usize; 10];
        for step in 0..10_000 {
            first[permutation(7, Purpose::Shuffle, step, 10)[0] as usize] += 1;
        }
        // Standard deviation 30 around 1000.
        assert!(first.iter().all(|&n| (850..1150).contains(&n)), "{first:?}");
    }

    #[test]
    fn nothing_and_one_have_their_only_order() {
        assert!(permutation(1, Purpose::Shuffle, 0, 0).is_empty());
        assert_eq!(permutation(1, Purpose::Shuffle, 0, 1), [0]);
    }
}
