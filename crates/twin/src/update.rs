//! Nesterov SGD: `g += weight_decay w; v = momentum v + g; w -= learning_rate (g + momentum v)`.

/// Updates `weights` and `velocity` by one step.
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
