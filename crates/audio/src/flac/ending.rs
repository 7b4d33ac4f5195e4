//! Finds where the last frame of a FLAC file ends. Symphonia treats all data after it as a part of that frame, finds
//! its checksum wrong and omits the frame.

use std::io;
use std::ops::Range;

use super::joined::is_mark;
use super::wide::frame;
use crate::repair::{read_at, ReadSeek};

/// The numbers of bytes before the end that are searched for the frame, step by step.
const STEPS: [u64; 3] = [64 << 10, 512 << 10, 4 << 20];

/// The end of the last complete frame in `span`, with samples of `bits` bits in `channels` channels; None if there is
/// none, or if another file follows.
pub(super) fn last_frame(
    file: &mut dyn ReadSeek,
    span: Range<u64>,
    bits: u32,
    channels: usize,
) -> io::Result<Option<u64>> {
    let mut samples = vec![Vec::new(); channels];
    let mut searched = 0;
    for step in STEPS {
        let start = span.end.saturating_sub(step).max(span.start);
        if start >= span.end {
            break;
        }
        let mut bytes = vec![0; (span.end - start) as usize];
        let there = read_at(file, start, &mut bytes)?;
        bytes.truncate(there);
        // The part that was searched before is skipped, except for a frame that begins before it.
        for at in (0..bytes.len().saturating_sub(searched)).rev() {
            if bytes[at] != 0xff {
                continue;
            }
            let found =
                frame(&bytes[at..], bits, &mut samples).filter(|&length| checksum(&bytes[at..at + length]) == 0);
            if let Some(length) = found {
                let end = at + length;
                // The following bytes may be another file of another format, not junk.
                let joined = bytes[end..].windows(8).any(is_mark);
                return Ok(Some(start + end as u64).filter(|_| !joined));
            }
        }
        searched = bytes.len();
        if start == span.start {
            break;
        }
    }
    Ok(None)
}

/// The checksum over a frame and its own checksum: 0 if it is correct.
fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| if crc >> 15 != 0 { crc << 1 ^ 0x8005 } else { crc << 1 })
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{checksum, last_frame};

    /// 192 samples of one channel of 16 bits, all of one value.
    fn constant(number: u8, value: i16) -> Vec<u8> {
        let mut frame = vec![0xff, 0xf8, 0x19, 0x08, number];
        let header = frame.iter().fold(0_u8, |crc, &byte| {
            (0..8).fold(crc ^ byte, |crc, _| if crc & 0x80 != 0 { crc << 1 ^ 7 } else { crc << 1 })
        });
        frame.extend([header, 0]);
        frame.extend(value.to_be_bytes());
        let sum = checksum(&frame);
        frame.extend(sum.to_be_bytes());
        frame
    }

    #[test]
    fn the_last_whole_frame_is_found_before_junk_and_before_a_cut_one() {
        let frames = [constant(0, 5), constant(1, -7)].concat();
        let end = |junk: &[u8]| {
            let mut file = tempfile::tempfile().unwrap();
            let bytes = [frames.as_slice(), junk].concat();
            file.write_all(&bytes).unwrap();
            last_frame(&mut file, 0..bytes.len() as u64, 16, 1).unwrap()
        };
        let junk: Vec<u8> = (0..600_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for junk in [&[][..], &[0; 100], &[0xff; 70_000], &junk, &constant(2, 9)[..8]] {
            assert_eq!(end(junk), Some(frames.len() as u64), "{} bytes", junk.len());
        }
        assert_eq!(end(b"fLaC\0\0\0\x22 and so on"), None, "a joined file");
        let mut file = tempfile::tempfile().unwrap();
        assert_eq!(last_frame(&mut file, 0..0, 16, 1).unwrap(), None);
    }
}
