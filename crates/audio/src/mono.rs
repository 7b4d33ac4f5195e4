//! Mixes all channels to one, as f32 in -1..1.

use symphonia::core::audio::sample::Sample;
use symphonia::core::audio::{Audio, AudioBuffer, GenericAudioBufferRef};

use crate::downmix::{Downmix, Level, Levels};

/// A level above that of any recording: only damage or a wrong sample format gives such values.
const LOUDEST: f32 = 1e6;

/// Appends one sample per frame of `buffer`, mixed by `downmix`, and records the levels. A float that is not finite, or
/// implausibly large, becomes 0, because the resampler would spread it over the whole clip.
pub(crate) fn append(buffer: &GenericAudioBufferRef<'_>, downmix: Downmix, out: &mut Vec<f32>, levels: &mut Levels) {
    let mut mix = Mix { downmix, out, levels };
    match buffer {
        GenericAudioBufferRef::U8(b) => mix.append(b, 1.0 / 128.0, |s| f32::from(s) - 128.0),
        GenericAudioBufferRef::U16(b) => mix.append(b, 1.0 / 32_768.0, |s| f32::from(s) - 32_768.0),
        GenericAudioBufferRef::U24(b) => mix.append(b, 1.0 / 8_388_608.0, |s| s.inner() as f32 - 8_388_608.0),
        GenericAudioBufferRef::U32(b) => {
            mix.append(b, 1.0 / 2_147_483_648.0, |s| (i64::from(s) - (1 << 31)) as f32);
        }
        GenericAudioBufferRef::S8(b) => mix.append(b, 1.0 / 128.0, f32::from),
        GenericAudioBufferRef::S16(b) => mix.append(b, 1.0 / 32_768.0, f32::from),
        GenericAudioBufferRef::S24(b) => mix.append(b, 1.0 / 8_388_608.0, |s| s.inner() as f32),
        GenericAudioBufferRef::S32(b) => mix.append(b, 1.0 / 2_147_483_648.0, |s| s as f32),
        GenericAudioBufferRef::F32(b) => mix.append_floats(b, |s| s),
        GenericAudioBufferRef::F64(b) => mix.append_floats(b, |s| s as f32),
    }
}

struct Mix<'a> {
    downmix: Downmix,
    out: &'a mut Vec<f32>,
    levels: &'a mut Levels,
}

impl Mix<'_> {
    fn append<S: Sample>(&mut self, buffer: &AudioBuffer<S>, scale: f32, convert: impl Fn(S) -> f32) {
        let before = self.out.len();
        match self.downmix {
            Downmix::Mean => append_mean(buffer, self.out, scale, &convert),
            Downmix::Loudest(channel) => append_channel(buffer, channel, self.out, scale, &convert),
        }
        // Integer samples of a single channel cannot cancel and cannot exceed full scale.
        if buffer.num_planes() > 1 {
            self.note_levels(buffer, before, |s| convert(s) * scale);
        }
    }

    fn append_floats<S: Sample>(&mut self, buffer: &AudioBuffer<S>, convert: impl Fn(S) -> f32) {
        let before = self.out.len();
        match self.downmix {
            Downmix::Mean => append_mean(buffer, self.out, 1.0, &convert),
            Downmix::Loudest(channel) => append_channel(buffer, channel, self.out, 1.0, &convert),
        }
        for sample in &mut self.out[before..] {
            // The comparison is false for NaN too.
            *sample = if sample.abs() <= LOUDEST { *sample } else { 0.0 };
        }
        self.note_levels(buffer, before, convert);
    }

    /// Records the levels of the packet `buffer`, whose mix begins at `before`.
    fn note_levels<S: Sample>(&mut self, buffer: &AudioBuffer<S>, before: usize, convert: impl Fn(S) -> f32) {
        let channels: Vec<_> = buffer.iter_planes().map(|plane| Level::of(plane, &convert)).collect();
        self.levels.add(&channels, Level::of(&self.out[before..], |s| s).energy);
    }
}

/// The channel `channel`, or the last one if this part of the file has fewer channels.
fn append_channel<S: Sample>(
    buffer: &AudioBuffer<S>,
    channel: usize,
    out: &mut Vec<f32>,
    scale: f32,
    convert: &impl Fn(S) -> f32,
) {
    if let Some(plane) = buffer.iter_planes().take(channel + 1).last() {
        out.extend(plane.iter().map(|&s| convert(s) * scale));
    }
}

fn append_mean<S: Sample>(buffer: &AudioBuffer<S>, out: &mut Vec<f32>, scale: f32, convert: &impl Fn(S) -> f32) {
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
