//! Errors about trainings that have diverged: which number is no longer finite, and what to do.

use error::{Code, Error};
use net::{Layout, Parameters};

use crate::options::TrainOptions;

/// The first learning rate of the paper, and the default.
const USUAL_RATE: f64 = 0.01;

/// The error for a training that diverged in epoch `epoch` (from 0) at learning rate `rate`; `what` names the first
/// number that was not finite.
pub(super) fn diverged(what: &str, epoch: usize, options: &TrainOptions, rate: f64) -> Error {
    let of_all = options.learning_rates.first().filter(|_| options.phases.is_empty());
    let first = of_all.copied().unwrap_or(rate);
    let lower = if first > USUAL_RATE { USUAL_RATE } else { first / 10.0 };
    Error::new(
        Code::Diverged,
        format!(
            "the training has diverged in epoch {}, at a learning rate of {rate}: {what}; train again in another \
             folder with lower learningRates (the first was {first}, try {lower})",
            epoch + 1
        ),
    )
}

/// The first tensor that holds a number that is not finite, if there is one.
pub(super) fn infinite(layout: &Layout, parameters: &Parameters, velocity: &[f32]) -> Option<String> {
    let bad = |values: &[f32]| values.iter().copied().find(|value| !value.is_finite());
    let tensors = layout.tensors.iter().find_map(|spec| {
        let value = bad(parameters.tensor(spec))?;
        Some(format!("{} holds {value}", spec.name))
    });
    tensors.or_else(|| Some(format!("the momentum holds {}", bad(velocity)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use net::Architecture;

    #[test]
    fn the_tensor_that_overflowed_is_named() {
        let layout = Layout::new(&Architecture::preset("3^4").unwrap(), 2);
        let mut parameters = Parameters::zeros(&layout);
        let velocity = vec![0.0; layout.trainable];
        assert_eq!(infinite(&layout, &parameters, &velocity), None);
        let moving = [&velocity[1..], &[f32::NAN]].concat();
        assert_eq!(infinite(&layout, &parameters, &moving).unwrap(), "the momentum holds NaN");
        let spec = layout.find("blocks.1.norm.running_var").unwrap();
        parameters.tensor_mut(spec)[0] = f32::INFINITY;
        assert_eq!(infinite(&layout, &parameters, &velocity).unwrap(), "blocks.1.norm.running_var holds inf");
    }
}
