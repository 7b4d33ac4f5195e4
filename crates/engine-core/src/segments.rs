//! The segments of a batch, in the forms in which a plan takes them.

use error::{Code, Error, Result};

/// The segments of a batch.
#[derive(Clone, Copy, Debug)]
pub enum Segments<'a> {
    /// `[n, input_length]`, -1..1.
    Samples(&'a [f32]),
    /// `[n, input_length]`, 16 bits a sample: its value is a 32,768th of the number.
    Pcm(&'a [i16]),
    /// `[n]`, places in what [`Training::hold`](crate::Training::hold) keeps.
    Held(&'a [Place]),
}

/// Where a segment lies in held audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Place {
    /// Its first sample, counted over all clips that are held.
    pub start: u64,
    /// Samples that are there; the rest of the segment, up to the network's input length, is zeros.
    pub samples: u64,
}

// SAFETY: two numbers of 8 bytes.
unsafe impl bytemuck::Zeroable for Place {}
// SAFETY: as above.
unsafe impl bytemuck::Pod for Place {}

/// How a plan takes the segments of audio that it was asked to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holding {
    /// As [`Segments::Samples`]: the CPU, and networks on mel spectrograms.
    Samples,
    /// As [`Segments::Pcm`]: a GPU whose memory has no room for all of it.
    Pcm,
    /// As [`Segments::Held`]: it lies in the GPU's memory.
    Resident,
}

impl<'a> From<&'a [f32]> for Segments<'a> {
    fn from(samples: &'a [f32]) -> Self {
        Self::Samples(samples)
    }
}

impl<'a> From<&'a Vec<f32>> for Segments<'a> {
    fn from(samples: &'a Vec<f32>) -> Self {
        Self::Samples(samples)
    }
}

impl<'a, const N: usize> From<&'a [f32; N]> for Segments<'a> {
    fn from(samples: &'a [f32; N]) -> Self {
        Self::Samples(samples)
    }
}

impl<'a> From<&'a [i16]> for Segments<'a> {
    fn from(samples: &'a [i16]) -> Self {
        Self::Pcm(samples)
    }
}

impl<'a> From<&'a [Place]> for Segments<'a> {
    fn from(places: &'a [Place]) -> Self {
        Self::Held(places)
    }
}

/// The value of a 16-bit sample, -1..1.
#[inline]
pub fn sample_value(sample: i16) -> f32 {
    f32::from(sample) / 32768.0
}

impl<'a> Segments<'a> {
    /// How many segments of `length` samples these are; `held` is how many samples are held. Half a segment, or a place that is not
    /// in the held audio, is [`Code::InvalidOption`].
    pub fn count(&self, length: usize, held: u64) -> Result<usize> {
        let refuse = |why: String| Err(Error::new(Code::InvalidOption, why));
        let samples = match self {
            Self::Samples(samples) => samples.len(),
            Self::Pcm(samples) => samples.len(),
            Self::Held(places) => {
                let inside = |place: &&Place| place.start.checked_add(place.samples).is_some_and(|end| end <= held);
                let fits = |place: &&Place| place.samples <= length as u64;
                return match places.iter().find(|place| !inside(place) || !fits(place)) {
                    None => Ok(places.len()),
                    Some(wrong) => refuse(format!(
                        "a segment has at most {length} of the {held} samples that are held, received {} from {} on",
                        wrong.samples, wrong.start
                    )),
                };
            }
        };
        match samples.is_multiple_of(length) {
            true => Ok(samples / length),
            false => refuse(format!("a segment has {length} samples, received {samples} samples")),
        }
    }

    /// The samples as f32, in `room` unless they are; none of held ones, which are not here.
    pub fn samples(&self, room: &'a mut Vec<f32>) -> Result<&'a [f32]> {
        match self {
            Self::Samples(samples) => Ok(samples),
            Self::Pcm(samples) => {
                room.clear();
                room.extend(samples.iter().map(|&sample| sample_value(sample)));
                Ok(room)
            }
            Self::Held(_) => Err(Error::new(Code::Internal, "this plan holds no audio")),
        }
    }
}
