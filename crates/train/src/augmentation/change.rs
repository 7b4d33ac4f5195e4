//! A change as an option: its text form.

use std::fmt;
use std::str::FromStr;

use error::{Code, Error};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::effect::Effect;

/// The probability of a change whose text names none.
const PROBABILITY: f64 = 0.5;

/// A change, the probability that a segment is changed, and the range from which its value is drawn uniformly.
///
/// In options and files it is a text: `NAME`, `NAME:PROBABILITY`, `NAME:PROBABILITY:VALUE` or
/// `NAME:PROBABILITY:FROM..TO`, such as `noise:0.3:20..40`. What is left out has its default: the probability 0.5, and
/// the range of the effect.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// What it does.
    pub effect: Effect,
    /// The probability that a segment is changed, from 0 to 1.
    pub probability: f64,
    /// The smallest value, in the unit of the effect.
    pub from: f64,
    /// The largest value.
    pub to: f64,
}

impl FromStr for Change {
    type Err = Error;

    /// # Errors
    /// [`Code::InvalidOption`], with what is expected.
    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = |expected: String| {
            Error::new(Code::InvalidOption, format!("augment: {expected}, received \"{}\"", text.escape_default()))
        };
        let mut parts = text.split(':');
        let name = parts.next().unwrap_or_default();
        let Some(effect) = Effect::ALL.into_iter().find(|effect| effect.name() == name) else {
            let names: Vec<&str> = Effect::ALL.iter().map(|effect| effect.name()).collect();
            return Err(refused(format!("a change must be one of {}", names.join(", "))));
        };
        let facts = effect.facts();
        let probability = match parts.next() {
            None => PROBABILITY,
            Some(part) => part
                .parse()
                .ok()
                .filter(|probability| (0.0..=1.0).contains(probability))
                .ok_or_else(|| refused(format!("the probability of {name} must be from 0 to 1")))?,
        };
        let (from, to) = match parts.next() {
            None => facts.default,
            Some(_) if facts.value.is_empty() => return Err(refused(format!("{name} has no value"))),
            Some(part) => {
                let (from, to) = part.split_once("..").unwrap_or((part, part));
                let within = |text: &str| -> Option<f64> {
                    text.parse().ok().filter(|value| (facts.widest.0..=facts.widest.1).contains(value))
                };
                within(from).zip(within(to)).filter(|(from, to)| from <= to).ok_or_else(|| {
                    let (smallest, largest) = facts.widest;
                    let value = facts.value;
                    refused(format!(
                        "the value of {name} must be {value} or a range FROM..TO, from {smallest} to {largest}"
                    ))
                })?
            }
        };
        match parts.next() {
            None => Ok(Self { effect, probability, from, to }),
            Some(_) => Err(refused("a change must be NAME:PROBABILITY:FROM..TO".to_owned())),
        }
    }
}

impl fmt::Display for Change {
    /// The complete text, with what was left out.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { effect, probability, from, to } = self;
        write!(f, "{}:{probability}", effect.name())?;
        match (effect.facts().value.is_empty(), from == to) {
            (true, _) => Ok(()),
            (false, true) => write!(f, ":{from}"),
            (false, false) => write!(f, ":{from}..{to}"),
        }
    }
}

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Change {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(|reason: Error| serde::de::Error::custom(reason.message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_text_leaves_out_has_its_default() {
        for (text, whole) in [
            ("polarity", "polarity:0.5"),
            ("gain:0.3", "gain:0.3:-20..-1"),
            ("noise:1:30", "noise:1:30"),
            ("delay:0:20..90.5", "delay:0:20..90.5"),
            ("mixup", "mixup:0.5:1"),
        ] {
            let change: Change = text.parse().unwrap();
            assert_eq!(change.to_string(), whole);
            assert_eq!(whole.parse::<Change>().unwrap(), change);
            let json = serde_json::to_string(&change).unwrap();
            assert_eq!(serde_json::from_str::<Change>(&json).unwrap(), change);
        }
    }

    #[test]
    fn a_text_that_is_no_change_is_refused_with_what_is_expected() {
        for (text, expected) in [
            ("reverb", "one of polarity, gain, noise, high-pass, low-pass, delay, mixup"),
            ("gain:1.5", "the probability of gain must be from 0 to 1"),
            ("gain:nan", "the probability of gain must be from 0 to 1"),
            ("gain:0.5:-1..-20", "a gain in dB or a range FROM..TO, from -60 to 24"),
            ("noise:0.5:x", "a signal-to-noise ratio in dB"),
            ("polarity:0.5:1", "polarity has no value"),
            ("gain:0.5:-3:4", "NAME:PROBABILITY:FROM..TO"),
            ("", "one of polarity"),
        ] {
            let refused = text.parse::<Change>().unwrap_err();
            assert_eq!(refused.code, Code::InvalidOption);
            assert!(refused.message.contains(expected), "{}", refused.message);
        }
    }
}
