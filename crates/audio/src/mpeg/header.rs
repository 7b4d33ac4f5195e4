//! The four bytes that every frame begins with (ISO/IEC 11172-3, 2.4.2.3; 13818-3).

use symphonia::core::codecs::audio::well_known::{CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3};
use symphonia::core::codecs::audio::AudioCodecId;

/// Bit rates in kbit/s, by the index in the header: MPEG 1 layers 1, 2, 3; MPEG 2 layer 1, layers 2 and 3.
const BIT_RATES: [[u32; 15]; 5] = [
    [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

/// The content of a frame header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// 0: MPEG 2.5, 2: MPEG 2, 3: MPEG 1.
    version: u8,
    /// 1, 2 or 3.
    layer: u8,
    /// Sampling rate in Hz.
    rate: u32,
    mono: bool,
    /// Size of the frame in bytes, including this header.
    pub(crate) size: usize,
}

impl Header {
    /// Reads the header at the start of `bytes`, if there is one; frames with a free bit rate are not supported.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let &[0xff, b1, b2, b3, ..] = bytes else { return None };
        let (version, layer) = (b1 >> 3 & 3, 4 - (b1 >> 1 & 3));
        let (bit_rate, rate) = (usize::from(b2 >> 4), usize::from(b2 >> 2 & 3));
        if b1 & 0xe0 != 0xe0 || version == 1 || layer == 4 || !(1..15).contains(&bit_rate) || rate == 3 {
            return None;
        }
        let first = version == 3;
        let table = match (first, layer) {
            (true, layer) => usize::from(layer) - 1,
            (false, 1) => 3,
            (false, _) => 4,
        };
        let bit_rate = BIT_RATES[table][bit_rate] * 1_000;
        let rate = [44_100, 48_000, 32_000][rate] >> [2, 0, 1, 0][usize::from(version)];
        let padding = u32::from(b2 >> 1 & 1);
        let size = match layer {
            1 => (12 * bit_rate / rate + padding) * 4,
            3 if !first => 72 * bit_rate / rate + padding,
            _ => 144 * bit_rate / rate + padding,
        };
        Some(Self { version, layer, rate, mono: b3 >> 6 == 3, size: size as usize })
    }

    /// Whether frames like this one belong to the same stream as `other`.
    pub(crate) fn is_like(self, other: Self) -> bool {
        (self.version, self.layer, self.rate) == (other.version, other.layer, other.rate)
    }

    /// Whether one decoder can decode both: symphonia's decoders keep the first rate and number of channels that they
    /// meet.
    pub(crate) fn same_decoder(self, other: Self) -> bool {
        self.is_like(other) && self.mono == other.mono
    }

    /// The codec of the layer.
    pub(crate) fn codec(self) -> AudioCodecId {
        [CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3][usize::from(self.layer) - 1]
    }

    /// Sampling rate in Hz.
    pub(crate) fn rate(self) -> u32 {
        self.rate
    }

    /// Whether `frame`, which has this header, is the tag with the number of frames (Xing, Info, VBRI).
    pub(crate) fn counts_frames(self, frame: &[u8]) -> bool {
        let side = match (self.version == 3, self.mono) {
            (true, false) => 32,
            (true, true) | (false, false) => 17,
            (false, true) => 9,
        };
        let at = |at: usize, length: usize| frame.get(at..at + length);
        let xing = at(4 + side, 12).is_some_and(|tag| {
            (tag.starts_with(b"Xing") || tag.starts_with(b"Info")) && tag[7] & 1 != 0 && tag[8..] != [0; 4]
        });
        self.layer == 3 && (xing || at(36, 4) == Some(b"VBRI"))
    }
}

#[cfg(test)]
mod tests {
    use super::Header;

    #[test]
    fn a_header_tells_the_size_of_its_frame() {
        let size = |bytes: [u8; 4]| Header::read(&bytes).map(|header| header.size);
        assert_eq!(size([0xff, 0xfb, 0x90, 0x00]), Some(417), "MPEG 1 layer 3, 128 kbit/s, 44.1 kHz");
        assert_eq!(size([0xff, 0xfb, 0x92, 0x00]), Some(418), "padded");
        assert_eq!(size([0xff, 0xf3, 0x80, 0xc0]), Some(208), "MPEG 2 layer 3, 64 kbit/s, 22.05 kHz");
        assert_eq!(size([0xff, 0xe3, 0x18, 0xc0]), Some(72), "MPEG 2.5 layer 3, 8 kbit/s, 8 kHz");
        assert_eq!(size([0xff, 0xfd, 0xa4, 0x00]), Some(576), "MPEG 1 layer 2, 192 kbit/s, 48 kHz");
        assert_eq!(size([0xff, 0xff, 0xc4, 0x00]), Some(384), "MPEG 1 layer 1, 384 kbit/s, 48 kHz");
        for none in [
            [0xff, 0xfb, 0xf0, 0],
            [0xff, 0xfb, 0x00, 0],
            [0xff, 0xfb, 0x9c, 0],
            [0xff, 0xeb, 0x90, 0],
            [0xff, 0xf9, 0x90, 0],
        ] {
            assert_eq!(size(none), None, "{none:x?}");
        }
        assert!(Header::read(b"\xff\xfb").is_none());
    }
}
