//! Networks drawn as SVG: one as its layer table, several side by side on one time axis.

mod columns;
mod svg;
mod table;

use crate::inspect::{Inspection, LayerKind, LayerRow};

/// An SVG document of `networks`. One is drawn as the paper's Table 1: every layer with its numbers, its output positions on
/// the time axis of a segment, and what one of them hears. Several are drawn side by side as in the papers' Figure 1: across,
/// one time axis in milliseconds; upwards, the time between two positions, so that layers that are equally fine stand at equal height.
pub fn figure(networks: &[Inspection]) -> String {
    match networks {
        [one] => table::draw(one),
        several => columns::draw(several),
    }
}

/// Samples between two output positions of each layer; a dense layer has one position, so the whole segment.
fn hops(network: &Inspection) -> Vec<usize> {
    let mut hop = 1usize;
    let mut step = |row: &LayerRow| {
        if row.kind == LayerKind::Dense {
            return network.input_length;
        }
        if row.name.contains(".shortcut.") {
            return hop.saturating_mul(row.stride);
        }
        hop = hop.saturating_mul(row.stride).saturating_mul(row.pool);
        hop
    };
    network.layers.iter().map(&mut step).collect()
}

/// Milliseconds of `samples`.
fn milliseconds(network: &Inspection, samples: usize) -> f64 {
    samples as f64 * 1e3 / f64::from(network.sampling_rate)
}

/// Rate, segment, parameters and operations in one line.
fn summary(network: &Inspection) -> String {
    format!(
        "{} Hz \u{b7} {} samples = {} \u{b7} {} parameters \u{b7} {:.2} GFLOP per segment",
        svg::grouped(network.sampling_rate as usize),
        svg::grouped(network.input_length),
        svg::duration(milliseconds(network, network.input_length)),
        svg::grouped(network.parameters as usize),
        network.flops as f64 / 1e9
    )
}
