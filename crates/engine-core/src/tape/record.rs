//! One entry of the tape at a time: activations, convolutions, excitations, with where their tensors lie.

use error::{Code, Error, Result};
use net::Layout;

use super::{Conv, ConvId, Dense, Excite, ExciteId, Excited, Map, MapId, Norm, Operation, Taker, Tape, Value};

impl Tape {
    /// A new activation.
    pub(super) fn map(&mut self, channels: usize, length: usize, value: Value) -> MapId {
        self.maps.push(Map { channels, length, value, excite: None, dropout: 0.0 });
        self.maps.len() - 1
    }

    /// Drops elements of `map` at `rate`; nothing at 0.
    pub(super) fn dropout(&mut self, map: MapId, rate: f64) {
        if rate > 0.0 {
            self.maps[map].dropout = rate;
            self.operations.push(Operation::Dropout(map));
        }
    }

    /// A convolution whose output becomes a map.
    pub(super) fn conv_to_map(
        &mut self,
        name: &str,
        norm: &str,
        input: MapId,
        shape: Shape,
        length: usize,
    ) -> Result<MapId> {
        let id = self.convs.len();
        let map = self.maps.len();
        self.conv(name, norm, input, shape, length, Taker::Map(map))?;
        Ok(self.map(shape.channels, self.convs[id].pooled, Value::Conv(id)))
    }

    /// A convolution of output `length` before its pool, with the tensors `name` and, where the layout has them, `norm`.
    pub(super) fn conv(
        &mut self,
        name: &str,
        norm: &str,
        input: MapId,
        shape: Shape,
        length: usize,
        taker: Taker,
    ) -> Result<ConvId> {
        let start = |tensor: String| self.layout.find(&tensor).map(|t| t.offset);
        let weight = start(format!("{name}.weight")).ok_or_else(|| missing(name))?;
        let norm = match (
            start(format!("{norm}.weight")),
            start(format!("{norm}.bias")),
            start(format!("{norm}.running_mean")),
            start(format!("{norm}.running_var")),
        ) {
            (Some(gamma), Some(beta), Some(mean), Some(variance)) => Some(Norm { gamma, beta, mean, variance }),
            _ => None,
        };
        let map = &self.maps[input];
        self.convs.push(Conv {
            input,
            from: map.channels,
            to: shape.channels,
            kernel: shape.kernel,
            stride: shape.stride,
            padding: shape.padding,
            input_length: map.length,
            length,
            pool: shape.pool,
            pool_padding: shape.pool_padding,
            pooled: (length + 2 * shape.pool_padding - shape.pool) / shape.pool + 1,
            weight,
            bias: start(format!("{name}.bias")),
            norm,
            taker,
            accumulate: false,
        });
        self.operations.push(Operation::Conv(self.convs.len() - 1));
        Ok(self.convs.len() - 1)
    }

    /// The squeeze-and-excitation of block `index`.
    pub(super) fn excite(
        &mut self,
        index: usize,
        of: Excited,
        conv: ConvId,
        hidden: usize,
        length: usize,
    ) -> Result<ExciteId> {
        self.excites.push(Excite {
            of,
            conv,
            channels: self.convs[conv].to,
            hidden,
            length,
            squeeze: dense(&self.layout, &format!("blocks.{index}.excite.fc1"))?,
            expand: dense(&self.layout, &format!("blocks.{index}.excite.fc2"))?,
        });
        self.operations.push(Operation::Excite(self.excites.len() - 1));
        Ok(self.excites.len() - 1)
    }
}

/// A convolution's own numbers.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) channels: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
    pool: usize,
    pool_padding: usize,
}

impl Shape {
    /// Without a pool; `padding` zeros in front.
    pub(super) fn new(channels: usize, kernel: usize, stride: usize, padding: usize) -> Self {
        Self { channels, kernel, stride, padding, pool: 1, pool_padding: 0 }
    }

    /// The same with a pool at its end.
    pub(super) fn pooled(self, pool: usize, pool_padding: usize) -> Self {
        Self { pool, pool_padding, ..self }
    }
}

/// What a layout without the tensors of `name` is: a mistake of ours.
pub(super) fn missing(name: &str) -> Error {
    Error::new(Code::Internal, format!("the layout has no tensor for {name}; please report it"))
}

/// Where the dense layer `name` lies.
pub(super) fn dense(layout: &Layout, name: &str) -> Result<Dense> {
    match (layout.find(&format!("{name}.weight")), layout.find(&format!("{name}.bias"))) {
        (Some(weight), Some(bias)) => Ok(Dense { weight: weight.offset, bias: bias.offset }),
        _ => Err(missing(name)),
    }
}
