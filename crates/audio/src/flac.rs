//! Prepares native FLAC for symphonia: wrong metadata, and metadata that symphonia handles too strictly, is corrected
//! before symphonia sees it, and files that were joined are separated.

mod ending;
mod frame;
mod joined;
mod wide;

use std::io;
use std::ops::Range;

use frame::Frame;
pub(crate) use joined::Joined;
pub(crate) use wide::WideDecoder;

use crate::promise::Promise;
use crate::repair::{read_at, ReadSeek, Repair};

/// The most metadata blocks that are read; real files have only a few.
const MAX_BLOCKS: usize = 1_000;
/// The number of bytes after the metadata that are searched for the first frame.
const SEARCH: usize = 64 << 10;
/// The kinds of metadata blocks that are treated differently.
const STREAM_INFO: u8 = 0;
const PADDING: u8 = 1;

/// Returns the changes that the file in `span` needs, the length that it promises, and where its frames begin.
pub(crate) fn look(file: &mut dyn ReadSeek, span: Range<u64>) -> io::Result<(Repair, Promise, u64)> {
    let start = span.start;
    let mut repair = Repair { start, length: Some(span.end), ..Repair::default() };
    let mut info = None;
    let mut at = start + 4;
    for _ in 0..MAX_BLOCKS {
        let mut header = [0; 4];
        if read_at(file, at, &mut header)? < header.len() {
            break;
        }
        let (last, kind) = (header[0] & 0x80, header[0] & 0x7f);
        // This is not a block but a frame: the length of the previous block was wrong.
        if kind == 127 {
            break;
        }
        if kind == STREAM_INFO {
            info = info.or(Some(at + 4));
        } else if kind != PADDING {
            // Cue sheets, pictures and comments become padding, because symphonia stops at an error in one of them.
            repair.patches.push((at, last | PADDING));
        }
        at += 4 + u64::from(u32::from_be_bytes([0, header[1], header[2], header[3]]));
        if last != 0 {
            break;
        }
    }
    let Some(info) = info else { return Ok((repair, Promise::default(), at)) };
    let mut stated = [0; 18];
    if read_at(file, info, &mut stated)? < stated.len() {
        return Ok((repair, Promise::default(), at));
    }
    let short = |at: usize| u16::from_be_bytes([stated[at], stated[at + 1]]);
    let mut frames = vec![0; SEARCH];
    let there = read_at(file, at, &mut frames)?;
    if let Some(frame) = first_frame(&frames[..there]) {
        // Symphonia checks frames against these numbers, and expects frames of one size if both numbers are
        // equal; the reference decoder uses only the frames themselves.
        let most = short(2).max(frame.samples);
        let least = if frame.variable { 16.min(most - 1) } else { most };
        repair.patch(info, &least.to_be_bytes());
        repair.patch(info + 2, &most.to_be_bytes());
        // Minimum and maximum frame size in bytes: unknown.
        repair.patch(info + 4, &[0; 6]);
    }
    let (bits, channels) = ((stated[12] & 1) << 4 | stated[13] >> 4, stated[12] >> 1 & 7);
    let mut cut = false;
    if let Some(end) = ending::last_frame(file, at..span.end, u32::from(bits) + 1, usize::from(channels) + 1)? {
        repair.length = Some(end);
        // A frame that begins there is not complete.
        let mut header = [0; 16];
        let there = read_at(file, end, &mut header)?;
        cut = Frame::read(&header[..there]).is_some();
    }
    let rate = u32::from_be_bytes([0, stated[10], stated[11], stated[12]]) >> 4;
    let samples = stated[13..].iter().fold(0, |samples: u64, &byte| samples << 8 | u64::from(byte)) & 0xf_ffff_ffff;
    let promise = match samples > 0 && rate > 0 {
        true => Promise::frames(samples, rate, 0),
        // Nothing else is known.
        false => Promise { cut, ..Promise::default() },
    };
    Ok((repair, promise, at))
}

/// The first frame in `bytes`.
fn first_frame(bytes: &[u8]) -> Option<Frame> {
    (0..bytes.len()).find_map(|at| Frame::read(&bytes[at..]))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::look;

    #[test]
    fn metadata_but_the_stream_information_becomes_padding() {
        let bytes = b"..fLaC\x00\x00\x00\x02si\x05\x00\x00\x03cue\x84\x00\x00\x01c\xff\xf8";
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        let (repair, promise, frames) = look(&mut file, 2..bytes.len() as u64).unwrap();
        assert_eq!((repair.patches, repair.start, frames), (vec![(12, 1), (19, 0x81)], 2, 24));
        assert_eq!(promise.seconds, None);
    }
}
