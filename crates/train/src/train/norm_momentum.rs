//! The momentum of the running statistics of norms.

use limits::{FAST_NORM_MOMENTUM, PRESET_NORM_MOMENTUM, SETTLING_UPDATES};
use net::Architecture;

/// The architecture with the norm momentum `asked`, or with one that suits `updates` updates per epoch.
pub(super) fn with_norm_momentum(mut architecture: Architecture, asked: Option<f64>, updates: usize) -> Architecture {
    let norm = &mut architecture.norm;
    norm.momentum = match asked {
        Some(momentum) => momentum,
        None if norm.momentum == PRESET_NORM_MOMENTUM && updates < SETTLING_UPDATES => FAST_NORM_MOMENTUM,
        None => norm.momentum,
    };
    architecture
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_epochs_get_faster_statistics_unless_a_momentum_is_asked_for() {
        let momentum =
            |asked, updates| with_norm_momentum(Architecture::preset("3^9").unwrap(), asked, updates).norm.momentum;
        assert_eq!(momentum(None, 499), 0.1);
        assert_eq!(momentum(None, 500), 0.01);
        assert_eq!(momentum(Some(0.01), 10), 0.01);
        assert_eq!(momentum(Some(0.3), 1000), 0.3);
    }
}
