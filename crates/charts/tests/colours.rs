//! The colours of series differ for readers with any colour vision, and can be seen on their page.

#![allow(clippy::expect_used)]

/// What people without one of the three kinds of cones see, as matrices of linear RGB (Machado, Oliveira and Fernandes
/// 2009, severity 1), and what all others see.
const VISIONS: [(&str, [[f64; 3]; 3]); 4] = [
    ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    ("protanopia", [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    (
        "deuteranopia",
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    ),
    ("tritanopia", [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
];

/// The variables of the page and of the eight series, in linear RGB, of the light or the dark theme.
fn colours(dark: bool) -> (Vec<[f64; 3]>, [f64; 3]) {
    let style = charts::page_style();
    let from = if dark { style.find("dark){").expect("a dark theme") } else { 0 };
    let read = |name: &str| {
        let start = style[from..].find(name).expect("a variable") + from + name.len();
        let channel = |at: usize| {
            let byte = u8::from_str_radix(&style[start + at..start + at + 2], 16).expect("a colour");
            let value = f64::from(byte) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        [channel(0), channel(2), channel(4)]
    };
    ((1..=8).map(|number| read(&format!("--chart-{number}:#"))).collect(), read("--chart-page:#"))
}

fn seen([r, g, b]: [f64; 3], vision: &[[f64; 3]; 3]) -> [f64; 3] {
    vision.map(|row| (row[0] * r + row[1] * g + row[2] * b).clamp(0.0, 1.0))
}

/// Lightness and the two colour axes of CIELAB.
fn lab([r, g, b]: [f64; 3]) -> [f64; 3] {
    let share = |value: f64| if value > 0.008856 { value.cbrt() } else { 7.787 * value + 16.0 / 116.0 };
    let x = share((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
    let y = share(luminance([r, g, b]));
    let z = share((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

fn luminance([r, g, b]: [f64; 3]) -> f64 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

#[test]
fn any_two_colours_differ_for_every_colour_vision() {
    for dark in [false, true] {
        let (series, _) = colours(dark);
        for (name, vision) in &VISIONS {
            for (index, one) in series.iter().enumerate() {
                for (other_index, other) in series.iter().enumerate().take(index) {
                    let (a, b) = (lab(seen(*one, vision)), lab(seen(*other, vision)));
                    let distance = (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum::<f64>().sqrt();
                    assert!(distance > 15.0, "{name}, dark {dark}: {} and {}: {distance}", index + 1, other_index + 1);
                }
            }
        }
    }
}

#[test]
fn every_colour_has_a_contrast_of_three_to_one() {
    for dark in [false, true] {
        let (series, page) = colours(dark);
        for (index, colour) in series.iter().enumerate() {
            let (a, b) = (luminance(*colour) + 0.05, luminance(page) + 0.05);
            assert!(a.max(b) / a.min(b) > 2.99, "dark {dark}: {}", index + 1);
        }
    }
}
