//! Single notes of each pitched instrument. Each adds at most `length` samples to `out`, at about the same loudness,
//! and keeps its partials below the Nyquist frequency.

use std::f32::consts::TAU;

use super::draw::Draw;

/// A note to play: its pitch in Hz, the number of samples until its release, and the sampling rate.
#[derive(Clone, Copy, Debug)]
pub struct Note {
    /// Pitch in Hz.
    pub pitch: f32,
    /// Samples until the release.
    pub length: usize,
    /// Sampling rate in Hz.
    pub rate: f32,
}

impl Note {
    /// The time of the sample `index` in seconds.
    fn time(&self, index: usize) -> f32 {
        index as f32 / self.rate
    }

    /// Rises for `attack` seconds; after the length of the note it falls within 30 ms.
    fn envelope(&self, index: usize, attack: f32) -> f32 {
        let rise = (self.time(index) / attack).min(1.0);
        let fall = 1.0 - (self.time(index.saturating_sub(self.length)) / 0.03).min(1.0);
        rise * fall
    }
}

/// A plucked string: a burst of noise that circulates through a delay line of one period and a two-point mean (Karplus
/// and Strong 1983), tuned by an all-pass filter (Jaffe and Smith 1983). It continues to sound after its length.
pub fn plucked(note: Note, draw: &mut Draw, out: &mut [f32]) {
    // The mean delays by half a sample, the all-pass filter by a fraction of a sample.
    let period = note.rate / note.pitch - 0.5;
    let whole = (period - 0.1).floor().max(1.0);
    let fraction = period - whole;
    let coefficient = (1.0 - fraction) / (1.0 + fraction);
    let mut string: Vec<f32> = (0..whole as usize).map(|_| draw.between(-1.0, 1.0)).collect();
    let mean = string.iter().sum::<f32>() / string.len() as f32;
    string.iter_mut().for_each(|sample| *sample -= mean);
    // -60 dB after 1.2 seconds.
    let loss = 0.001_f32.powf(1.0 / (1.2 * note.pitch));
    let (mut place, mut last, mut filtered, mut passed) = (0, 0.0, 0.0, 0.0);
    for sample in out {
        let now = string[place];
        *sample += 0.9 * now;
        let softened = loss * 0.5 * (now + last);
        last = now;
        passed = coefficient * (softened - passed) + filtered;
        filtered = softened;
        string[place] = passed;
        place = (place + 1) % string.len();
    }
}

/// A pipe organ: six harmonics of constant strength, with a slight tremulant.
pub fn organ(note: Note, draw: &mut Draw, out: &mut [f32]) {
    let ranks = [(1.0, 1.0), (2.0, 0.8), (3.0, 0.5), (4.0, 0.5), (6.0, 0.3), (8.0, 0.3)];
    let tremulant = draw.between(5.0, 7.0);
    for (harmonic, strength) in ranks {
        let frequency = note.pitch * harmonic;
        if frequency > 0.45 * note.rate {
            continue;
        }
        let phase = draw.uniform();
        for (index, sample) in out.iter_mut().enumerate().take(note.length + (0.03 * note.rate) as usize) {
            let time = note.time(index);
            let tremor = 1.0 + 0.1 * (TAU * tremulant * time).sin();
            *sample +=
                0.3 * strength * tremor * note.envelope(index, 0.02) * (TAU * (frequency * time + phase).fract()).sin();
        }
    }
}

/// A bell: frequency modulation at an inharmonic ratio; the modulation depth decays faster than the sound (Chowning
/// 1973). It continues to sound after its length.
pub fn bell(note: Note, draw: &mut Draw, out: &mut [f32]) {
    let modulator = note.pitch * 1.4;
    // Sidebands reach about (depth + 1) modulator frequencies up.
    let depth = ((0.47 * note.rate - note.pitch) / modulator - 1.0).clamp(0.0, 5.0) * draw.between(0.8, 1.0);
    for (index, sample) in out.iter_mut().enumerate() {
        let time = note.time(index);
        let swing = depth * (-time / 0.5).exp() * (TAU * (modulator * time).fract()).sin();
        *sample += 0.7
            * note.envelope(index.min(note.length), 0.002)
            * (-time / 0.7).exp()
            * (TAU * (note.pitch * time).fract() + swing).sin();
    }
}

/// A bass guitar: eight harmonics; higher ones decay faster.
pub fn bass(note: Note, draw: &mut Draw, out: &mut [f32]) {
    let phase = draw.uniform();
    for harmonic in 1..=8 {
        let number = harmonic as f32;
        let frequency = note.pitch * number;
        let decay = 1.2 / number;
        for (index, sample) in out.iter_mut().enumerate().take(note.length + (0.03 * note.rate) as usize) {
            let time = note.time(index);
            *sample += 0.8 / number
                * note.envelope(index, 0.01)
                * (-time / decay).exp()
                * (TAU * (frequency * time + phase * number).fract()).sin();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f32 = 8000.0;

    fn play(voice: fn(Note, &mut Draw, &mut [f32]), pitch: f32, seconds: f32) -> Vec<f32> {
        let mut out = vec![0.0; (seconds * RATE) as usize];
        voice(Note { pitch, length: out.len(), rate: RATE }, &mut Draw::new(1, 0), &mut out);
        out
    }

    /// Power at `frequency`, by a Hann-windowed Fourier sum.
    fn power(samples: &[f32], frequency: f32) -> f64 {
        let count = samples.len() as f64;
        let (mut re, mut im) = (0.0, 0.0);
        for (index, &sample) in samples.iter().enumerate() {
            let window = 0.5 - 0.5 * (std::f64::consts::TAU * index as f64 / count).cos();
            let angle = std::f64::consts::TAU * f64::from(frequency) * index as f64 / f64::from(RATE);
            re += window * f64::from(sample) * angle.cos();
            im += window * f64::from(sample) * angle.sin();
        }
        (re * re + im * im) / (count * count)
    }

    #[test]
    fn a_plucked_string_is_in_tune() {
        for pitch in [98.0, 233.1, 440.0, 783.9, 1174.7] {
            let sound = play(plucked, pitch, 0.5);
            let best = (-40..=40).max_by(|&a, &b| {
                let at = |cents: i32| power(&sound, pitch * (cents as f32 / 1200.0).exp2());
                at(a).total_cmp(&at(b))
            });
            assert!(best.unwrap().abs() <= 10, "{pitch} Hz is {best:?} cents off");
        }
    }

    #[test]
    fn a_plucked_string_and_a_bell_fade_while_an_organ_lasts() {
        let energy = |sound: &[f32]| sound.iter().map(|sample| sample * sample).sum::<f32>();
        let fade = |voice| {
            let sound = play(voice, 300.0, 1.0);
            energy(&sound[6000..7800]) / energy(&sound[200..2000])
        };
        assert!(fade(plucked) < 0.1, "{}", fade(plucked));
        assert!(fade(bell) < 0.3, "{}", fade(bell));
        assert!((0.8..1.2).contains(&fade(organ)), "{}", fade(organ));
    }

    #[test]
    fn each_instrument_has_the_partials_of_its_kind() {
        let organ = play(organ, 300.0, 0.5);
        assert!(power(&organ, 600.0) > 0.2 * power(&organ, 300.0));
        assert!(power(&organ, 1500.0) < 1e-3 * power(&organ, 300.0), "no fifth rank");
        let bell = play(bell, 300.0, 0.5);
        assert!(power(&bell, 720.0) > 0.05 * power(&bell, 300.0), "300 + 1.4 * 300 Hz: inharmonic");
        assert!(power(&bell, 600.0) < 0.02 * power(&bell, 300.0));
        let bass = play(bass, 50.0, 0.5);
        assert!(power(&bass, 50.0) > 2.0 * power(&bass, 100.0));
    }

    #[test]
    fn nothing_folds_back_at_the_highest_pitch() {
        for voice in [organ, bell] {
            let sound = play(voice, 1175.0, 0.5);
            let around =
                |frequency: f32| (-5..=5).map(|step| power(&sound, frequency + 4.0 * step as f32)).sum::<f64>();
            assert!(around(3900.0) < 1e-3 * around(1175.0));
        }
    }
}
