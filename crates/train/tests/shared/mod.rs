//! Where the test data lies.

use std::path::{Path, PathBuf};

/// `../shared/NAME`, or None where it is absent; in CI its absence is a failure.
#[allow(dead_code)] // Not every test needs it.
pub fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(name);
    if !path.exists() {
        assert!(std::env::var("CI").is_err(), "{} is missing", path.display());
        println!("skipped: {} is missing", path.display());
        return None;
    }
    Some(path)
}

/// Writes a mono 16-bit WAV file.
#[allow(dead_code)] // Not every test needs it.
pub fn write_wav(path: &Path, rate: u32, samples: &[f32]) {
    let data: Vec<u8> = samples.iter().flat_map(|s| ((s * 32767.0).round() as i16).to_le_bytes()).collect();
    let mut bytes = Vec::new();
    bytes.extend(b"RIFF");
    bytes.extend((36 + data.len() as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16u32.to_le_bytes());
    bytes.extend(1u16.to_le_bytes());
    bytes.extend(1u16.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend((2 * rate).to_le_bytes());
    bytes.extend(2u16.to_le_bytes());
    bytes.extend(16u16.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// A tone of `hertz`, `seconds` long.
#[allow(dead_code)] // Not every test needs it.
pub fn tone(rate: u32, hertz: f32, seconds: f32) -> Vec<f32> {
    let count = (seconds * rate as f32) as usize;
    (0..count).map(|i| 0.5 * (std::f32::consts::TAU * hertz * i as f32 / rate as f32).sin()).collect()
}
