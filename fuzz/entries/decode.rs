//! Reads the input as an audio file: it is decoded, mixed to mono, resampled and cut into segments.

use std::path::PathBuf;
use std::sync::Arc;

use audio::{read_segments_while, Bytes, Input, SegmentPolicy, SegmentSink};
use error::{Code, Error, Result};

use crate::failure;

/// Sampling rate in Hz, and number of samples of a segment.
const RATE: u32 = 8000;
const LENGTH: usize = 2000;
/// Number of chunks of a file that are decoded, each of 2 s or more. There is a limit because a small file can contain
/// hours of silence.
const CHUNKS: usize = 100;

/// Error codes of files that cannot be decoded to audio.
const CODES: [Code; 7] = [
    Code::UnsupportedFormat,
    Code::Decode,
    Code::NoAudio,
    Code::TooShort,
    Code::Silence,
    Code::TooLarge,
    Code::Aborted,
];

/// Counts segments, and checks that all samples are finite.
#[derive(Default)]
struct Counter(usize);

impl SegmentSink for Counter {
    fn segment(&mut self, segment: &[f32]) -> Result<()> {
        assert_eq!(segment.len(), LENGTH);
        assert!(segment.iter().all(|sample| sample.is_finite()), "a sample that is no number");
        self.0 += 1;
        Ok(())
    }

    fn restart(&mut self) -> Result<()> {
        self.0 = 0;
        Ok(())
    }
}

/// Reads `data` as the content of an audio file.
pub fn run(data: &[u8]) {
    let mut bytes = Bytes::default();
    bytes.push(data);
    let input = Input::Memory(PathBuf::from("input"), Arc::new(bytes));
    let read = |policy, mut left: usize| {
        let mut proceed = || {
            left = left.checked_sub(1).ok_or_else(Error::aborted)?;
            Ok(())
        };
        let mut sink = Counter::default();
        read_segments_while(&input, RATE, LENGTH, policy, &mut proceed, &mut sink).map(|read| (read, sink.0))
    };
    let ((decoded, count), segments) = match read(SegmentPolicy::All, CHUNKS) {
        Ok(read) => read,
        Err(reason) => return failure::check(&reason, &CODES),
    };
    assert!(decoded.duration.is_finite() && decoded.duration >= 0.1, "{decoded:?}");
    assert_eq!(decoded.samples, count.samples, "{decoded:?}");
    assert!(decoded.promised.is_none_or(|seconds| seconds.is_finite() && seconds > 0.0), "{decoded:?}");
    assert!(segments >= 1, "{decoded:?}");
    for text in [Some(&decoded.source.decoder), decoded.doubt.as_ref()].into_iter().flatten() {
        assert!(error::shown(text) == *text, "{decoded:?}");
    }
    // Only some segments of the same file are read. The result must be the same, although this can take more passes.
    let again = read(SegmentPolicy::Spread(2), 10 * CHUNKS);
    let ((again, _), some) = again.expect("what was read once is read again");
    assert_eq!(again, decoded);
    assert_eq!(some, segments.min(2));
}
