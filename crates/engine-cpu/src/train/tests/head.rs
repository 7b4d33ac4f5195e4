//! Checks of global pooling, output layer and loss, which the test of every network runs.

use engine_core::backend::{TrainingBackend, Vector};
use engine_core::Targets;
use twin::{dense, global, loss, Map};

use super::pass::Pass;
use super::{wide, DIRECT};

impl Pass {
    /// Checks the global pooling of the levels.
    pub(super) fn check_global_pool(&mut self) {
        let spec = self.tape().global_pool.clone().unwrap();
        let pooling = if spec.mean { net::Pooling::MaxMean } else { net::Pooling::Max };
        let (out, gradient) = (self.map(spec.output), self.gradient(spec.output));
        let mut first = 0;
        for level in spec.levels {
            let (pooled, tape) = global::forward(&self.map(level), pooling);
            let width = pooled.channels;
            let columns = |x: &Map| {
                let rows = (0..x.batch).flat_map(|n| x.row(n, 0)[first..first + width].iter().copied());
                Map::new(x.batch, 1, width, rows.collect())
            };
            if self.training.state.maps[spec.output].mask.is_none() {
                self.agree("global pooling", &columns(&out).values, &pooled.values, DIRECT);
            }
            let back = global::backward(&tape, pooling, &columns(&gradient));
            self.share(level, back, 1.0);
            first += width;
        }
    }

    /// Checks the output layer and the loss.
    pub(super) fn check_output(&mut self, tags: &[f32]) {
        let mut losses = Vec::new();
        self.training.losses(&mut losses).unwrap();
        let (place, input) = (self.tape().output, self.tape().output_input);
        let count = self.tape().tags;
        let x = self.map(input);
        let weight = self.value(place.weight, count * x.channels);
        let y = dense::forward(&x, weight, self.value(place.bias, count));
        self.agree("logits", &wide(&self.training.read(Vector::Logits).unwrap()), &y.values, DIRECT);
        let (truth, _) = loss::loss(&y.values, count, Targets::Tags(tags));
        self.agree("loss", &losses, &[truth], DIRECT);
        // The gradient of the loss with respect to the plan's own logits, so that the dense layer is tested separately.
        let logits = wide(&self.training.read(Vector::Logits).unwrap());
        let (_, gradient) = loss::loss(&logits, count, Targets::Tags(tags));
        let back = dense::backward(&x, weight, &Map::new(self.batch, 1, count, gradient));
        self.check_gradient("output weights", place.weight, &back.weight, DIRECT);
        self.check_gradient("output bias", place.bias, &back.bias, DIRECT);
        self.share(input, back.input, 1.0);
    }
}
