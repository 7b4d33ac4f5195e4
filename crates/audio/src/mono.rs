//! The mean of the channels, as f32 in -1..1.

use symphonia::core::audio::sample::Sample;
use symphonia::core::audio::{Audio, AudioBuffer, GenericAudioBufferRef};

/// Louder than any recording: only damage and wrong guesses of the sample format give such floats.
const LOUDEST: f32 = 1e6;

/// Appends one sample per frame of `buffer`: the mean of its channels. A float that is not finite, or absurdly large,
/// becomes 0, for it would spread through the resampler and the whole clip.
pub(crate) fn append_mean(buffer: &GenericAudioBufferRef<'_>, out: &mut Vec<f32>) {
    let before = out.len();
    match buffer {
        GenericAudioBufferRef::U8(b) => append(b, out, 1.0 / 128.0, |s| f32::from(s) - 128.0),
        GenericAudioBufferRef::U16(b) => append(b, out, 1.0 / 32_768.0, |s| f32::from(s) - 32_768.0),
        GenericAudioBufferRef::U24(b) => append(b, out, 1.0 / 8_388_608.0, |s| s.inner() as f32 - 8_388_608.0),
        GenericAudioBufferRef::U32(b) => {
            append(b, out, 1.0 / 2_147_483_648.0, |s| (i64::from(s) - (1 << 31)) as f32);
        }
        GenericAudioBufferRef::S8(b) => append(b, out, 1.0 / 128.0, f32::from),
        GenericAudioBufferRef::S16(b) => append(b, out, 1.0 / 32_768.0, f32::from),
        GenericAudioBufferRef::S24(b) => append(b, out, 1.0 / 8_388_608.0, |s| s.inner() as f32),
        GenericAudioBufferRef::S32(b) => append(b, out, 1.0 / 2_147_483_648.0, |s| s as f32),
        GenericAudioBufferRef::F32(b) => append(b, out, 1.0, |s| s),
        GenericAudioBufferRef::F64(b) => append(b, out, 1.0, |s| s as f32),
    }
    if matches!(buffer, GenericAudioBufferRef::F32(_) | GenericAudioBufferRef::F64(_)) {
        for sample in &mut out[before..] {
            // False for NaN too.
            *sample = if sample.abs() <= LOUDEST { *sample } else { 0.0 };
        }
    }
}

fn append<S: Sample>(buffer: &AudioBuffer<S>, out: &mut Vec<f32>, scale: f32, convert: impl Fn(S) -> f32) {
    let mut planes = buffer.iter_planes();
    let Some(first) = planes.next() else { return };
    match buffer.num_planes() {
        1 => out.extend(first.iter().map(|&s| convert(s) * scale)),
        2 => {
            let second = planes.next().unwrap_or(first);
            let scale = scale / 2.0;
            out.extend(first.iter().zip(second).map(|(&l, &r)| (convert(l) + convert(r)) * scale));
        }
        channels => {
            let start = out.len();
            out.extend(first.iter().map(|&s| convert(s)));
            for plane in planes {
                for (sum, &s) in out[start..].iter_mut().zip(plane) {
                    *sum += convert(s);
                }
            }
            let scale = scale / channels as f32;
            out[start..].iter_mut().for_each(|sum| *sum *= scale);
        }
    }
}
