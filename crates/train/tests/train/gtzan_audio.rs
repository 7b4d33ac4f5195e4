//! GTZAN as it is distributed: `.au` files with lists that name `.wav` files.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use serde_json::json;
use train::{prepare, PrepareOptions};

use crate::shared::tone;

/// Writes a mono 16-bit AU file.
fn write_au(path: &Path, rate: u32, samples: &[f32]) {
    let mut bytes = b".snd".to_vec();
    for word in [24, 2 * samples.len() as u32, 3, rate, 1] {
        bytes.extend(word.to_be_bytes());
    }
    bytes.extend(samples.iter().flat_map(|sample| ((sample * 32767.0).round() as i16).to_be_bytes()));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn the_files_of_the_archive_are_prepared_by_lists_of_wav_files() {
    let folder = tempfile::tempdir().unwrap();
    let genres = ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"];
    for (number, part) in ["train", "valid", "test"].iter().enumerate() {
        let mut list = String::new();
        for (pitch, genre) in genres.iter().enumerate() {
            let samples = tone(8000, 100.0 * (pitch + 1) as f32, 0.25 + 0.05 * number as f32);
            write_au(&folder.path().join(format!("genres/{genre}/{genre}.{number:05}.au")), 8000, &samples);
            list += &format!("{genre}/{genre}.{number:05}.wav\n");
        }
        fs::write(folder.path().join(format!("{part}_filtered.txt")), list).unwrap();
    }
    let options = json!({
        "dataset": {"kind": "gtzan", "root": folder.path()},
        "architecture": "3^5@8000", "cache": folder.path().join("cache")
    });
    let options: PrepareOptions = serde_json::from_value(options).unwrap();
    let prepared = prepare(&options, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    assert_eq!((prepared.clips, prepared.usable, prepared.failed), (30, 30, 0));
    assert!((prepared.duration - 10.0 * (0.25 + 0.3 + 0.35)).abs() < 0.01, "{}", prepared.duration);
}
