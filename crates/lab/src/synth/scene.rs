//! The composition of a clip, and its samples.

use super::draw::Draw;
use super::drums::{hat, kick, noise, snare};
use super::instruments::{bass, bell, organ, plucked, Note};

/// Every tag that a scene can have, in alphabetical order.
pub const TAGS: [&str; 12] =
    ["bass", "bell", "drums", "fast", "high", "loud", "low", "noise", "organ", "plucked", "quiet", "slow"];

/// Root of the melody in Hz for each register. The key of a clip is up to 3 semitones higher, and its melody spans up
/// to an octave above that.
const ROOTS: [f32; 3] = [98.0, 220.0, 494.0];
/// Seconds between notes for each tempo.
const STEPS: [(f32, f32); 3] = [(0.75, 1.0), (0.3, 0.36), (0.11, 0.14)];
/// Level of the whole clip for each loudness, as RMS in dB relative to full scale.
const LEVELS: [f32; 3] = [-38.0, -27.0, -15.0];
/// Upper limit of peaks.
const LIMIT: f32 = 0.98;
/// Steps of the major pentatonic scale over one octave, in semitones.
const SCALE: [f32; 6] = [0.0, 2.0, 4.0, 7.0, 9.0, 12.0];

/// The composition of a clip. A third of all scenes is low, a third high and a third in between; the same for tempo and
/// level.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    plucked: bool,
    organ: bool,
    bell: bool,
    bass: bool,
    drums: bool,
    noise: bool,
    /// 0 low, 1 middle, 2 high.
    register: usize,
    /// 0 slow, 1 medium, 2 fast.
    tempo: usize,
    /// 0 quiet, 1 medium, 2 loud.
    level: usize,
}

impl Scene {
    /// Draws a scene.
    pub fn draw(draw: &mut Draw) -> Self {
        let mut melodic = [draw.chance(0.4), draw.chance(0.4), draw.chance(0.4)];
        if melodic == [false; 3] {
            melodic[draw.below(3)] = true;
        }
        Self {
            plucked: melodic[0],
            organ: melodic[1],
            bell: melodic[2],
            bass: draw.chance(0.4),
            drums: draw.chance(0.4),
            noise: draw.chance(0.35),
            register: draw.below(3),
            tempo: draw.below(3),
            level: draw.below(3),
        }
    }

    /// The tags of the scene, in the order of [`TAGS`].
    pub fn tags(&self) -> Vec<&'static str> {
        let has = |tag: &str| match tag {
            "bass" => self.bass,
            "bell" => self.bell,
            "drums" => self.drums,
            "fast" => self.tempo == 2,
            "high" => self.register == 2,
            "loud" => self.level == 2,
            "low" => self.register == 0,
            "noise" => self.noise,
            "organ" => self.organ,
            "plucked" => self.plucked,
            "quiet" => self.level == 0,
            _ => self.tempo == 0,
        };
        TAGS.into_iter().filter(|tag| has(tag)).collect()
    }

    /// The clip `number` of the set with this seed: its scene, and `length` samples at `sampling_rate` Hz.
    pub fn clip(seed: u64, number: u64, length: usize, sampling_rate: u32) -> (Self, Vec<f32>) {
        let mut draw = Draw::new(seed, number);
        let scene = Self::draw(&mut draw);
        let samples = scene.render(&mut draw, length, sampling_rate as f32);
        (scene, samples)
    }

    fn render(&self, draw: &mut Draw, length: usize, rate: f32) -> Vec<f32> {
        let mut mix = vec![0.0; length];
        let (shortest, longest) = STEPS[self.tempo];
        let step = (draw.between(shortest, longest) * rate) as usize;
        let offset = draw.below(step.max(1));
        let root = ROOTS[self.register] * (draw.below(4) as f32 / 12.0).exp2();
        let voices: [(bool, Voice); 3] = [(self.plucked, plucked), (self.organ, organ), (self.bell, bell)];
        for (_, voice) in voices.into_iter().filter(|voice| voice.0) {
            let mut part = vec![0.0; length];
            let mut degree = draw.below(SCALE.len());
            for start in (offset..length).step_by(step.max(1)) {
                degree = (degree + 1 + draw.below(4)).saturating_sub(2 + draw.below(2)).min(SCALE.len() - 1);
                if draw.chance(0.9) {
                    let note = Note { pitch: root * (SCALE[degree] / 12.0).exp2(), length: step * 9 / 10, rate };
                    // A string or bell that is struck again stops its previous note.
                    let until = length.min(start + (step * 5).min((1.5 * rate) as usize));
                    voice(note, draw, &mut part[start..until]);
                }
            }
            add(&mut mix, &part, draw.between(-3.0, 1.0));
        }
        if self.bass {
            let mut part = vec![0.0; length];
            for start in (offset..length).step_by((2 * step).max(1)) {
                let pitch = 41.2 * (SCALE[draw.below(5)] / 12.0).exp2();
                let note = Note { pitch, length: step * 19 / 10, rate };
                bass(note, draw, &mut part[start..]);
            }
            add(&mut mix, &part, draw.between(-2.0, 2.0));
        }
        if self.drums {
            let mut part = vec![0.0; length];
            for (beat, start) in (offset..length).step_by(step.max(1)).enumerate() {
                match beat % 4 {
                    0 => kick(rate, &mut part[start..]),
                    2 => snare(rate, draw, &mut part[start..]),
                    _ => {}
                }
                hat(rate, draw, &mut part[start..]);
            }
            add(&mut mix, &part, draw.between(-2.0, 2.0));
        }
        if self.noise {
            let mut part = vec![0.0; length];
            let (cutoff, swell) = (draw.between(300.0, 2500.0), draw.between(1.0, 4.0));
            noise(rate, cutoff, swell, draw, &mut part);
            add(&mut mix, &part, draw.between(-12.0, -7.0));
        }
        let level = decibels(LEVELS[self.level] + draw.between(-1.5, 1.5));
        let gain = level / rms(&mix).max(1e-9);
        // Soft limiting keeps loud clips loud even if they have high peaks.
        mix.iter_mut().for_each(|sample| *sample = LIMIT * (gain / LIMIT * *sample).tanh());
        mix
    }
}

/// Adds a note to the samples, beginning at its start.
type Voice = fn(Note, &mut Draw, &mut [f32]);

/// Scales `part` to an RMS of 1 and adds it at `level` dB.
fn add(mix: &mut [f32], part: &[f32], level: f32) {
    let gain = decibels(level) / rms(part).max(1e-9);
    for (sum, sample) in mix.iter_mut().zip(part) {
        *sum += gain * sample;
    }
}

fn decibels(level: f32) -> f32 {
    10.0_f32.powf(level / 20.0)
}

fn rms(samples: &[f32]) -> f32 {
    let power: f64 = samples.iter().map(|&sample| f64::from(sample).powi(2)).sum();
    (power / samples.len().max(1) as f64).sqrt() as f32
}
