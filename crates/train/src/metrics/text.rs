//! Metrics as text.

/// A number with four digits; a dash for `None`.
pub(crate) fn four(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"))
}

/// An interval; a dash for `None`.
pub(crate) fn between(interval: Option<[f64; 2]>) -> String {
    interval.map_or_else(|| "-".to_owned(), |[low, high]| format!("{low:.4} to {high:.4}"))
}
