//! Synthetic music with known tags, generated for the demo and for tests.
//!
//! A clip is a few seconds of one to three melodic instruments, with or without bass, drums and noise, at a tempo, in a
//! register and at a level; its tags name all of these. The same seed gives the same samples. The music is deliberately
//! simple: it shows that training works, but not how well it works on real music.

mod draw;
mod drums;
mod instruments;
mod scene;
mod wav;

use std::path::{Path, PathBuf};

use error::{Error, Result};

pub use draw::Draw;
pub use scene::{Scene, TAGS};
pub use wav::write_wav;

/// The number of clips in a set, and their length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetSize {
    /// Number of training clips.
    pub train: usize,
    /// Number of validation clips.
    pub valid: usize,
    /// Number of test clips.
    pub test: usize,
    /// Samples per clip.
    pub length: usize,
    /// Sampling rate in Hz.
    pub sampling_rate: u32,
}

/// A set that has been written to disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// CSV with the columns `path,tags,split`.
    pub manifest: PathBuf,
    /// A clip that is in no part.
    pub unseen: PathBuf,
    /// The tags of the unseen clip.
    pub unseen_tags: Vec<&'static str>,
}

/// Writes a set into `folder`, which is created: `clips/*.wav`, `unseen.wav`, and finally `manifest.csv`. Before each
/// clip, `proceed` is called with the number of written clips and the total number; if it returns an error, writing
/// stops.
///
/// [`error::Code::Output`] if the folder cannot be written; those of `proceed`.
/// [`error::Code::Output`] where the folder cannot be written; those of `proceed`.
pub fn write_set(
    folder: &Path,
    size: &SetSize,
    seed: u64,
    proceed: &mut dyn FnMut(usize, usize) -> Result<()>,
) -> Result<Set> {
    let clips = folder.join("clips");
    files::make_folder(&clips)?;
    let total = size.train + size.valid + size.test;
    let mut manifest = String::from("path,tags,split\n");
    for index in 0..total {
        proceed(index, total)?;
        let (scene, samples) = Scene::clip(seed, index as u64, size.length, size.sampling_rate);
        let name = format!("clips/{index:04}.wav");
        write_wav(&folder.join(&name), &samples, size.sampling_rate)?;
        let split = match index {
            _ if index < size.train => "train",
            _ if index < size.train + size.valid => "valid",
            _ => "test",
        };
        manifest.push_str(&format!("{name},{},{split}\n", scene.tags().join("|")));
    }
    let unseen = folder.join("unseen.wav");
    // Five consecutive clips are concatenated to a clip that is longer than those of the set, from a scene that is not
    // in the set.
    let (scene, samples) = Scene::clip(seed, total as u64, 5 * size.length, size.sampling_rate);
    write_wav(&unseen, &samples, size.sampling_rate)?;
    let path = folder.join("manifest.csv");
    files::write_atomic(&path, manifest.as_bytes())?;
    let absolute = |path: &Path| std::path::absolute(path).map_err(|reason| Error::output(path, &reason));
    Ok(Set { manifest: absolute(&path)?, unseen: absolute(&unseen)?, unseen_tags: scene.tags() })
}
