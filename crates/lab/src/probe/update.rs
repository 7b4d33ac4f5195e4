//! The update rules: Adam of candle-nn, and gradient descent with Nesterov momentum, which candle-nn lacks.

use candle_core::backprop::GradStore;
use candle_core::{Result, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW};

use super::protocol::{UpdateRule, MOMENTUM};

/// An update rule and its state.
pub(super) enum Updater {
    /// Adam.
    Adam(AdamW),
    /// Gradient descent with Nesterov momentum.
    Nesterov(Nesterov),
}

impl Updater {
    /// The rule for `vars`, before the first update.
    pub(super) fn new(rule: UpdateRule, vars: Vec<Var>) -> Result<Self> {
        match rule {
            // Without weight decay AdamW is Adam. The rate is set before every update.
            UpdateRule::Adam => {
                AdamW::new(vars, ParamsAdamW { weight_decay: 0.0, ..ParamsAdamW::default() }).map(Self::Adam)
            }
            UpdateRule::Sgd => Nesterov::new(vars).map(Self::Nesterov),
        }
    }

    /// One update with `rate`.
    pub(super) fn step(&mut self, gradients: &GradStore, rate: f64) -> Result<()> {
        match self {
            Self::Adam(adam) => {
                adam.set_learning_rate(rate);
                adam.step(gradients)
            }
            Self::Nesterov(nesterov) => nesterov.step(gradients, rate),
        }
    }
}

/// Gradient descent with Nesterov momentum in the form of Keras: v <- m v - rate g; w <- w + m v - rate g
/// (protocols.md 2).
pub(super) struct Nesterov {
    /// Each variable and its velocity.
    vars: Vec<(Var, Tensor)>,
}

impl Nesterov {
    fn new(vars: Vec<Var>) -> Result<Self> {
        let vars = vars.into_iter().map(|var| Ok((var.clone(), var.as_detached_tensor().zeros_like()?)));
        Ok(Self { vars: vars.collect::<Result<_>>()? })
    }

    fn step(&mut self, gradients: &GradStore, rate: f64) -> Result<()> {
        for (var, velocity) in &mut self.vars {
            let Some(gradient) = gradients.get(var) else { continue };
            let descent = (gradient * rate)?;
            *velocity = ((&*velocity * MOMENTUM)? - &descent)?;
            let next = ((var.as_detached_tensor() + (&*velocity * MOMENTUM)?)? - descent)?;
            var.set(&next)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn nesterov_follows_the_form_of_keras() {
        let var = Var::new(&[1.0f64], &Device::Cpu).unwrap();
        let mut updater = Updater::new(UpdateRule::Sgd, vec![var.clone()]).unwrap();
        let (mut w, mut v) = (1.0f64, 0.0);
        for rate in [0.1, 0.1, 0.05, 0.02] {
            // The gradient of w^2 is 2 w.
            let gradients = var.as_tensor().sqr().unwrap().sum_all().unwrap().backward().unwrap();
            updater.step(&gradients, rate).unwrap();
            let g = 2.0 * w;
            v = 0.9 * v - rate * g;
            w += 0.9 * v - rate * g;
            assert!((var.to_vec1::<f64>().unwrap()[0] - w).abs() < 1e-12);
        }
    }

    #[test]
    fn adam_follows_its_paper() {
        let var = Var::new(&[1.0f64], &Device::Cpu).unwrap();
        let mut updater = Updater::new(UpdateRule::Adam, vec![var.clone()]).unwrap();
        let (mut w, mut m, mut v) = (1.0f64, 0.0, 0.0);
        for (t, rate) in [0.1, 0.1, 0.02].into_iter().enumerate() {
            let gradients = var.as_tensor().sqr().unwrap().sum_all().unwrap().backward().unwrap();
            updater.step(&gradients, rate).unwrap();
            let g = 2.0 * w;
            (m, v) = (0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g);
            let power = t as i32 + 1;
            w -= rate * (m / (1.0 - 0.9f64.powi(power))) / ((v / (1.0 - 0.999f64.powi(power))).sqrt() + 1e-8);
            assert!((var.to_vec1::<f64>().unwrap()[0] - w).abs() < 1e-12);
        }
    }
}
