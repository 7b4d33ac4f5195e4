//! The values with a tick on an axis, and how numbers are written.

/// A tick: its value and its label. A tick without a label is a short one between others.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    pub value: f64,
    pub label: String,
}

/// The size of the numbers that are written without a power of ten.
const PLAIN: std::ops::Range<f64> = 1e-4..1e7;

/// At most about `count` ticks at multiples of 1, 2 or 5 times a power of ten between `low` and `high`.
pub fn linear(low: f64, high: f64, count: usize) -> Vec<Tick> {
    let rough = (high - low) / count.max(1) as f64;
    if !(rough.is_finite() && rough > 0.0) {
        return vec![Tick { value: low, label: number(low) }];
    }
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= rough * 0.999);
    let step = step.unwrap_or(10.0 * power);
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    let largest = low.abs().max(high.abs());
    let plain = PLAIN.contains(&largest);
    (first..=last)
        .map(|index| {
            let value = index as f64 * step;
            let label = if plain { grouped(value, decimals) } else { number(rounded(value, step)) };
            Tick { value, label }
        })
        .collect()
}

/// Ticks between `low` and `high`, both above 0, on a logarithmic axis: at the powers of ten, and at 2 and 5 times
/// them if the axis is short. The other multiples have ticks without labels. An axis of less than a decade may have
/// none of these; it gets linear ticks.
pub fn log10(low: f64, high: f64, count: usize) -> Vec<Tick> {
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let decades = high.log10() - low.log10();
    let labelled: &[u32] = match decades * 3.0 {
        // As many as there is room for; most of these labels are short.
        three if three <= 2.0 * count as f64 => &[1, 2, 5],
        _ => &[1],
    };
    let every = ((decades / count.max(1) as f64).ceil() as i32).max(1);
    let inside = |value: f64| value >= low * (1.0 - 1e-9) && value <= high * (1.0 + 1e-9);
    let mut ticks = Vec::new();
    for power in first..=last {
        for digit in 1..10 {
            let value = f64::from(digit) * 10f64.powi(power);
            if !inside(value) || (every > 1 && digit > 1) {
                continue;
            }
            let with_label = labelled.contains(&digit) && power.rem_euclid(every) == 0;
            ticks.push(Tick { value, label: if with_label { number(value) } else { String::new() } });
        }
    }
    if ticks.iter().filter(|tick| !tick.label.is_empty()).count() < 2 {
        return linear(low, high, count).into_iter().filter(|tick| tick.value > 0.0).collect();
    }
    ticks
}

/// The number with the digits that distinguish it: 22,050 or 0.91 or 2×10⁻⁵.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() {
        return value.to_string();
    }
    if !PLAIN.contains(&size) {
        let text = format!("{value:.3e}");
        let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
        let digits = without_zeros(digits);
        let power: String = power.chars().map(raised).collect();
        return match digits {
            "1" => format!("10{power}"),
            "-1" => format!("−10{power}"),
            digits => format!("{}×10{power}", digits.replace('-', "−")),
        };
    }
    // Six significant digits.
    let decimals = (5.0 - size.log10().floor()).clamp(0.0, 9.0) as usize;
    without_zeros(&grouped(value, decimals)).to_owned()
}

/// The number without zeros at the end of its decimals.
fn without_zeros(number: &str) -> &str {
    if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.')
    } else {
        number
    }
}

/// The number with `decimals` decimals and commas between thousands from 10,000 on.
fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut written = String::new();
    if value < 0.0 && text.chars().any(|digit| ('1'..='9').contains(&digit)) {
        written.push('−');
    }
    for (index, digit) in whole.chars().enumerate() {
        if whole.len() > 3 && index > 0 && (whole.len() - index).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written.push_str(rest);
    written
}

/// The value as a multiple of `step`, without the error of the multiplication.
fn rounded(value: f64, step: f64) -> f64 {
    if value.abs() < step / 2.0 {
        0.0
    } else {
        value
    }
}

fn raised(digit: char) -> char {
    match digit {
        '-' => '⁻',
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit @ '4'..='9' => char::from_u32(0x2070 + digit as u32 - '0' as u32).unwrap_or(digit),
        other => other,
    }
}
