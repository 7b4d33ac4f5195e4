//! The inference plan: batch norm folded, segments in, logits out.

use error::{Code, Error, Result};
use net::{Architecture, Parameters};

use crate::options::Options;

/// A network compiled for inference. Parameters are fixed; dropout is off; running statistics are used.
pub struct Inference {
    _private: (),
}

impl Inference {
    /// Compiles `architecture` with `parameters` for batches of at most `batch` segments.
    pub fn new(
        _architecture: &Architecture,
        _tags: usize,
        _parameters: &Parameters,
        _batch: usize,
        _options: &Options,
    ) -> Result<Self> {
        Err(Error::new(Code::Internal, "not built yet"))
    }

    /// The largest number of segments of one call.
    pub fn batch(&self) -> usize {
        0
    }

    /// Samples of one segment.
    pub fn input_length(&self) -> usize {
        0
    }

    /// Outputs.
    pub fn tags(&self) -> usize {
        0
    }

    /// Logits `[n, tags]` of `segments` `[n, input_length]`, n <= batch.
    pub fn logits(&mut self, _segments: &[f32]) -> Result<&[f32]> {
        Err(Error::new(Code::Internal, "not built yet"))
    }
}
