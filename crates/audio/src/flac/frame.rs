//! The header of a FLAC frame.

/// The content of a frame header.
pub(super) struct Frame {
    /// Whether the frame size varies.
    pub(super) variable: bool,
    /// Samples per channel.
    pub(super) samples: u16,
    /// 0 to 7: one more than this number of independent channels; 8: left and side; 9: side and right; 10: mid and
    /// side.
    pub(super) channels: u8,
    /// Size of the header in bytes.
    pub(super) length: usize,
}

impl Frame {
    /// Reads the header at the start of `bytes` (RFC 9639, 9.1).
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let &[0xff, b1, b2, b3, first, ..] = bytes else { return None };
        if b1 & 0xfe != 0xf8 || b3 & 1 != 0 || b3 >> 4 > 10 || b3 & 0xe == 6 || b2 >> 4 == 0 || b2 & 15 == 15 {
            return None;
        }
        // The number of the frame, coded in the same way as UTF-8 codes characters.
        let number = match first.leading_ones() {
            0 => 1,
            ones @ 2..=7 => ones as usize,
            _ => return None,
        };
        let mut at = 4 + number;
        let mut take = |count: usize| {
            let value = bytes.get(at..at + count)?.iter().fold(0, |value: u32, &byte| value << 8 | u32::from(byte));
            at += count;
            Some(value)
        };
        let samples = match b2 >> 4 {
            1 => 192,
            code @ 2..=5 => 576 << (code - 2),
            6 => take(1)? + 1,
            7 => take(2)? + 1,
            code => 256 << (code - 8),
        };
        take(match b2 & 15 {
            12 => 1,
            13 | 14 => 2,
            _ => 0,
        })?;
        let checksum = bytes.get(..=at)?.iter().fold(0_u8, |crc, &byte| {
            (0..8).fold(crc ^ byte, |crc, _| if crc & 0x80 != 0 { crc << 1 ^ 7 } else { crc << 1 })
        });
        let samples = u16::try_from(samples).ok().filter(|&samples| samples > 0)?;
        (checksum == 0).then_some(Self { variable: b1 & 1 != 0, samples, channels: b3 >> 4, length: at + 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::Frame;

    #[test]
    fn a_frame_is_known_by_its_header_and_checksum() {
        let read = |bytes: &[u8]| {
            Frame::read(bytes).map(|frame| (frame.variable, frame.samples, frame.channels, frame.length))
        };
        // As the reference encoder writes them: 4,096 samples at 44.1 kHz in 16 bits, mid and side.
        assert_eq!(read(b"\xff\xf8\xc9\xa8\x00\x8d\x48"), Some((false, 4096, 10, 6)));
        assert_eq!(read(b"\xff\xf8\xc9\xa8\x00\x8e"), None);
        assert_eq!(read(b"\xff\xf8\xc9\xae\x00\x8d"), None);
        assert_eq!(read(b"\xff\xf8"), None);
    }
}
