//! Augmentation: random changes of the training segments, drawn anew in each epoch.
//!
//! The changes of a segment depend on the seed, the epoch and the position of the segment in the order of the epoch, so
//! that a resumed run repeats them. Validation and evaluation never change the audio.

mod biquad;
mod change;
mod delay;
mod draws;
mod effect;
mod mixup;
mod noise;

use engine::{Philox, Purpose};
use error::{Code, Error, Result};

pub use biquad::Biquad;
pub use change::Change;
pub use effect::Effect;

use draws::Draws;
pub(crate) use mixup::Mixup;

/// At most this many changes, so that each of them has random numbers of its own.
pub const MOST_CHANGES: usize = 15;

/// The changes of a training, at a sampling rate.
#[derive(Clone, Debug)]
pub(crate) struct Augmentation {
    changes: Vec<Change>,
    rate: u32,
    seed: u64,
}

impl Augmentation {
    /// `changes` in the order in which they are applied, for segments at `rate` Hz, drawn from `seed`.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] if a filter has a frequency above half of the sampling rate, if a change is listed
    /// twice, or if there are too many.
    pub(crate) fn new(changes: &[Change], rate: u32, seed: u64) -> Result<Self> {
        let refused = |message: String| Err(Error::new(Code::InvalidOption, message));
        for (index, change) in changes.iter().enumerate() {
            let nyquist = f64::from(rate) / 2.0;
            if change.effect.is_filter() && change.to >= nyquist {
                return refused(format!(
                    "augment: {change}: the frequency must be below {nyquist} Hz, half of the sampling rate of the \
                     network"
                ));
            }
            if changes[..index].iter().any(|other| other.effect == change.effect) {
                return refused(format!("augment: {} is listed twice", change.effect.name()));
            }
        }
        if changes.len() > MOST_CHANGES {
            return refused(format!("augment: at most {MOST_CHANGES} changes, received {}", changes.len()));
        }
        Ok(Self { changes: changes.to_vec(), rate, seed })
    }

    /// Changes the segment at `position` of the order of `epoch`, in place. Mixup is not applied here.
    pub(crate) fn apply(&self, epoch: u64, position: u64, segment: &mut [f32]) {
        for (place, change) in self.changes.iter().enumerate() {
            if let Some(mut draws) = self.drawn(epoch, position, place) {
                let value = draws.between(change.from, change.to);
                change.effect.apply(value, self.rate, &mut draws, segment);
            }
        }
    }

    /// How the segment at `position` of the order of `epoch` is mixed with another segment of its batch, if it is.
    pub(crate) fn mixup(&self, epoch: u64, position: u64) -> Option<Mixup> {
        let place = self.changes.iter().position(|change| change.effect == Effect::Mixup)?;
        let mut draws = self.drawn(epoch, position, place)?;
        let Change { from, to, .. } = self.changes[place];
        let alpha = draws.between(from, to);
        Some(Mixup::draw(alpha, &mut draws))
    }

    /// Whether segments are mixed.
    pub(crate) fn mixes(&self) -> bool {
        self.changes.iter().any(|change| change.effect == Effect::Mixup)
    }

    /// The random numbers of the change at `place` if it is applied.
    fn drawn(&self, epoch: u64, position: u64, place: usize) -> Option<Draws> {
        let first = (position * (MOST_CHANGES as u64 + 1) + place as u64) << 28;
        let mut draws = Draws::new(Philox::new(self.seed, Purpose::Augment, epoch), first);
        (f64::from(draws.uniform()) < self.changes[place].probability).then_some(draws)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn augmentation(changes: &[&str]) -> Result<Augmentation> {
        let changes: Vec<Change> = changes.iter().map(|text| text.parse().unwrap()).collect();
        Augmentation::new(&changes, 8000, 3)
    }

    fn tone() -> Vec<f32> {
        (0..2000).map(|i| (i as f32 * 0.3).sin() * 0.5).collect()
    }

    #[test]
    fn a_segment_is_changed_again_in_the_same_way_and_otherwise_elsewhere() {
        let all = augmentation(&["polarity:0.5", "gain:1", "noise:1:20..30", "low-pass:1:500..900", "delay:1:20..90"]);
        let all = all.unwrap();
        let at = |epoch, position| {
            let mut segment = tone();
            all.apply(epoch, position, &mut segment);
            segment
        };
        assert_eq!(at(2, 5), at(2, 5));
        assert_ne!(at(2, 5), at(2, 6));
        assert_ne!(at(2, 5), at(3, 5));
        assert!(at(0, u64::from(u32::MAX)).iter().all(|sample| sample.is_finite()));
    }

    #[test]
    fn a_change_is_applied_with_its_probability() {
        for (text, expected) in [("polarity:0", 0.0), ("polarity:0.3", 0.3), ("polarity:1", 1.0)] {
            let flips = augmentation(&[text]).unwrap();
            let flipped = (0..4000).filter(|&position| {
                let mut segment = [0.5];
                flips.apply(1, position, &mut segment);
                segment == [-0.5]
            });
            let share = flipped.count() as f64 / 4000.0;
            assert!((share - expected).abs() < 0.03, "{text}: {share}");
        }
    }

    #[test]
    fn impossible_frequencies_and_repeated_changes_are_refused() {
        let refusal = |changes: &[&str]| augmentation(changes).unwrap_err();
        assert!(refusal(&["low-pass:1:2000..4000"]).message.contains("below 4000 Hz"));
        assert!(refusal(&["gain:1", "polarity:1", "gain:0.5"]).message.contains("gain is listed twice"));
        assert_eq!(refusal(&["gain:1", "gain:1"]).code, Code::InvalidOption);
    }
}
