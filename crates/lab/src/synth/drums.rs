//! Unpitched sounds: kick, snare, hi-hat, and steady noise.

use std::f32::consts::TAU;

use super::draw::Draw;

/// A bass drum: a sine that falls from 150 to 45 Hz.
pub fn kick(rate: f32, out: &mut [f32]) {
    let mut phase = 0.0;
    for (index, sample) in out.iter_mut().enumerate() {
        let time = index as f32 / rate;
        phase += (45.0 + 105.0 * (-time / 0.03).exp()) / rate;
        *sample += 1.6 * (-time / 0.1).exp() * (TAU * phase).sin();
    }
}

/// A snare drum: noise over a tone of 180 Hz.
pub fn snare(rate: f32, draw: &mut Draw, out: &mut [f32]) {
    for (index, sample) in out.iter_mut().enumerate().take((0.3 * rate) as usize) {
        let time = index as f32 / rate;
        let tone = 0.5 * (-time / 0.05).exp() * (TAU * 180.0 * time).sin();
        *sample += tone + (-time / 0.06).exp() * draw.between(-1.0, 1.0);
    }
}

/// A closed hi-hat: a very short burst of high-passed noise.
pub fn hat(rate: f32, draw: &mut Draw, out: &mut [f32]) {
    let mut last = 0.0;
    for (index, sample) in out.iter_mut().enumerate().take((0.12 * rate) as usize) {
        let noise = draw.between(-1.0, 1.0);
        *sample += 0.5 * (-(index as f32) / (0.02 * rate)).exp() * (noise - last);
        last = noise;
    }
}

/// Steady noise, low-passed by one pole at `cutoff` Hz, that swells once in `swell` seconds.
pub fn noise(rate: f32, cutoff: f32, swell: f32, draw: &mut Draw, out: &mut [f32]) {
    let pole = (-TAU * cutoff / rate).exp();
    // One pole leaves (1 - pole) / (1 + pole) of the power of white noise.
    let gain = 0.5 * ((1.0 + pole) / (1.0 - pole)).sqrt();
    let mut state = 0.0;
    for (index, sample) in out.iter_mut().enumerate() {
        state = pole * state + (1.0 - pole) * draw.between(-1.0, 1.0);
        let level = 1.0 + 0.3 * (TAU * index as f32 / rate / swell).sin();
        *sample += gain * level * state;
    }
}
