//! Tests of squeeze-and-excitation.

use engine_core::tape::ExciteId;
use serde_json::json;
use twin::excite::{Excite, ExciteTape};
use twin::Map;

use super::pass::Pass;
use super::{check, stem, wide, DIRECT};

impl Pass {
    fn excitation(&self, id: ExciteId) -> Excite<'_> {
        let spec = &self.tape().excites[id];
        let (channels, hidden) = (spec.channels, spec.hidden);
        Excite {
            fc1_weight: self.value(spec.squeeze.weight, channels * hidden),
            fc1_bias: self.value(spec.squeeze.bias, hidden),
            fc2_weight: self.value(spec.expand.weight, channels * hidden),
            fc2_bias: self.value(spec.expand.bias, channels),
        }
    }

    pub(super) fn excite_forward(&self, id: Option<ExciteId>, x: Map) -> (Map, Option<ExciteTape>) {
        let Some(id) = id else { return (x, None) };
        let (y, tape) = self.excitation(id).forward(x.into());
        let factors = self.training.state.memory.get(self.training.state.excites[id].factors);
        self.agree("excitation", &wide(&factors[..tape.factor.values.len()]), &tape.factor.values, DIRECT);
        (y, Some(tape))
    }

    pub(super) fn excite_backward(&self, id: Option<ExciteId>, tape: Option<ExciteTape>, dy: Map) -> Map {
        let (Some(id), Some(tape)) = (id, tape) else { return dy };
        let back = self.excitation(id).backward(&tape, &dy);
        let spec = &self.tape().excites[id];
        self.check_gradient("squeeze weights", spec.squeeze.weight, &back.fc1.weight, DIRECT);
        self.check_gradient("squeeze bias", spec.squeeze.bias, &back.fc1.bias, DIRECT);
        self.check_gradient("expand weights", spec.expand.weight, &back.fc2.weight, DIRECT);
        self.check_gradient("expand bias", spec.expand.bias, &back.fc2.bias, DIRECT);
        back.input
    }
}

#[test]
fn excited_modules() {
    for ratio in [16.0, 0.125] {
        let blocks = json!([
            { "kind": "se", "kernel": 3, "pool": 3, "channels": 16, "excite": ratio, "dropout": 0.2 },
            { "kind": "se", "kernel": 3, "pool": 3, "channels": 24, "excite": ratio },
        ]);
        check(&format!("se {ratio}"), 243, stem(16), blocks, json!({ "kind": "dense", "levels": 2 }));
    }
}
