//! The head, which computes logits from the outputs of the blocks: the convolutional head and the dense head.

use std::rc::Rc;

use net::{Architecture, HeadKind};

use super::block::{dropped, undropped};
use super::dropout::Masks;
use super::pool::PoolTape;
use super::unit::{Mode, Unit, UnitTape};
use super::variables::Variables;
use super::{dense, global, relu, Map};

/// The values that the backward pass needs.
pub struct HeadTape {
    /// The global pooling of every level (dense head).
    levels: Vec<PoolTape>,
    unit: UnitTape,
    activated: Rc<Map>,
    mask: Option<Vec<bool>>,
    /// The input of the output layer.
    hidden: Rc<Map>,
}

/// The head of a network.
pub struct Head<'a> {
    head: &'a net::Head,
    unit: Unit,
}

impl<'a> Head<'a> {
    pub fn new(architecture: &'a Architecture, variables: &Variables) -> Self {
        let head = &architecture.head;
        let (name, padding) = match head.kind {
            HeadKind::Conv => ("head.conv", architecture.same.padding(head.kernel)),
            HeadKind::Dense => ("head.hidden", [0, 0]),
        };
        let constants = (architecture.norm.eps, architecture.norm.momentum);
        Self { head, unit: Unit::new(variables, name, "head.norm", 1, padding, constants) }
    }

    /// The number of last blocks whose outputs the head reads.
    pub fn levels(&self) -> usize {
        match self.head.kind {
            HeadKind::Conv => 1,
            HeadKind::Dense => self.head.levels,
        }
    }

    /// Whether dropout comes before the hidden layer instead of after it.
    fn drops_first(&self) -> bool {
        self.head.kind == HeadKind::Dense && !self.head.norm
    }

    /// Computes the logits `[batch, 1, tags]` from the outputs of the last blocks, in the order of the blocks.
    pub fn forward(
        &self,
        variables: &mut Variables,
        seen: &[Rc<Map>],
        mode: Mode,
        masks: &mut Masks,
    ) -> (Map, HeadTape) {
        let (mut x, mut levels, mut mask) = (seen[seen.len() - 1].clone(), Vec::new(), None);
        if self.head.kind == HeadKind::Dense {
            let pooled: Vec<_> = seen.iter().map(|map| global::forward(map, self.head.pooling)).collect();
            x = Rc::new(beside(&pooled.iter().map(|(map, _)| map).collect::<Vec<_>>()));
            levels = pooled.into_iter().map(|(_, tape)| tape).collect();
        }
        assert_eq!(x.length, 1, "the last block must leave one position");
        if self.drops_first() {
            (x, mask) = dropped(x, self.head.dropout, mode, masks);
        }
        let (y, unit) = self.unit.forward(variables, &x, mode);
        let activated = Rc::new(relu::forward(y));
        let mut hidden = activated.clone();
        if !self.drops_first() {
            (hidden, mask) = dropped(hidden, self.head.dropout, mode, masks);
        }
        let logits = dense::forward(&hidden, variables.get("head.out.weight"), variables.get("head.out.bias"));
        (logits, HeadTape { levels, unit, activated, mask, hidden })
    }

    /// Computes the gradients of the blocks' outputs that [`Head::forward`] read.
    pub fn backward(&self, variables: &Variables, tape: HeadTape, dy: &Map, gradient: &mut [f64]) -> Vec<Map> {
        let back = dense::backward(&tape.hidden, variables.get("head.out.weight"), dy);
        variables.add_gradient(gradient, "head.out.weight", &back.weight);
        variables.add_gradient(gradient, "head.out.bias", &back.bias);
        let mut d = back.input;
        if !self.drops_first() {
            d = undropped(d, &tape.mask, self.head.dropout);
        }
        d = self.unit.backward(variables, tape.unit, relu::backward(&tape.activated, d), gradient);
        if self.drops_first() {
            d = undropped(d, &tape.mask, self.head.dropout);
        }
        if self.head.kind == HeadKind::Conv {
            return vec![d];
        }
        let mut first = 0;
        let mut parts = Vec::new();
        for level in &tape.levels {
            let width = level.channels();
            parts.push(global::backward(level, self.head.pooling, &columns(&d, first, width)));
            first += width;
        }
        parts
    }
}

/// Concatenates the channels of maps with one position each.
fn beside(maps: &[&Map]) -> Map {
    let mut values = Vec::new();
    for segment in 0..maps[0].batch {
        maps.iter().for_each(|map| values.extend_from_slice(map.row(segment, 0)));
    }
    Map::new(maps[0].batch, 1, maps.iter().map(|map| map.channels).sum(), values)
}

/// Channels `first..first + width` of a map with one position.
fn columns(x: &Map, first: usize, width: usize) -> Map {
    let values = (0..x.batch).flat_map(|segment| x.row(segment, 0)[first..first + width].iter().copied());
    Map::new(x.batch, 1, width, values.collect())
}
