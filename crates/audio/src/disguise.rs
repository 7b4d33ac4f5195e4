//! Finds coded audio in place of samples: DTS and Dolby streams on CDs, and in WAV or FLAC files made from them. Played
//! as samples, they are noise.

use symphonia::core::audio::{Audio, AudioBuffer, GenericAudioBufferRef};

/// The number of frames that are examined, from the first non-zero sample on.
const FRAMES: u32 = 1 << 16;
/// How often the mark must occur; by chance it does not occur twice.
const MARKS: u32 = 3;

/// The fewest frames between two marks; DTS has one mark in 512 frames. Clipped audio in which one channel is the
/// inverse of the other has many marks in a row.
const DISTANCE: u32 = 256;

/// Marks in words of 16 bits, as the decoder returns them and with their bytes swapped.
const PATTERNS: [([u16; 2], &str); 5] = [
    ([0x7ffe, 0x8001], "DTS"),
    ([0xfe7f, 0x0180], "DTS"),
    ([0x1fff, 0xe800], "DTS"),
    ([0xff1f, 0x00e8], "DTS"),
    ([0xf872, 0x4e1f], "a coded stream for a digital output (IEC 61937: Dolby Digital, DTS or similar)"),
];

/// Looks for a coded stream in the samples of two channels at the start of a file.
#[derive(Debug, Default)]
pub(crate) struct Disguise {
    seen: u32,
    marks: [u32; PATTERNS.len()],
    /// The position of the last mark.
    places: [u32; PATTERNS.len()],
    /// The last word of the previous packet.
    last: u16,
}

impl Disguise {
    /// Examines the next packet; returns the name of the coded stream as soon as it is certain.
    pub(crate) fn look(&mut self, buffer: &GenericAudioBufferRef<'_>) -> Option<&'static str> {
        if self.seen < FRAMES {
            match buffer {
                GenericAudioBufferRef::S16(b) => self.count(b, |sample| sample as u16),
                GenericAudioBufferRef::S24(b) => self.count(b, |sample| (sample.inner() >> 8) as u16),
                GenericAudioBufferRef::S32(b) => self.count(b, |sample| (sample >> 16) as u16),
                _ => {}
            }
        }
        let found = self.marks.iter().position(|&marks| marks >= MARKS)?;
        Some(PATTERNS[found].1)
    }

    fn count<S: symphonia::core::audio::sample::Sample>(&mut self, buffer: &AudioBuffer<S>, word: impl Fn(S) -> u16) {
        let mut planes = buffer.iter_planes();
        let (Some(left), Some(right), None) = (planes.next(), planes.next(), planes.next()) else { return };
        for (&left, &right) in left.iter().zip(right) {
            let (left, right) = (word(left), word(right));
            if self.seen == 0 && left == 0 && right == 0 {
                continue;
            }
            self.seen += 1;
            for ((marks, place), (pattern, _)) in self.marks.iter_mut().zip(&mut self.places).zip(&PATTERNS) {
                if [left, right] == *pattern || [self.last, left] == *pattern {
                    *marks = if *marks > 0 && self.seen - *place < DISTANCE { 0 } else { *marks + 1 };
                    *place = self.seen;
                }
            }
            self.last = right;
        }
    }
}
