//! The frozen part of a tape, and the tape of the rest where only the head is trained.

use super::{Consumer, ConvId, Map, MapId, Operation, Tape, Value};
use crate::fine_tuning::{FineTuning, FrozenNorms};

impl Tape {
    /// Marks the fixed norms, and the maps of the frozen operations. A pooling that only frozen blocks lead to has no
    /// parameters, so it is frozen as well.
    pub(super) fn mark_frozen(&mut self, tuning: &FineTuning) {
        if self.frozen > 0 && matches!(self.operations.get(self.frozen), Some(Operation::GlobalPool)) {
            let levels = self.global_pool.iter().flat_map(|pool| &pool.levels);
            let frozen = self.made_by(&self.operations[..self.frozen]);
            if levels.into_iter().all(|level| frozen.contains(level)) {
                self.frozen += 1;
            }
        }
        for (index, operation) in self.operations.iter().enumerate() {
            if let Operation::Conv(id) = *operation {
                let as_frozen = index < self.frozen && tuning.norms == FrozenNorms::Running;
                self.convs[id].is_norm_fixed = tuning.fixed_norms || as_frozen;
            }
        }
        for map in self.made_by(&self.operations[..self.frozen]) {
            self.maps[map].is_frozen = true;
        }
    }

    /// The maps that `operations` produce.
    fn made_by(&self, operations: &[Operation]) -> Vec<MapId> {
        let made = |operation: &Operation| match *operation {
            Operation::Conv(id) => match self.convs[id].consumer {
                Consumer::Map(map) => Some(map),
                Consumer::Branch(_) | Consumer::Shortcut(_) => None,
            },
            Operation::ResidualAdd(id) => Some(self.residual_adds[id].output),
            Operation::GlobalPool => self.global_pool.as_ref().map(|pool| pool.output),
            Operation::Excite(_) | Operation::Dropout(_) | Operation::Output => None,
        };
        operations.iter().filter_map(made).collect()
    }

    /// Whether the gradient of a map is needed; `input` says whether that of the waveform is.
    pub fn wants_gradient(&self, map: MapId, input: bool) -> bool {
        match self.maps[map].value {
            Value::Input => input && self.frozen == 0,
            _ => !self.maps[map].is_frozen,
        }
    }

    /// The operations whose backward pass runs, in the order of the forward pass.
    pub fn trained(&self) -> &[Operation] {
        &self.operations[self.frozen..]
    }

    /// The convolution that is the last one in the backward pass.
    pub fn last_backward(&self) -> Option<ConvId> {
        self.trained().iter().find_map(|operation| match *operation {
            Operation::Conv(id) => Some(id),
            _ => None,
        })
    }

    /// Sets the values that are not trained to 0.
    pub(crate) fn clear_frozen(&self, values: &mut [f32]) {
        let mut from = 0;
        for rate in &self.rates {
            values[from..rate.values.start].fill(0.0);
            from = rate.values.end;
        }
        values[from..].fill(0.0);
    }

    /// The map that the head reads, if everything before the head is frozen and computes the same for a segment in
    /// every step: its values are the features of the segment.
    pub fn features(&self) -> Option<MapId> {
        let fixed = |operation: &Operation| match *operation {
            Operation::Conv(id) => self.convs[id].norm.is_none() || self.convs[id].is_norm_fixed,
            _ => true,
        };
        let head = self.trained().iter().find_map(|operation| match *operation {
            Operation::Conv(id) => Some(self.convs[id].input),
            Operation::Output => Some(self.output_input),
            _ => None,
        })?;
        let all = self.maps[head].is_frozen && self.operations[..self.frozen].iter().all(fixed);
        // More than one trained convolution: blocks are trained too.
        let convs = self.trained().iter().filter(|operation| matches!(operation, Operation::Conv(_))).count();
        (all && convs <= 1).then_some(head)
    }

    /// Whether this is the tape of a head alone, whose segments are features instead of samples.
    pub fn reads_features(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The tape of the head alone, whose input are the features of a segment, `[length, channels]`, instead of its
    /// samples. Parameters and statistics keep their places; dropout draws the same masks.
    pub fn head(&self) -> Option<Self> {
        let features = self.features()?;
        let mut head = Self {
            samples: self.maps[features].length * self.maps[features].channels,
            mel: None,
            operations: Vec::new(),
            frozen: 0,
            nodes: Vec::new(),
            maps: vec![Map { value: Value::Input, excite: None, is_frozen: false, ..self.maps[features].clone() }],
            convs: Vec::new(),
            excites: Vec::new(),
            residual_adds: Vec::new(),
            global_pool: None,
            output_input: 0,
            ..self.clone()
        };
        let mut maps = vec![features];
        for operation in self.trained() {
            match *operation {
                Operation::Conv(id) => {
                    let Consumer::Map(output) = self.convs[id].consumer else { return None };
                    let (conv, map) = (head.convs.len(), head.maps.len());
                    let input = maps.iter().position(|&map| map == self.convs[id].input)?;
                    head.convs.push(super::Conv { input, consumer: Consumer::Map(map), ..self.convs[id].clone() });
                    head.maps.push(Map { value: Value::Conv(conv), ..self.maps[output].clone() });
                    maps.push(output);
                    head.operations.push(Operation::Conv(conv));
                }
                Operation::Dropout(map) => {
                    head.operations.push(Operation::Dropout(maps.iter().position(|&known| known == map)?));
                }
                Operation::Output => {
                    head.output_input = maps.iter().position(|&map| map == self.output_input)?;
                    head.operations.push(Operation::Output);
                }
                Operation::Excite(_) | Operation::ResidualAdd(_) | Operation::GlobalPool => return None,
            }
        }
        Some(head)
    }
}

#[cfg(test)]
mod tests {
    use net::Architecture;

    use super::*;
    use crate::fine_tuning::Freeze;

    fn tape(preset: &str, freeze: Freeze, norms: FrozenNorms) -> Tape {
        let tuning = FineTuning { freeze, norms, ..FineTuning::default() };
        Tape::fine_tuned(&Architecture::preset(preset).unwrap(), 5, &tuning).unwrap()
    }

    #[test]
    fn nothing_is_frozen_unless_it_is_said() {
        let tape = tape("3^4", Freeze::Nothing, FrozenNorms::Running);
        assert_eq!((tape.frozen, tape.trained().len()), (0, tape.operations.len()));
        assert!(tape.features().is_none() && tape.head().is_none());
        assert!(tape.maps.iter().all(|map| !map.is_frozen) && tape.convs.iter().all(|conv| !conv.is_norm_fixed));
        assert!(tape.wants_gradient(1, false) && !tape.wants_gradient(0, false) && tape.wants_gradient(0, true));
    }

    #[test]
    fn the_first_blocks_are_frozen_with_the_stem() {
        let tape = tape("3^4", Freeze::Blocks(2), FrozenNorms::Running);
        assert_eq!(tape.frozen, 3, "stem and two blocks");
        assert!(tape.convs[..3].iter().all(|conv| conv.is_norm_fixed) && !tape.convs[3].is_norm_fixed);
        assert_eq!(tape.last_backward(), Some(3));
        assert!(!tape.wants_gradient(tape.convs[3].input, true) && tape.wants_gradient(tape.convs[4].input, true));
        assert!(tape.features().is_none());
        let mut gradient = vec![1.0; tape.layout.trainable];
        tape.clear_frozen(&mut gradient);
        assert_eq!(gradient.iter().position(|&g| g != 0.0), Some(tape.convs[3].weight));
    }

    #[test]
    fn the_head_alone_reads_what_the_blocks_compute() {
        for preset in ["3^4", "se-multi", "rese2-multi"] {
            let whole = tape(preset, Freeze::AllButHead, FrozenNorms::Running);
            let head = whole.head().unwrap();
            assert_eq!(head.convs.len(), 1, "{preset}");
            assert_eq!(head.samples, head.maps[0].length * head.maps[0].channels);
            assert_eq!(head.operations.len(), whole.trained().len());
            assert_eq!(head.maps[1].stream, whole.output_input as u64, "the same dropout masks");
            assert_eq!((head.rates.clone(), head.layout.clone()), (whole.rates.clone(), whole.layout.clone()));
            assert!(tape(preset, Freeze::AllButHead, FrozenNorms::Updated).features().is_none(), "{preset}");
        }
    }

    #[test]
    fn frozen_blocks_have_no_dropout() {
        let architecture = Architecture::preset("rese2").unwrap();
        let drops = |tape: &Tape| tape.maps.iter().filter(|map| map.dropout > 0.0).count();
        let all = drops(&Tape::compile(&architecture, 5).unwrap());
        let blocks = architecture.blocks.iter().filter(|block| block.dropout > 0.0).count();
        assert_eq!(drops(&tape("rese2", Freeze::AllButHead, FrozenNorms::Updated)), all - blocks);
    }
}
