//! Several networks next to each other. The horizontal axis is time; the vertical axis is the time between two
//! positions.

use net::graph::{NodeId, Operation, Part, Shape};
use net::{Layer, LayerKind};

use crate::svg::{duration, grouped, shade, Anchor, Svg, FIELD, INK, RULE, SOFT, WAVE};
use crate::Network;

/// The width of the longest segment, and the room for its labels.
const STRIP: f64 = 240.0;
const LABEL: f64 = 132.0;
const LEFT: f64 = 96.0;
/// The height of a layer, and of one octave of the vertical axis.
const BAR: f64 = 11.0;
const OCTAVE: f64 = 27.0;
/// The smallest distance between two layers, if strides and pools do not set them further apart.
const STEP: f64 = 17.0;
/// The room above the layers for title and head.
const HEAD: f64 = 172.0;

/// A layer, or all layers of a block, drawn as one strip.
struct Strip {
    label: String,
    fill: String,
    length: usize,
    /// The milliseconds between two positions, and the milliseconds of input that one position is computed from.
    hop: f64,
    window: f64,
}

pub fn draw(networks: &[Network]) -> String {
    let columns: Vec<Vec<Strip>> = networks.iter().map(strips).collect();
    let longest = networks.iter().map(|n| n.milliseconds(n.inspection.input_length)).fold(1e-3, f64::max);
    let finest = networks.iter().map(|n| n.milliseconds(1)).fold(longest, f64::min);
    let octaves = |hop: f64| (hop / finest).log2() * OCTAVE;
    let rises: Vec<Vec<f64>> = networks
        .iter()
        .zip(&columns)
        .map(|(network, strips)| rise(octaves(network.milliseconds(1)), strips, &octaves))
        .collect();
    let coarsest = columns.iter().flatten().map(|strip| strip.hop).fold(finest, f64::max);
    let floor = HEAD + rises.iter().flatten().copied().fold(0.0, f64::max);
    let width = LEFT + (STRIP + LABEL) * networks.len().max(1) as f64;
    let mut svg = Svg::new(width, floor + 104.0);
    upward_axis(&mut svg, finest, coarsest, width, &|hop| floor - octaves(hop));
    for (index, (network, strips)) in networks.iter().zip(&columns).enumerate() {
        let x = LEFT + (STRIP + LABEL) * index as f64;
        let column = Column { x, floor, ground: floor - octaves(network.milliseconds(1)), scale: STRIP / longest };
        column.draw(&mut svg, network, strips, &rises[index]);
        column.time_axis(&mut svg, longest);
    }
    let names: Vec<&str> = networks.iter().map(|network| network.inspection.name.as_str()).collect();
    svg.finish(&format!("{} on one time axis", names.join(", ")))
}

/// The height of each strip above the floor: given by its hop, but at least above the strip below.
fn rise(ground: f64, strips: &[Strip], octaves: &impl Fn(f64) -> f64) -> Vec<f64> {
    let mut below = ground;
    let mut next = |strip: &Strip| {
        below = octaves(strip.hop).max(below + STEP);
        below
    };
    strips.iter().map(&mut next).collect()
}

/// One strip for the stem and one for each block, with the size of its output.
fn strips(network: &Network) -> Vec<Strip> {
    let graph = &network.graph;
    let fields = graph.receptive_fields();
    let is_stem = |id: &NodeId| graph.nodes[*id].part == Part::Stem;
    let stem = (0..graph.nodes.len()).filter(is_stem);
    // The waveform is below the first strip.
    let mut below = fields[0];
    let mut strip = |id: NodeId| {
        let Shape { channels, length } = graph.nodes[id].output;
        let part = graph.nodes.iter().filter(|node| node.part == graph.nodes[id].part);
        let (mut mel, mut excitation) = (false, false);
        for node in part {
            mel |= matches!(node.operation, Operation::MelSpectrogram(_));
            excitation |= matches!(node.operation, Operation::Excitation(_));
        }
        let (unit, scaled) = (if mel { " mel" } else { "" }, if excitation { " SE" } else { "" });
        let field = fields[id];
        let window = field.samples - below.samples + below.hop;
        below = field;
        Strip {
            label: format!("{} \u{d7} {}{unit}{scaled}", grouped(length), grouped(channels)),
            fill: if mel { WAVE.into() } else { shade(channels) },
            length,
            hop: network.milliseconds(field.hop),
            window: network.milliseconds(window),
        }
    };
    stem.chain(graph.levels.iter().copied()).map(&mut strip).collect()
}

/// The place of a network: its left edge, the ground line of the axis and of the network, and pixels per millisecond.
struct Column {
    x: f64,
    floor: f64,
    ground: f64,
    scale: f64,
}

impl Column {
    fn draw(&self, svg: &mut Svg, network: &Network, strips: &[Strip], rises: &[f64]) {
        let inspection = &network.inspection;
        let width = network.milliseconds(inspection.input_length) * self.scale;
        svg.bold(self.x, 34.0, 17.0, INK, Anchor::Start, &inspection.name);
        let facts = [
            format!("{} parameters", grouped(inspection.parameters as usize)),
            format!("{:.2} GFLOP per segment", inspection.flops as f64 / 1e9),
        ];
        for (line, fact) in facts.iter().enumerate() {
            svg.text(self.x, 52.0 + 15.0 * line as f64, 11.5, SOFT, Anchor::Start, fact);
        }
        let ground = self.ground;
        svg.waveform(self.x, ground, width, 30.0);
        let samples = format!("{} samples", grouped(inspection.input_length));
        svg.text(self.x + width + 8.0, ground + 4.0, 11.5, INK, Anchor::Start, &samples);
        if let Some(normalised) = network.normalisation() {
            svg.text(self.x + width + 8.0, ground + 18.0, 11.5, SOFT, Anchor::Start, normalised);
        }
        let mut below = ground;
        for (strip, rise) in strips.iter().zip(rises) {
            let top = self.floor - rise - BAR / 2.0;
            let length = (strip.length as f64 * strip.hop * self.scale).min(width);
            let centre = self.x + ((strip.length / 2) as f64 + 0.5) * strip.hop * self.scale;
            let half = |span: f64| (span * self.scale / 2.0).max(0.6);
            let clamp = |x: f64| x.clamp(self.x, self.x + width);
            let (upper, lower) = (half(strip.hop), half(strip.window));
            let funnel = [
                [clamp(centre - upper), top + BAR],
                [clamp(centre + upper), top + BAR],
                [clamp(centre + lower), below],
                [clamp(centre - lower), below],
            ];
            svg.polygon(&funnel, FIELD, 0.28);
            svg.cells(self.x, top, length, BAR, strip.length, &strip.fill);
            svg.text(self.x + width + 8.0, top + BAR - 1.5, 11.5, INK, Anchor::Start, &strip.label);
            below = top;
        }
        self.head(svg, network, width, below);
    }

    /// Draws the layers after the blocks at the top, independent of the height of the last block.
    fn head(&self, svg: &mut Svg, network: &Network, width: f64, below: f64) {
        let is_head = |layer: &&Layer| network.graph.nodes[layer.node].part == Part::Head;
        let head: Vec<_> = network.layers.iter().filter(is_head).map(|layer| &layer.row).collect();
        // The head of a short segment is wider than its layers.
        let centre = self.x + (width / 2.0).max(50.0);
        let base = HEAD - 22.0;
        svg.line([self.x + width / 2.0, below], [centre, base], RULE, 1.2);
        for (index, row) in head.iter().enumerate() {
            let top = base - 24.0 * (index + 1) as f64;
            let fill = shade(row.channels);
            let half = if index + 1 == head.len() { 34.0 } else { 50.0 };
            if index > 0 {
                svg.line([centre, top + 24.0], [centre, top + 17.0], RULE, 1.2);
            }
            svg.rounded(centre - half, top, half * 2.0, 17.0, &fill);
            let kind = if row.kind == LayerKind::Conv { "conv" } else { "dense" };
            let text = match index + 1 == head.len() {
                true => format!("{} tags", grouped(row.channels)),
                false => format!("{kind} {}", grouped(row.channels)),
            };
            let ink = if row.channels > 180 { "#ffffff" } else { INK };
            svg.text(centre, top + 12.5, 11.5, ink, Anchor::Middle, &text);
        }
    }

    fn time_axis(&self, svg: &mut Svg, longest: f64) {
        let y = self.floor + 30.0;
        svg.line([self.x, y], [self.x + STRIP, y], INK, 1.0);
        for tick in 0..=2 {
            let share = f64::from(tick) / 2.0;
            let x = self.x + STRIP * share;
            svg.line([x, y], [x, y + 5.0], INK, 1.0);
            let text = if tick == 0 { "0".to_string() } else { duration(longest * share) };
            svg.text(x, y + 18.0, 11.0, SOFT, Anchor::Middle, &text);
        }
    }
}

/// Draws the vertical axis: powers of ten of the time between two positions, with lines across all columns.
fn upward_axis(svg: &mut Svg, finest: f64, coarsest: f64, width: f64, height: &impl Fn(f64) -> f64) {
    for power in -3..=4 {
        let step = 10f64.powi(power);
        if step < finest * 0.95 || step > coarsest * 1.05 {
            continue;
        }
        let y = height(step);
        svg.line([LEFT - 18.0, y], [width - 16.0, y], RULE, 0.8);
        let text = if power < 0 { duration(step) } else { format!("{} ms", grouped(step as usize)) };
        svg.text(LEFT - 24.0, y + 4.0, 11.0, SOFT, Anchor::End, &text);
    }
    svg.text(20.0, HEAD - 30.0, 11.0, SOFT, Anchor::Start, "one position");
    svg.text(20.0, HEAD - 17.0, 11.0, SOFT, Anchor::Start, "every ...");
    let ground = height(finest);
    svg.text(LEFT - 24.0, ground + 4.0, 11.0, SOFT, Anchor::End, "1 sample");
    let note = "orange: input of one position from the layer below \u{b7} darker: more channels \u{b7} \
                labels: length \u{d7} channels";
    svg.text(LEFT, ground + 82.0, 11.0, SOFT, Anchor::Start, note);
}
