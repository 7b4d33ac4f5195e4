//! Writes samples as a WAV file.

use std::io;
use std::path::Path;

use error::Result;
use hound::{SampleFormat, WavSpec, WavWriter};

/// Writes mono 16-bit PCM; `samples` are in -1..1, values outside are clipped.
///
/// # Errors
/// [`error::Code::Output`].
pub fn write_wav(path: &Path, samples: &[f32], sampling_rate: u32) -> Result<()> {
    let spec =
        WavSpec { channels: 1, sample_rate: sampling_rate, bits_per_sample: 16, sample_format: SampleFormat::Int };
    let written = |reason| match reason {
        hound::Error::IoError(reason) => reason,
        other => io::Error::other(other),
    };
    files::write_atomic_with(path, |file| {
        let mut wav = WavWriter::new(file, spec).map_err(written)?;
        for sample in samples {
            wav.write_sample((sample * 32767.0).round() as i16).map_err(written)?;
        }
        wav.finalize().map_err(written)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_a_plain_header_and_the_samples() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        write_wav(&path, &[0.0, 1.0, -1.0, 2.0], 16_000).unwrap();
        let mut expected = b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
        expected.extend(16_000u32.to_le_bytes());
        expected.extend(32_000u32.to_le_bytes());
        expected.extend(b"\x02\0\x10\0data\x08\0\0\0");
        expected.extend([0, 32767, -32767, 32767i16].iter().flat_map(|sample| sample.to_le_bytes()));
        assert_eq!(std::fs::read(&path).unwrap(), expected);
    }
}
