//! Recognises audio files in a folder by their names.

use std::path::Path;

/// Suffixes of audio files, in lower case and sorted. They include formats without a decoder, so that such a file is
/// reported instead of silently ignored. A file that the user names directly may have any suffix.
pub const SUFFIXES: &[&str] = &[
    "aac", "adts", "aif", "aifc", "aiff", "alac", "ape", "au", "bwf", "caf", "dff", "dsf", "flac", "m4a", "m4b", "m4r",
    "m4v", "mka", "mkv", "mov", "mp1", "mp2", "mp3", "mp4", "mpc", "oga", "ogg", "opus", "snd", "spx", "w64", "wav",
    "wave", "webm", "wma", "wv",
];

/// Whether `path` has the name of an audio file.
pub fn has_audio_suffix(path: &Path) -> bool {
    let suffix = path.extension().and_then(|suffix| suffix.to_str()).map(str::to_ascii_lowercase);
    suffix.is_some_and(|suffix| SUFFIXES.contains(&suffix.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_matter_and_other_files_are_none() {
        assert!(["a.MP3", "b.c/d.mkv", "e.f.Opus"].iter().all(|name| has_audio_suffix(Path::new(name))));
        assert!(["a.jpg", "mp3", ".mp3", "b.mp3/cover"].iter().all(|name| !has_audio_suffix(Path::new(name))));
        assert!(SUFFIXES.is_sorted());
    }
}
