//! Clips and features with known answers.

use lab::analyses::features::{ClipSet, LevelFeatures};

/// Numbers in -1..1 that look random and are the same in every run.
pub struct Noise(pub u64);

impl Noise {
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}

/// Clips of which clip i has the tags `tags_of(i)`.
pub fn clips(count: usize, tags: &[&str], tags_of: impl Fn(usize) -> Vec<usize>) -> ClipSet {
    let labels = (0..count).map(|i| (0..tags.len()).map(|tag| tags_of(i).contains(&tag)).collect()).collect();
    let names = (0..count).map(|i| format!("clip-{i}.mp3")).collect();
    ClipSet { names, files: vec![None; count], tags: tags.iter().map(|tag| (*tag).to_owned()).collect(), labels }
}

/// Features around one of several centres, and noise.
pub fn around(level: i32, width: usize, centres: &[Vec<f64>], noise: f64, of: &[usize]) -> LevelFeatures {
    let mut random = Noise(level.unsigned_abs().into());
    let values = of.iter().flat_map(|&centre| {
        let noise: Vec<f64> = (0..width).map(|_| noise * random.next()).collect();
        centres[centre].iter().zip(noise).map(|(c, n)| (c + n) as f32).collect::<Vec<f32>>()
    });
    LevelFeatures { level, width, values: values.collect() }
}
