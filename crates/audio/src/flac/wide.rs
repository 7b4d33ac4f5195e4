//! A decoder for FLAC with 32 bits. The difference of two such channels has 33 bits, which symphonia's decoder does not
//! support (RFC 9639, 4.2).

use symphonia::core::audio::{AsGenericAudioBufferRef, AudioBuffer, AudioMut, AudioSpec, GenericAudioBufferRef};
use symphonia::core::codecs::audio::well_known::CODEC_ID_FLAC;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, FinalizeResult};
use symphonia::core::codecs::{CodecInfo, CodecProfileInfo};
use symphonia::core::errors::{Error, Result};
use symphonia::core::packet::PacketRef;

use super::Frame;

/// The bits per sample that this decoder supports.
const BITS: u32 = 32;
const NO_PROFILES: &[CodecProfileInfo] = &[];

/// The description for symphonia.
static INFO: CodecInfo =
    CodecInfo { short_name: "flac", long_name: "Free Lossless Audio Codec", profiles: NO_PROFILES };

/// Decodes FLAC with 32 bits.
pub(crate) struct WideDecoder {
    codec: AudioCodecParameters,
    buffer: AudioBuffer<i32>,
    channels: Vec<Vec<i64>>,
}

impl WideDecoder {
    /// Makes a decoder for `codec`, if it is FLAC with 32 bits.
    pub(crate) fn new(codec: &AudioCodecParameters) -> Option<Self> {
        let info = codec.extra_data.as_deref().filter(|_| codec.codec == CODEC_ID_FLAC)?;
        let &[most0, most1] = info.get(2..4)? else { return None };
        let &[format0, format1] = info.get(12..14)? else { return None };
        let bits = (u32::from(format0 & 1) << 4 | u32::from(format1 >> 4)) + 1;
        let channels = codec.channels.clone().filter(|_| bits == BITS)?;
        let spec = AudioSpec::new(codec.sample_rate?, channels);
        let count = spec.channels().count();
        let buffer = AudioBuffer::new(spec, usize::from(u16::from_be_bytes([most0, most1])));
        Some(Self { codec: codec.clone(), buffer, channels: vec![Vec::new(); count] })
    }

    fn decode_frame(&mut self, packet: &[u8]) -> Option<()> {
        frame(packet, BITS, &mut self.channels)?;
        let samples = self.channels.first()?.len();
        self.buffer.clear();
        self.buffer.grow_capacity(samples);
        self.buffer.render_uninit(Some(samples));
        for (number, channel) in self.channels.iter().enumerate() {
            for (out, &sample) in self.buffer.plane_mut(number)?.iter_mut().zip(channel) {
                *out = sample as i32;
            }
        }
        Some(())
    }
}

/// Decodes the frame at the start of `packet`, with samples of `bits` bits, into `channels`, and returns the size of
/// the frame in bytes.
pub(super) fn frame(packet: &[u8], bits: u32, channels: &mut [Vec<i64>]) -> Option<usize> {
    let frame = Frame::read(packet)?;
    let expected = if frame.channels < 8 { usize::from(frame.channels) + 1 } else { 2 };
    if channels.len() != expected {
        return None;
    }
    let mut source = Bits { bytes: packet, at: frame.length * 8 };
    for (number, channel) in channels.iter_mut().enumerate() {
        let side = matches!((frame.channels, number), (8 | 10, 1) | (9, 0));
        channel.clear();
        channel.resize(usize::from(frame.samples), 0);
        subframe(&mut source, bits + u32::from(side), channel)?;
    }
    if let [first, second] = channels {
        for (first, second) in first.iter_mut().zip(second) {
            (*first, *second) = match frame.channels {
                8 => (*first, *first - *second),
                9 => (*first + *second, *second),
                10 => {
                    let middle = *first << 1 | (*second & 1);
                    ((middle + *second) >> 1, (middle - *second) >> 1)
                }
                _ => (*first, *second),
            };
        }
    }
    // A checksum of two bytes follows.
    Some(source.at.div_ceil(8) + 2).filter(|&length| length <= packet.len())
}

impl AudioDecoder for WideDecoder {
    fn reset(&mut self) {}

    fn codec_info(&self) -> &CodecInfo {
        &INFO
    }

    fn codec_params(&self) -> &AudioCodecParameters {
        &self.codec
    }

    fn decode_ref(&mut self, packet: &PacketRef<'_>) -> Result<GenericAudioBufferRef<'_>> {
        if self.decode_frame(packet.data).is_none() {
            self.buffer.clear();
            return Err(Error::DecodeError("flac: a frame of 32 bits is damaged"));
        }
        Ok(self.buffer.as_generic_audio_buffer_ref())
    }

    fn finalize(&mut self) -> FinalizeResult {
        FinalizeResult::default()
    }

    fn last_decoded(&self) -> GenericAudioBufferRef<'_> {
        self.buffer.as_generic_audio_buffer_ref()
    }
}

/// Decodes one channel of a frame, with samples of `bits` bits.
fn subframe(source: &mut Bits, bits: u32, out: &mut [i64]) -> Option<()> {
    let kind = source.take(7)?;
    let wasted = if source.take(1)? == 1 { source.zeros()? + 1 } else { 0 };
    let bits = bits.checked_sub(u32::try_from(wasted).ok()?).filter(|&bits| bits > 0)?;
    match kind {
        0 => out.fill(source.signed(bits)?),
        1 => verbatim(source, bits, out)?,
        8..=12 => {
            const WEIGHTS: [&[i64]; 5] = [&[], &[1], &[2, -1], &[3, -3, 1], &[4, -6, 4, -1]];
            let weights = WEIGHTS[kind as usize - 8];
            verbatim(source, bits, out.get_mut(..weights.len())?)?;
            residual(source, weights.len(), out)?;
            predict(weights, 0, out);
        }
        32..=63 => {
            let order = kind as usize - 31;
            verbatim(source, bits, out.get_mut(..order)?)?;
            let precision = source.take(4)? as u32 + 1;
            let shift = source.signed(5)?;
            if precision == 16 || shift < 0 {
                return None;
            }
            let mut weights = [0; 32];
            for weight in &mut weights[..order] {
                *weight = source.signed(precision)?;
            }
            residual(source, order, out)?;
            predict(&weights[..order], shift, out);
        }
        _ => return None,
    }
    out.iter_mut().for_each(|sample| *sample <<= wasted);
    Some(())
}

fn verbatim(source: &mut Bits, bits: u32, out: &mut [i64]) -> Option<()> {
    for sample in out {
        *sample = source.signed(bits)?;
    }
    Some(())
}

/// Adds to every sample its prediction: the previous samples times `weights`, of which the first belongs to the latest
/// sample.
fn predict(weights: &[i64], shift: i64, out: &mut [i64]) {
    for at in weights.len()..out.len() {
        let before = out[..at].iter().rev();
        let sum = weights.iter().zip(before).fold(0_i64, |sum, (&w, &s)| sum.wrapping_add(w.wrapping_mul(s)));
        // Correct values fit into 33 bits; the limit keeps wrong values from growing.
        out[at] = out[at].wrapping_add(sum >> shift) << 30 >> 30;
    }
}

/// Decodes the differences from the prediction, which follow the first `order` samples.
fn residual(source: &mut Bits, order: usize, out: &mut [i64]) -> Option<()> {
    let width = match source.take(2)? {
        0 => 4,
        1 => 5,
        _ => return None,
    };
    let partitions = 1_usize << source.take(4)?;
    let length = out.len() / partitions;
    if length * partitions != out.len() || length < order || length == 0 {
        return None;
    }
    let mut start = order;
    for end in (1..=partitions).map(|partition| partition * length) {
        let parameter = source.take(width)? as u32;
        if parameter == (1 << width) - 1 {
            let bits = source.take(5)? as u32;
            verbatim(source, bits, &mut out[start..end])?;
        } else {
            for sample in &mut out[start..end] {
                let value = source.zeros()?.checked_shl(parameter)? | source.take(parameter)?;
                *sample = (value >> 1) as i64 ^ -((value & 1) as i64);
            }
        }
        start = end;
    }
    Some(())
}

/// The bits of a packet, most significant bit of each byte first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// The next bits from the most significant bit on: at least 56, if there are so many.
    fn window(&self) -> u64 {
        let start = self.at / 8;
        let mut window = [0; 8];
        let rest = self.bytes.get(start..).unwrap_or_default();
        let there = rest.len().min(8);
        window[..there].copy_from_slice(&rest[..there]);
        u64::from_be_bytes(window) << (self.at % 8)
    }

    /// An unsigned number of up to 33 bits.
    fn take(&mut self, bits: u32) -> Option<u64> {
        if bits == 0 {
            return Some(0);
        }
        let value = self.window() >> (64 - bits);
        self.at += bits as usize;
        (self.at <= self.bytes.len() * 8).then_some(value)
    }

    /// A signed number of up to 33 bits.
    fn signed(&mut self, bits: u32) -> Option<i64> {
        if bits == 0 {
            return Some(0);
        }
        let value = self.take(bits)? as i64;
        Some(value << (64 - bits) >> (64 - bits))
    }

    /// Counts the zero bits before the next one bit, and skips all of them, including the one bit.
    fn zeros(&mut self) -> Option<u64> {
        let mut zeros = 0;
        loop {
            let found = self.window().leading_zeros().min(56);
            zeros += u64::from(found);
            self.at += found as usize;
            if self.at >= self.bytes.len() * 8 {
                return None;
            }
            if found < 56 {
                self.at += 1;
                return Some(zeros);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{predict, residual, subframe, Bits};

    /// Bytes from a text of zeros and ones.
    fn bytes(picture: &str) -> Vec<u8> {
        let bits: Vec<u8> = picture.bytes().filter(|byte| *byte != b' ').map(|byte| byte - b'0').collect();
        bits.chunks(8).map(|bits| bits.iter().enumerate().fold(0, |byte, (at, bit)| byte | bit << (7 - at))).collect()
    }

    #[test]
    fn numbers_are_taken_bit_by_bit() {
        let bytes = bytes("101 00001 0000 1111");
        let mut bits = Bits { bytes: &bytes, at: 0 };
        assert_eq!((bits.signed(3), bits.zeros(), bits.zeros(), bits.take(3)), (Some(-3), Some(4), Some(4), Some(7)));
        assert_eq!((bits.take(0), bits.take(1)), (Some(0), None));
        let long = [vec![0; 20], vec![1]].concat();
        assert_eq!(Bits { bytes: &long, at: 0 }.zeros(), Some(167));
        assert_eq!(Bits { bytes: &[0; 20], at: 0 }.zeros(), None);
    }

    #[test]
    fn a_difference_of_33_bits_is_kept() {
        // A constant of 33 bits: the smallest possible value.
        let bytes = bytes(&format!("0 000000 0 1{}", "0".repeat(32)));
        let mut out = [0; 3];
        assert!(subframe(&mut Bits { bytes: &bytes, at: 0 }, 33, &mut out).is_some());
        assert_eq!(out, [-(1 << 32); 3]);
    }

    #[test]
    fn residuals_are_read_in_partitions_and_predicted_from() {
        // Method 0, two partitions: Rice parameter 1 with 1 and -2, then escaped with 3 bits: -1 and 3.
        let bytes = bytes("00 0001 0001 01 0 01 1 1111 00011 111 011");
        let mut out = [0; 4];
        assert!(residual(&mut Bits { bytes: &bytes, at: 0 }, 0, &mut out).is_some());
        assert_eq!(out, [1, -2, -1, 3]);
        predict(&[2, -1], 0, &mut out);
        assert_eq!(out, [1, -2, -6, -7]);
        assert!(residual(&mut Bits { bytes: &[0b11 << 6], at: 0 }, 0, &mut out).is_none(), "an unknown method");
    }
}
