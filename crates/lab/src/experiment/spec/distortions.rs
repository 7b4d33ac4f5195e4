//! Rows that evaluate a model on distorted test clips.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::axis::{Axis, AxisEntry};
use super::value::AxisValue;
use crate::distortions::Distortion;

/// The id of the row without distortion.
pub const CLEAN: &str = "clean";
/// The value of the row without distortion on the axes [`KIND_AXIS`] and [`STRENGTH_AXIS`].
const NONE: &str = "none";
/// The axis with the kinds of distortion.
const KIND_AXIS: &str = "distortion";
/// The axis with the strengths in words.
const STRENGTH_AXIS: &str = "strength";

/// A kind of distortion, and its strengths.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Strengths {
    /// The kind.
    pub distortion: Distortion,
    /// The strengths, in the order of the table: `noise` signal-to-noise ratios in dB; `gain` dB; `pitch` semitones;
    /// `stretch` factors of the duration; `mp3` bit rates in kbit/s; `low-pass` cutoff frequencies in Hz.
    pub strengths: Vec<f64>,
}

/// The distortions of an experiment: a row without distortion, and one for each strength of each kind.
///
/// They have axes of their own: `distortion` with the kinds, `strength` with the strengths in words, and one axis for
/// each kind with its strengths as numbers, such as `noise`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<Strengths>", into = "Vec<Strengths>")]
pub struct Distortions {
    /// The kinds with their strengths.
    pub kinds: Vec<Strengths>,
    axes: Vec<Axis>,
}

/// One evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct DistortedRow {
    /// The id: `clean`, or kind and strength, such as `noise_20`.
    pub id: String,
    /// The distortion and its strength; `None` for the clips as they are.
    pub distortion: Option<(Distortion, f64)>,
    /// Its values on the axes.
    pub axes: BTreeMap<String, AxisValue>,
}

impl From<Vec<Strengths>> for Distortions {
    fn from(kinds: Vec<Strengths>) -> Self {
        let axis = |name: &str, values: Vec<AxisValue>| Axis {
            name: name.to_owned(),
            label: None,
            unit: None,
            values: values.into_iter().map(AxisEntry::Plain).collect(),
            sets: None,
        };
        let names = kinds.iter().map(|one| AxisValue::from(one.distortion.name()));
        let mut words = vec![AxisValue::from(NONE)];
        for one in &kinds {
            for word in one.strengths.iter().map(|strength| one.word(*strength)) {
                if !words.contains(&word) {
                    words.push(word);
                }
            }
        }
        let mut axes = vec![
            axis(KIND_AXIS, std::iter::once(AxisValue::from(NONE)).chain(names).collect()),
            axis(STRENGTH_AXIS, words),
        ];
        for Strengths { distortion, strengths } in &kinds {
            let numbers = axis(distortion.name(), strengths.iter().map(|strength| number(*strength)).collect());
            let (label, unit) = (Some(distortion.label().to_owned()), distortion.unit().map(str::to_owned));
            axes.push(Axis { label, unit, ..numbers });
        }
        Self { kinds, axes }
    }
}

impl From<Distortions> for Vec<Strengths> {
    fn from(distortions: Distortions) -> Self {
        distortions.kinds
    }
}

impl Distortions {
    /// The axes on which the rows have values.
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// The rows, that without distortion first.
    pub fn rows(&self) -> Vec<DistortedRow> {
        let place = |kind: &str, strength: AxisValue| {
            BTreeMap::from([(KIND_AXIS.to_owned(), AxisValue::from(kind)), (STRENGTH_AXIS.to_owned(), strength)])
        };
        let clean = DistortedRow { id: CLEAN.to_owned(), distortion: None, axes: place(NONE, NONE.into()) };
        let mut rows = vec![clean];
        for one in &self.kinds {
            let name = one.distortion.name();
            for &strength in &one.strengths {
                let mut axes = place(name, one.word(strength));
                axes.insert(name.to_owned(), number(strength));
                let (id, distortion) = (format!("{name}_{strength}"), Some((one.distortion, strength)));
                rows.push(DistortedRow { id, distortion, axes });
            }
        }
        rows
    }

    /// Refuses kinds that are named twice, and strengths that a kind cannot have.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.kinds.is_empty() {
            return Err("distortions is empty: name at least one kind, or leave it out".to_owned());
        }
        for (index, Strengths { distortion, strengths }) in self.kinds.iter().enumerate() {
            let name = distortion.name();
            if self.kinds[..index].iter().any(|other| other.distortion == *distortion) {
                return Err(format!("distortions: {name} is named twice: name all its strengths in one place"));
            }
            if strengths.is_empty() {
                return Err(format!("distortions: {name} has no strengths: name at least one"));
            }
            for (place, strength) in strengths.iter().enumerate() {
                distortion.check(*strength).map_err(|why| format!("distortions: {why}"))?;
                if strengths[..place].contains(strength) {
                    return Err(format!("distortions: {name} has the strength {strength} twice"));
                }
            }
        }
        Ok(())
    }
}

impl Strengths {
    /// A strength with its unit.
    fn word(&self, strength: f64) -> AxisValue {
        let unit = self.distortion.unit().map_or_else(String::new, |unit| format!(" {unit}"));
        AxisValue::Word(format!("{strength}{unit}"))
    }
}

/// The value on an axis of numbers. A whole number is equal to one that a spec writes without decimals.
fn number(strength: f64) -> AxisValue {
    match strength.fract() == 0.0 {
        true => AxisValue::Whole(strength as i64),
        false => AxisValue::Number(strength),
    }
}
