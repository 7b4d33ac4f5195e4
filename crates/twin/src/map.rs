//! An activation of the network.

/// An activation `[batch, length, channels]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// The number of segments.
    pub batch: usize,
    /// The number of positions in a segment.
    pub length: usize,
    /// The number of channels.
    pub channels: usize,
    /// All values, row-major.
    pub values: Vec<f64>,
}

impl Map {
    /// Creates a map of zeros.
    pub fn zeros(batch: usize, length: usize, channels: usize) -> Self {
        Self { batch, length, channels, values: vec![0.0; batch * length * channels] }
    }

    /// Creates a map of the given values.
    pub fn new(batch: usize, length: usize, channels: usize, values: Vec<f64>) -> Self {
        assert_eq!(values.len(), batch * length * channels);
        Self { batch, length, channels, values }
    }

    /// Creates a map of zeros with the same shape.
    pub fn like(&self) -> Self {
        Self::zeros(self.batch, self.length, self.channels)
    }

    /// The number of rows in all segments: one for each segment and position.
    pub fn rows(&self) -> usize {
        self.batch * self.length
    }

    /// The index of the first element of a row.
    pub fn at(&self, segment: usize, position: usize) -> usize {
        (segment * self.length + position) * self.channels
    }

    /// The channels at one position of one segment.
    pub fn row(&self, segment: usize, position: usize) -> &[f64] {
        &self.values[self.at(segment, position)..][..self.channels]
    }

    /// The channels at one position of one segment, for writing.
    pub fn row_mut(&mut self, segment: usize, position: usize) -> &mut [f64] {
        let at = self.at(segment, position);
        &mut self.values[at..][..self.channels]
    }

    /// Adds `other` element by element.
    pub fn add(&mut self, other: &Map) {
        assert_eq!((self.batch, self.length, self.channels), (other.batch, other.length, other.channels));
        self.values.iter_mut().zip(&other.values).for_each(|(a, b)| *a += b);
    }
}
