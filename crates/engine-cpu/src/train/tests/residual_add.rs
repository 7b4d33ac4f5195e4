//! Tests of the end of residual blocks.

use engine_core::tape::{ResidualAddId, Shortcut};
use serde_json::{json, Value as Json};
use twin::{pool, relu, Map};

use super::pass::Pass;
use super::{check, stem, DIRECT};

impl Pass {
    /// Checks the end of a residual block and the convolutions that it adds.
    pub(super) fn check_residual_add(&mut self, id: ResidualAddId) {
        let spec = self.tape().residual_adds[id].clone();
        let mut branch = self.conv_forward(spec.branch);
        let y = std::mem::replace(&mut branch.y, Map::zeros(0, 0, 1));
        let (mut sum, excite_tape) = self.excite_forward(spec.excite, y);
        let mut through = None;
        match spec.shortcut {
            Shortcut::Identity { map, .. } => sum.add(&self.map(map)),
            Shortcut::Conv(conv) => {
                let tape = self.conv_forward(conv);
                sum.add(&tape.y);
                through = Some((conv, tape));
            }
        }
        let activated = relu::forward(sum);
        let (pooled, pool_tape) = pool::forward(&activated, spec.pool, spec.pool_padding);
        let out = self.dropped(spec.output, pooled);
        self.agree("residual addition, ReLU, pool", &self.map(spec.output).values, &out.values, DIRECT);

        let d = relu::backward(&activated, pool::backward(&pool_tape, &self.gradient(spec.output)));
        match (spec.shortcut, through) {
            (Shortcut::Identity { map, .. }, _) => self.share(map, d.clone(), 1.0),
            (Shortcut::Conv(_), Some((conv, tape))) => self.conv_backward(conv, tape, d.clone()),
            (Shortcut::Conv(_), None) => unreachable!(),
        }
        let d = self.excite_backward(spec.excite, excite_tape, d);
        self.conv_backward(spec.branch, branch, d);
    }
}

#[test]
fn residual_modules() {
    for (convs, excite) in [(1, Json::Null), (2, Json::Null), (1, json!(2.0)), (2, json!(0.5))] {
        let mut blocks = json!([
            { "kind": "res", "kernel": 3, "pool": 3, "channels": 16, "convs": convs, "dropout": 0.2 },
            { "kind": "res", "kernel": 3, "pool": 3, "channels": 24, "convs": convs, "dropout": 0.2 },
        ]);
        if !excite.is_null() {
            blocks.as_array_mut().unwrap().iter_mut().for_each(|block| block["excite"] = excite.clone());
        }
        let name = format!("res {convs} {excite}");
        check(&name, 243, stem(16), blocks, json!({ "kind": "dense", "levels": 2 }));
    }
    let blocks = json!([
        { "kind": "res", "convs": 2, "kernel": 3, "pool": 1, "channels": 16, "excite": 1.0, "stride": 3,
          "shortcutKernel": 3 },
        { "kind": "res", "convs": 2, "kernel": 3, "pool": 3, "channels": 16, "excite": 1.0, "shortcutKernel": 3 },
        { "kind": "res", "convs": 2, "kernel": 1, "pool": 1, "channels": 24, "excite": 1.0, "shortcutKernel": 1 },
    ]);
    check("minzwon-se", 243, Json::Null, blocks, json!({ "kind": "dense" }));
}
