//! Tones that ffmpeg encodes.

#![allow(clippy::unwrap_used)]

#[path = "programs.rs"]
pub mod programs;

use std::path::{Path, PathBuf};
use std::process::Command;

/// Seconds of every file that is made here.
pub const LENGTH: f64 = 4.0;

/// A file `name` in `folder`, encoded by ffmpeg with `encoding`: four seconds of tones and noise, never silent.
pub fn encode(folder: &Path, name: &str, encoding: &str) -> PathBuf {
    let path = folder.join(name);
    let channel =
        |c: u32| format!("0.2*sin(2*PI*{}*t)+0.2*sin(2*PI*{}*t)+0.05*(random({c})-0.5)", 220 + 90 * c, 941 + c);
    let source = format!("aevalsrc={}|{}:s=44100:c=stereo:d={LENGTH}", channel(0), channel(1));
    let arguments: Vec<&str> = encoding.split(' ').collect();
    programs::ffmpeg(&[&["-f", "lavfi", "-i", &source], &arguments[..], &[text(&path)]].concat());
    path
}

/// Seconds of audio that ffmpeg finds in `path`.
pub fn seconds_by_ffmpeg(path: &Path) -> f64 {
    let arguments =
        ["-v", "quiet", "-nostdin", "-i", text(path), "-map", "0:a:0", "-ac", "1", "-ar", "44100", "-f", "s16le", "-"];
    // ffmpeg may report damage although it has decoded the rest.
    let output = Command::new("ffmpeg").args(arguments).output().unwrap();
    output.stdout.len() as f64 / 2.0 / 44_100.0
}

/// Writes `bytes` to the file `name` in `folder`.
pub fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// The path as text.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
