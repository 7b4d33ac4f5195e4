//! Which codecs this build decodes.

use symphonia::core::codecs::audio::well_known as id;
use symphonia::core::codecs::audio::AudioCodecId;

/// The codecs that a music library may hold, by the names that `doctor` prints; of a family the commonest member.
const CODECS: [(AudioCodecId, &str); 12] = [
    (id::CODEC_ID_MP1, "mp1"),
    (id::CODEC_ID_MP2, "mp2"),
    (id::CODEC_ID_MP3, "mp3"),
    (id::CODEC_ID_AAC, "aac-lc"),
    (id::CODEC_ID_ALAC, "alac"),
    (id::CODEC_ID_FLAC, "flac"),
    (id::CODEC_ID_VORBIS, "vorbis"),
    (id::CODEC_ID_OPUS, "opus"),
    (id::CODEC_ID_PCM_S16LE, "pcm"),
    (id::CODEC_ID_ADPCM_MS, "adpcm"),
    (id::CODEC_ID_WAVPACK, "wavpack"),
    (id::CODEC_ID_MONKEYS_AUDIO, "monkeys-audio"),
];

/// The codecs that this build decodes.
pub fn decoders() -> Vec<&'static str> {
    let registry = symphonia::default::get_codecs();
    CODECS.iter().filter(|(codec, _)| registry.get_audio_decoder(*codec).is_some()).map(|(_, name)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decoder_of_symphonia_is_compiled_in() {
        let names = decoders();
        for name in ["mp1", "mp2", "mp3", "aac-lc", "alac", "flac", "vorbis", "pcm", "adpcm"] {
            assert!(names.contains(&name), "{name} is missing in {names:?}");
        }
    }
}
