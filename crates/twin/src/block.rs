//! A block: `basic` and `se` (pool, then excitation), `res` (excitation, then addition, ReLU and pool).

use std::rc::Rc;

use net::{Architecture, Block, BlockKind};

use super::dropout::{self, Masks};
use super::excite::{Excite, ExciteTape};
use super::pool::{self, PoolTape};
use super::shortcut::Shortcut;
use super::unit::{Mode, Unit, UnitTape};
use super::variables::Variables;
use super::{relu, Map};

/// The values that the backward pass needs.
pub struct BlockTape {
    /// The tapes of all convolutions.
    units: Vec<UnitTape>,
    /// The outputs of the ReLUs after the convolutions.
    activated: Vec<Rc<Map>>,
    mask: Option<Vec<bool>>,
    excite: Option<ExciteTape>,
    shortcut: Option<UnitTape>,
    /// The output of a residual block's last ReLU.
    joined: Option<Map>,
    pool: PoolTape,
}

/// One block of the network, by its position.
pub struct Module<'a> {
    block: &'a Block,
    name: String,
    units: Vec<Unit>,
    shortcut: Shortcut,
}

impl<'a> Module<'a> {
    pub fn new(architecture: &'a Architecture, index: usize, variables: &Variables) -> Self {
        let block = &architecture.blocks[index];
        let name = format!("blocks.{index}");
        let constants = (architecture.norm.eps, architecture.norm.momentum);
        let numbered = block.kind == BlockKind::Res || block.convs > 1;
        let units = (0..block.convs)
            .map(|i| {
                let suffix = if numbered { (i + 1).to_string() } else { String::new() };
                let stride = if i == 0 { block.stride } else { 1 };
                let (conv, norm) = (format!("{name}.conv{suffix}"), format!("{name}.norm{suffix}"));
                Unit::new(variables, &conv, &norm, stride, architecture.same.padding(block.kernel), constants)
            })
            .collect();
        let shortcut = variables.has(&format!("{name}.shortcut.conv.weight")).then(|| {
            let (conv, norm) = (format!("{name}.shortcut.conv"), format!("{name}.shortcut.norm"));
            let padding = architecture.same.padding(block.shortcut_kernel);
            Unit::new(variables, &conv, &norm, block.stride, padding, constants)
        });
        Self { block, name, units, shortcut: Shortcut(shortcut) }
    }

    pub fn forward(
        &self,
        variables: &mut Variables,
        x: &Rc<Map>,
        mode: Mode,
        masks: &mut Masks,
    ) -> (Rc<Map>, BlockTape) {
        let residual = self.block.kind == BlockKind::Res;
        let (mut units, mut activated, mut mask) = (Vec::new(), Vec::new(), None);
        let mut y = Rc::clone(x);
        let mut branch = None;
        for (i, unit) in self.units.iter().enumerate() {
            let (out, tape) = unit.forward(variables, &y, mode);
            units.push(tape);
            if residual && i + 1 == self.units.len() {
                branch = Some(Rc::new(out));
                break;
            }
            y = Rc::new(relu::forward(out));
            activated.push(Rc::clone(&y));
            if residual {
                (y, mask) = dropped(y, self.block.dropout, mode, masks);
            }
        }
        if let Some(branch) = branch {
            let (scaled, excite) = self.excite(variables, branch);
            let (mut sum, shortcut) = self.shortcut.forward(variables, x, mode);
            sum.add(&scaled);
            let joined = relu::forward(sum);
            let (y, pool) = pool::forward(&joined, self.block.pool, self.block.pool_padding);
            return (Rc::new(y), BlockTape { units, activated, mask, excite, shortcut, joined: Some(joined), pool });
        }
        let (pooled, pool) = pool::forward(&y, self.block.pool, self.block.pool_padding);
        let (scaled, excite) = self.excite(variables, Rc::new(pooled));
        let (y, mask) = dropped(scaled, self.block.dropout, mode, masks);
        (y, BlockTape { units, activated, mask, excite, shortcut: None, joined: None, pool })
    }

    pub fn backward(&self, variables: &Variables, mut tape: BlockTape, dy: Map, gradient: &mut [f64]) -> Map {
        let residual = self.block.kind == BlockKind::Res;
        let (mut d, mut through_shortcut) = (dy, None);
        if residual {
            d = relu::backward(tape.joined.as_ref().unwrap(), pool::backward(&tape.pool, &d));
            through_shortcut = Some(self.shortcut.backward(variables, tape.shortcut.take(), d.clone(), gradient));
            d = self.excite_backward(variables, tape.excite.take(), d, gradient);
        } else {
            d = undropped(d, &tape.mask, self.block.dropout);
            d = self.excite_backward(variables, tape.excite.take(), d, gradient);
            d = pool::backward(&tape.pool, &d);
        }
        for (i, unit) in self.units.iter().enumerate().rev() {
            if !(residual && i + 1 == self.units.len()) {
                if residual {
                    d = undropped(d, &tape.mask, self.block.dropout);
                }
                d = relu::backward(&tape.activated.pop().unwrap(), d);
            }
            d = unit.backward(variables, tape.units.pop().unwrap(), d, gradient);
        }
        if let Some(other) = through_shortcut {
            d.add(&other);
        }
        d
    }

    fn excitation<'v>(&self, variables: &'v Variables) -> Option<Excite<'v>> {
        let name = |part: &str| format!("{}.excite.{part}", self.name);
        Some(Excite {
            fc1_weight: variables.find(&name("fc1.weight"))?,
            fc1_bias: variables.get(&name("fc1.bias")),
            fc2_weight: variables.get(&name("fc2.weight")),
            fc2_bias: variables.get(&name("fc2.bias")),
        })
    }

    fn excite(&self, variables: &Variables, x: Rc<Map>) -> (Rc<Map>, Option<ExciteTape>) {
        match self.excitation(variables) {
            None => (x, None),
            Some(excite) => {
                let (y, tape) = excite.forward(x);
                (Rc::new(y), Some(tape))
            }
        }
    }

    fn excite_backward(&self, variables: &Variables, tape: Option<ExciteTape>, dy: Map, gradient: &mut [f64]) -> Map {
        let Some(tape) = tape else { return dy };
        let back = self.excitation(variables).unwrap().backward(&tape, &dy);
        for (part, values) in [
            ("fc1.weight", &back.fc1.weight),
            ("fc1.bias", &back.fc1.bias),
            ("fc2.weight", &back.fc2.weight),
            ("fc2.bias", &back.fc2.bias),
        ] {
            variables.add_gradient(gradient, &format!("{}.excite.{part}", self.name), values);
        }
        back.input
    }
}

/// Applies dropout in training, if the rate is above 0 and masks are given.
pub fn dropped(x: Rc<Map>, rate: f64, mode: Mode, masks: &mut Masks) -> (Rc<Map>, Option<Vec<bool>>) {
    match masks {
        Some(draw) if mode != Mode::Evaluation && rate > 0.0 => {
            let mask = draw(&x);
            (Rc::new(dropout::apply(Map::clone(&x), &mask, rate)), Some(mask))
        }
        _ => (x, None),
    }
}

/// The backward pass of [`dropped`].
pub fn undropped(d: Map, mask: &Option<Vec<bool>>, rate: f64) -> Map {
    match mask {
        Some(mask) => dropout::apply(d, mask, rate),
        None => d,
    }
}
