//! How numbers that are not finite are read back: JSON has no NaN, so [`serde_json`] writes them as `null`.

use serde::{Deserialize, Deserializer};

/// Reads a number; `null` is NaN.
pub fn one<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(from)?.unwrap_or(f64::NAN))
}

/// Reads pairs of numbers; `null` is NaN.
pub fn pairs<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<[f64; 2]>, D::Error> {
    let pairs = Vec::<[Option<f64>; 2]>::deserialize(from)?;
    Ok(pairs.into_iter().map(|pair| pair.map(|value| value.unwrap_or(f64::NAN))).collect())
}

/// Reads rows of numbers; `null` is NaN.
pub fn rows<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Vec<f64>>, D::Error> {
    let rows = Vec::<Vec<Option<f64>>>::deserialize(from)?;
    Ok(rows.into_iter().map(|row| row.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect()).collect())
}

/// Reads a pair of numbers that may be missing; a `null` in the pair is NaN.
pub fn range<'de, D: Deserializer<'de>>(from: D) -> Result<Option<[f64; 2]>, D::Error> {
    let range = Option::<[Option<f64>; 2]>::deserialize(from)?;
    Ok(range.map(|range| range.map(|value| value.unwrap_or(f64::NAN))))
}

/// Reads a list of numbers that may be missing; a `null` in the list is NaN.
pub fn list<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<f64>>, D::Error> {
    let list = Option::<Vec<Option<f64>>>::deserialize(from)?;
    Ok(list.map(|list| list.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect()))
}
