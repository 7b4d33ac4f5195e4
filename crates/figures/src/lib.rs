//! Networks drawn as SVG: one network as its layer table, several networks next to each other on one time axis.

mod columns;
mod svg;
mod table;

use net::{Architecture, Graph, InputNormalisation, Inspection, Layer, DEFAULT_TAGS};

/// A network to draw.
pub struct Network {
    inspection: Inspection,
    graph: Graph,
    layers: Vec<Layer>,
}

impl Network {
    /// The network `architecture`, which must be valid, with the name `name`; without `tags` it has [`DEFAULT_TAGS`]
    /// outputs.
    pub fn new(name: &str, architecture: &Architecture, tags: Option<&[String]>) -> Self {
        let graph = Graph::new(architecture, tags.map_or(DEFAULT_TAGS, <[String]>::len));
        let layers = graph.layers();
        Self { inspection: architecture.inspect(name, tags), graph, layers }
    }

    /// The duration of `samples` in milliseconds.
    fn milliseconds(&self, samples: usize) -> f64 {
        samples as f64 * 1e3 / f64::from(self.inspection.sampling_rate)
    }

    /// The normalisation of the waveform in words, if there is one.
    fn normalisation(&self) -> Option<&'static str> {
        match self.inspection.input_normalisation {
            InputNormalisation::None => None,
            InputNormalisation::Standardise => Some("standardised"),
            InputNormalisation::SignedLog => Some("signed logarithm"),
        }
    }
}

/// Draws `networks` as an SVG document. One network is drawn like the paper's Table 1: every layer with its numbers,
/// its output positions on the time axis of a segment, and the receptive field of one of them. Several networks are
/// drawn next to each other like the papers' Figure 1. The horizontal axis is time in milliseconds; the vertical axis
/// is the time between two positions, so that layers with the same resolution are at the same height.
pub fn figure(networks: &[Network]) -> String {
    match networks {
        [one] => table::draw(one),
        several => columns::draw(several),
    }
}
