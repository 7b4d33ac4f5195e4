//! The segments of a batch, in the forms that a plan accepts.

use error::{Code, Error, Result};

/// The segments of a batch.
#[derive(Clone, Copy, Debug)]
pub enum Segments<'a> {
    /// `[n, input_length]`, values in -1..1.
    Samples(&'a [f32]),
    /// `[n, input_length]`, 16-bit samples; the value of a sample is the number divided by 32,768.
    Pcm(&'a [i16]),
    /// `[n]`, places in the audio that [`Training::hold`](crate::Training::hold) keeps.
    Held(&'a [HeldSegment]),
}

/// The place of a segment in the held audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct HeldSegment {
    /// The first sample, counted over all clips that are held.
    pub start: u64,
    /// The number of samples present; the rest of the segment, up to the network's input length, is zeros.
    pub samples: u64,
}

// SAFETY: the type consists of two 8-byte integers.
unsafe impl bytemuck::Zeroable for HeldSegment {}
// SAFETY: as above.
unsafe impl bytemuck::Pod for HeldSegment {}

/// The form in which a plan takes the segments of audio that it was asked to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holding {
    /// As [`Segments::Samples`]: on the CPU, and for networks on mel spectrograms.
    Samples,
    /// As [`Segments::Pcm`]: on a GPU without enough memory for all of the audio.
    Pcm,
    /// As [`Segments::Held`]: the audio is in the GPU's memory.
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

impl<'a> From<&'a [HeldSegment]> for Segments<'a> {
    fn from(places: &'a [HeldSegment]) -> Self {
        Self::Held(places)
    }
}

/// The value of a 16-bit sample, in -1..1.
#[inline]
pub fn sample_value(sample: i16) -> f32 {
    f32::from(sample) / 32768.0
}

impl<'a> Segments<'a> {
    /// The number of segments, of `length` samples each; `held` is the number of samples held. An incomplete segment,
    /// or a place outside the held audio, is [`Code::InvalidOption`].
    pub fn count(&self, length: usize, held: u64) -> Result<usize> {
        let refuse = |why: String| Err(Error::new(Code::InvalidOption, why));
        let samples = match self {
            Self::Samples(samples) => samples.len(),
            Self::Pcm(samples) => samples.len(),
            Self::Held(places) => {
                let inside =
                    |place: &&HeldSegment| place.start.checked_add(place.samples).is_some_and(|end| end <= held);
                let fits = |place: &&HeldSegment| place.samples <= length as u64;
                return match places.iter().find(|place| !inside(place) || !fits(place)) {
                    None => Ok(places.len()),
                    Some(wrong) => refuse(format!(
                        "a held segment has at most {length} samples and ends by sample {held}, received {} from {} on",
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

    /// The samples as f32, converted into `room` if they have another format. Segments in held audio are
    /// [`Code::Internal`], because their samples are not on the host.
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
