//! The shortcut of a residual block: the input itself, or a convolution with norm if the number of channels or the
//! stride changes.

use std::rc::Rc;

use super::unit::{Mode, Unit, UnitTape};
use super::variables::Variables;
use super::Map;

/// The shortcut; `None` is the input itself.
pub struct Shortcut(pub Option<Unit>);

impl Shortcut {
    pub fn forward(&self, variables: &mut Variables, x: &Rc<Map>, mode: Mode) -> (Map, Option<UnitTape>) {
        match &self.0 {
            None => (Map::clone(x), None),
            Some(unit) => {
                let (y, tape) = unit.forward(variables, x, mode);
                (y, Some(tape))
            }
        }
    }

    pub fn backward(&self, variables: &Variables, tape: Option<UnitTape>, dy: Map, gradient: &mut [f64]) -> Map {
        match (&self.0, tape) {
            (Some(unit), Some(tape)) => unit.backward(variables, tape, dy, gradient),
            _ => dy,
        }
    }
}
