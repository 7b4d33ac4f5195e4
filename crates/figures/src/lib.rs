//! Networks drawn as SVG: one as its layer table, several side by side on one time axis.

mod columns;
mod svg;
mod table;

use net::{Architecture, Graph, Inspection, Layer, DEFAULT_TAGS};

/// A network to draw.
pub struct Network {
    inspection: Inspection,
    graph: Graph,
    layers: Vec<Layer>,
}

impl Network {
    /// The network `architecture`, which must be valid, under `name`; without `tags` it has [`DEFAULT_TAGS`] outputs.
    pub fn new(name: &str, architecture: &Architecture, tags: Option<&[String]>) -> Self {
        let graph = Graph::new(architecture, tags.map_or(DEFAULT_TAGS, <[String]>::len));
        let layers = graph.layers();
        Self { inspection: architecture.inspect(name, tags), graph, layers }
    }

    /// Milliseconds of `samples`.
    fn milliseconds(&self, samples: usize) -> f64 {
        samples as f64 * 1e3 / f64::from(self.inspection.sampling_rate)
    }
}

/// An SVG document of `networks`. One is drawn as the paper's Table 1: every layer with its numbers, its output
/// positions on the time axis of a segment, and what one of them hears. Several are drawn side by side as in the
/// papers' Figure 1: across, one time axis in milliseconds; upwards, the time between two positions, so that layers
/// that are equally fine stand at equal height.
pub fn figure(networks: &[Network]) -> String {
    match networks {
        [one] => table::draw(one),
        several => columns::draw(several),
    }
}
