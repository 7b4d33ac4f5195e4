//! One network: its layer table, next to the output positions of every layer.

use net::graph::Operation;
use net::{Layer, LayerKind};

use crate::svg::{duration, grouped, shade, Anchor, Svg, FIELD, INK, RULE, SOFT, WAVE};
use crate::Network;

const ROW: f64 = 24.0;
const TOP: f64 = 96.0;
/// The left edge and the width of the time axis.
const AXIS: [f64; 2] = [684.0, 500.0];
/// The right edges of the columns of numbers, with their titles.
const COLUMNS: [(f64, &str); 7] = [
    (218.0, "filter"),
    (268.0, "stride"),
    (312.0, "pool"),
    (420.0, "output"),
    (506.0, "parameters"),
    (576.0, "MFLOP"),
    (660.0, "field"),
];

pub fn draw(network: &Network) -> String {
    let (inspection, layers) = (&network.inspection, &network.layers);
    let bottom = TOP + ROW * (layers.len() + 1) as f64;
    let mut svg = Svg::new(AXIS[0] + AXIS[1] + 32.0, bottom + 58.0);
    svg.bold(28.0, 36.0, 20.0, INK, Anchor::Start, &inspection.name);
    svg.text(28.0, 58.0, 12.5, SOFT, Anchor::Start, &summary(network));
    svg.text(28.0, TOP - 8.0, 11.5, SOFT, Anchor::Start, "layer");
    for (x, title) in COLUMNS {
        svg.text(x, TOP - 8.0, 11.5, SOFT, Anchor::End, title);
    }
    svg.text(AXIS[0], TOP - 8.0, 11.5, SOFT, Anchor::Start, "output positions, and the field of the middle one");
    svg.line([28.0, TOP], [AXIS[0] + AXIS[1], TOP], INK, 1.0);
    draw_input(&mut svg, network);
    for (index, layer) in layers.iter().enumerate() {
        draw_layer(&mut svg, network, layer, TOP + ROW * (index + 1) as f64);
    }
    svg.line([28.0, bottom], [AXIS[0] + AXIS[1], bottom], INK, 1.0);
    svg.text(28.0, bottom + 17.0, 12.0, INK, Anchor::Start, "total");
    svg.bold(COLUMNS[4].0, bottom + 17.0, 12.0, INK, Anchor::End, &grouped(inspection.parameters as usize));
    svg.bold(COLUMNS[5].0, bottom + 17.0, 12.0, INK, Anchor::End, &mflop(inspection.flops));
    time_axis(&mut svg, network, bottom);
    svg.finish(&format!("Layers of {}", inspection.name))
}

/// Sampling rate, segment, parameters and operations in one line.
fn summary(network: &Network) -> String {
    let inspection = &network.inspection;
    format!(
        "{} Hz \u{b7} {} samples = {} \u{b7} {} parameters \u{b7} {:.2} GFLOP per segment",
        grouped(inspection.sampling_rate as usize),
        grouped(inspection.input_length),
        duration(network.milliseconds(inspection.input_length)),
        grouped(inspection.parameters as usize),
        inspection.flops as f64 / 1e9
    )
}

fn draw_input(svg: &mut Svg, network: &Network) {
    let (inspection, middle) = (&network.inspection, TOP + ROW / 2.0);
    let name = network.normalisation().map_or("waveform".into(), |normalised| format!("waveform, {normalised}"));
    svg.text(28.0, middle + 4.0, 12.0, INK, Anchor::Start, &name);
    svg.text(
        COLUMNS[3].0,
        middle + 4.0,
        12.0,
        INK,
        Anchor::End,
        &format!("{} \u{d7} 1", grouped(inspection.input_length)),
    );
    svg.waveform(AXIS[0], middle, AXIS[1], ROW * 0.8);
}

fn draw_layer(svg: &mut Svg, network: &Network, layer: &Layer, top: f64) {
    let (row, segment) = (&layer.row, network.inspection.input_length);
    let middle = top + ROW / 2.0;
    svg.line([28.0, top], [AXIS[0] + AXIS[1], top], RULE, 0.6);
    svg.text(28.0, middle + 4.0, 12.0, INK, Anchor::Start, &row.name);
    let window = row.kind != LayerKind::Dense;
    let known = |shown: bool, value: usize| if shown { grouped(value) } else { "\u{2013}".to_string() };
    let numbers = [
        known(window, row.kernel),
        known(window && row.stride > 1, row.stride),
        known(row.pool > 1, row.pool),
        format!("{} \u{d7} {}", grouped(row.length), grouped(row.channels)),
        grouped(row.parameters as usize),
        mflop(row.flops),
        duration(network.milliseconds(row.receptive_field.min(segment))),
    ];
    for ((x, _), number) in COLUMNS.iter().zip(&numbers) {
        svg.text(*x, middle + 4.0, 12.0, INK, Anchor::End, number);
    }
    let fill = if row.kind == LayerKind::Mel { WAVE.to_string() } else { shade(row.channels) };
    let scale = AXIS[1] / segment as f64;
    let width = (row.length as f64 * layer.hop as f64 * scale).min(AXIS[1]);
    // An excitation scales the signal; it is drawn as a factor and not as a stage of the signal path.
    let excitation = matches!(network.graph.nodes[layer.node].operation, Operation::Excitation(_));
    let height = if excitation { 4.0 } else { 11.0 };
    svg.cells(AXIS[0], middle + 4.0 - height, width, height, row.length, &fill);
    // Padding is part of the receptive field, but the picture ends with the segment.
    let heard = (row.receptive_field as f64 * scale).clamp(1.2, AXIS[1]);
    let centre = ((row.length / 2) as f64 + 0.5) * layer.hop as f64 * scale;
    let from = (AXIS[0] + centre - heard / 2.0).clamp(AXIS[0], AXIS[0] + AXIS[1] - heard);
    svg.rect(from, middle + 5.5, heard, 2.2, FIELD);
}

fn time_axis(svg: &mut Svg, network: &Network, y: f64) {
    let total = network.milliseconds(network.inspection.input_length);
    for tick in 0..=4 {
        let share = f64::from(tick) / 4.0;
        let x = AXIS[0] + AXIS[1] * share;
        svg.line([x, y], [x, y + 5.0], INK, 1.0);
        let anchor = match tick {
            0 => Anchor::Start,
            4 => Anchor::End,
            _ => Anchor::Middle,
        };
        svg.text(x, y + 18.0, 11.0, SOFT, anchor, &if tick == 0 { "0".into() } else { duration(total * share) });
    }
    let note = "darker: more channels. \u{201c}field\u{201d}: receptive field, at most the segment";
    svg.text(AXIS[0], y + 40.0, 11.0, SOFT, Anchor::Start, note);
}

fn mflop(flops: u64) -> String {
    let hundredths = (flops as f64 / 1e4).round() as usize;
    if flops > 0 && hundredths == 0 {
        return "< 0.01".into();
    }
    format!("{}.{:02}", grouped(hundredths / 100), hundredths % 100)
}
