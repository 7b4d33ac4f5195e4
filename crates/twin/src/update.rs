//! The updates of the optimisers, as PyTorch defines them.

/// Updates `weights` and `velocity` by one step of Nesterov SGD: `g += weight_decay w; v = momentum v + g;
/// w -= learning_rate (g + momentum v)`.
pub fn update(
    weights: &mut [f64],
    velocity: &mut [f64],
    gradient: &[f64],
    learning_rate: f64,
    momentum: f64,
    weight_decay: f64,
) {
    for i in 0..weights.len() {
        let g = gradient[i] + weight_decay * weights[i];
        velocity[i] = momentum * velocity[i] + g;
        weights[i] -= learning_rate * (g + momentum * velocity[i]);
    }
}

/// The state of Adam: the means of the gradients and of their squares, and the number of updates.
#[derive(Clone, Debug, Default)]
pub struct Adam {
    /// The mean of the gradients.
    pub means: Vec<f64>,
    /// The mean of the squared gradients.
    pub squares: Vec<f64>,
    /// The number of updates so far.
    pub updates: i32,
}

impl Adam {
    /// The state before the first update of `count` weights.
    pub fn new(count: usize) -> Self {
        Self { means: vec![0.0; count], squares: vec![0.0; count], updates: 0 }
    }

    /// Updates `weights` by one step of Adam (Kingma and Ba 2015) with betas 0.9 and 0.999 and epsilon 1e-8. Weight
    /// decay is an L2 penalty in the gradient or, if `decoupled`, shrinks the weights by `1 - learning_rate
    /// weight_decay` first (Loshchilov and Hutter 2019).
    pub fn update(
        &mut self,
        weights: &mut [f64],
        gradient: &[f64],
        learning_rate: f64,
        weight_decay: f64,
        decoupled: bool,
    ) {
        self.updates += 1;
        let (beta1, beta2) = (0.9f64, 0.999f64);
        let (correction1, correction2) = (1.0 - beta1.powi(self.updates), 1.0 - beta2.powi(self.updates));
        for i in 0..weights.len() {
            let mut g = gradient[i];
            if decoupled {
                weights[i] *= 1.0 - learning_rate * weight_decay;
            } else {
                g += weight_decay * weights[i];
            }
            self.means[i] = beta1 * self.means[i] + (1.0 - beta1) * g;
            self.squares[i] = beta2 * self.squares[i] + (1.0 - beta2) * g * g;
            let root = (self.squares[i] / correction2).sqrt();
            weights[i] -= learning_rate * (self.means[i] / correction1) / (root + 1e-8);
        }
    }
}

/// Scales `gradient` to the Euclidean norm `largest` if it is longer, as `clip_grad_norm_` of PyTorch.
pub fn limit_norm(gradient: &mut [f64], largest: f64) {
    let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
    let factor = (largest / (norm + 1e-6)).min(1.0);
    gradient.iter_mut().for_each(|g| *g *= factor);
}
