//! Samples into a WAV file.

use std::io::Write;
use std::path::Path;

use error::Result;

/// Writes mono 16-bit PCM; `samples` in -1..1, what is beyond is clipped.
///
/// # Errors
/// [`error::Code::Output`].
pub fn write_wav(path: &Path, samples: &[f32], sampling_rate: u32) -> Result<()> {
    let bytes = 2 * samples.len() as u32;
    files::write_atomic_with(path, |file| {
        file.write_all(b"RIFF")?;
        file.write_all(&(36 + bytes).to_le_bytes())?;
        file.write_all(b"WAVEfmt \x10\0\0\0\x01\0\x01\0")?;
        file.write_all(&sampling_rate.to_le_bytes())?;
        file.write_all(&(2 * sampling_rate).to_le_bytes())?;
        file.write_all(b"\x02\0\x10\0data")?;
        file.write_all(&bytes.to_le_bytes())?;
        for sample in samples {
            file.write_all(&((sample * 32767.0).round() as i16).to_le_bytes())?;
        }
        Ok(())
    })
}
