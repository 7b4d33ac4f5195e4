//! Codecs: which ones this build decodes, and the decoder for a track, unless its header is implausible.

use std::ops::RangeInclusive;
use std::path::Path;

use error::Result;
use symphonia::core::codecs::audio::well_known as id;
use symphonia::core::codecs::audio::{
    AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions, CODEC_ID_NULL_AUDIO,
};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::Track;

use crate::failure::{broken, unsupported};
use crate::resampler::MAX_SAMPLING_RATE;
use crate::{flac, panics, vorbis_tables};

/// The most channels that a file may have; a larger number means a damaged header.
pub(crate) const MAX_CHANNELS: usize = 64;
/// Sampling rates that a file may have, in Hz; any other means a damaged header.
pub(crate) const SAMPLING_RATES: RangeInclusive<u32> = 100..=MAX_SAMPLING_RATE;
/// The most bytes of one decoded packet; a larger number means a damaged header.
const MAX_PACKET_BYTES: u64 = 256 << 20;

/// The codecs that a music library may contain, with the names that `doctor` prints; a family is represented by its
/// most common member.
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

/// The codecs that containers can name but this build does not decode.
const OTHERS: [(AudioCodecId, &str); 29] = [
    (id::CODEC_ID_OPUS, "Opus"),
    (id::CODEC_ID_SPEEX, "Speex"),
    (id::CODEC_ID_MUSEPACK, "Musepack"),
    (id::CODEC_ID_AC3, "AC-3 (Dolby Digital)"),
    (id::CODEC_ID_EAC3, "E-AC-3 (Dolby Digital Plus)"),
    (id::CODEC_ID_AC4, "AC-4 (Dolby)"),
    (id::CODEC_ID_DCA, "DTS"),
    (id::CODEC_ID_TRUEHD, "Dolby TrueHD"),
    (id::CODEC_ID_ATRAC1, "ATRAC1"),
    (id::CODEC_ID_ATRAC3, "ATRAC3"),
    (id::CODEC_ID_ATRAC3PLUS, "ATRAC3plus"),
    (id::CODEC_ID_ATRAC9, "ATRAC9"),
    (id::CODEC_ID_WMA, "Windows Media Audio"),
    (id::CODEC_ID_RA10, "RealAudio 1"),
    (id::CODEC_ID_RA20, "RealAudio 2"),
    (id::CODEC_ID_RALF, "RealAudio Lossless"),
    (id::CODEC_ID_SIPR, "RealAudio (Sipro)"),
    (id::CODEC_ID_COOK, "RealAudio (Cook)"),
    (id::CODEC_ID_SBC, "SBC"),
    (id::CODEC_ID_APTX, "aptX"),
    (id::CODEC_ID_APTX_HD, "aptX HD"),
    (id::CODEC_ID_LDAC, "LDAC"),
    (id::CODEC_ID_BINK_AUDIO, "Bink audio"),
    (id::CODEC_ID_SMACKER_AUDIO, "Smacker audio"),
    (id::CODEC_ID_WAVPACK, "WavPack"),
    (id::CODEC_ID_MONKEYS_AUDIO, "Monkey's Audio"),
    (id::CODEC_ID_TTA, "True Audio"),
    (id::CODEC_ID_ADPCM_G722, "G.722"),
    (id::CODEC_ID_ADPCM_G726, "G.726"),
];

/// The codec of an audio track.
pub(crate) fn of(track: &Track) -> Option<AudioCodecParameters> {
    track.codec_params.as_ref().and_then(|codec| codec.audio()).cloned()
}

/// Makes a decoder, unless the header claims implausible values. With `gapless`, the decoder leaves out encoder delay
/// and padding.
pub(crate) fn decoder(path: &Path, codec: &AudioCodecParameters, gapless: bool) -> Result<Box<dyn AudioDecoder>> {
    let channels = codec.channels.as_ref().map_or(1, |channels| channels.count());
    let frames = codec.max_frames_per_packet.unwrap_or(0).max(codec.frames_per_block.unwrap_or(0));
    let rate = codec.sample_rate.unwrap_or(*SAMPLING_RATES.start());
    let claims = || format!("the header claims {channels} channels at {rate} Hz, {frames} samples per packet");
    if channels > MAX_CHANNELS
        || !SAMPLING_RATES.contains(&rate)
        || frames.saturating_mul(channels as u64 * 4) > MAX_PACKET_BYTES
    {
        return Err(unsupported(path, &claims()));
    }
    if codec.codec == CODEC_ID_NULL_AUDIO {
        return Err(unsupported(path, "the container is known, but its codec is not"));
    }
    if let Some((_, name)) = OTHERS.iter().find(|(id, _)| *id == codec.codec) {
        return Err(unsupported(path, &format!("its audio is {name}, which cannot be decoded")));
    }
    if vorbis_tables::are_too_large(codec) {
        return Err(unsupported(path, "the header claims larger code books than any encoder writes"));
    }
    let options = AudioDecoderOptions::default().gapless(gapless);
    if let Some(decoder) = flac::WideDecoder::new(codec) {
        return Ok(Box::new(decoder));
    }
    match panics::catch(|| symphonia::default::get_codecs().make_audio_decoder(codec, &options)) {
        Ok(Ok(decoder)) => Ok(decoder),
        Ok(Err(SymphoniaError::Unsupported(reason))) => {
            Err(unsupported(path, &format!("its codec cannot be decoded: {reason}")))
        }
        Ok(Err(reason)) => Err(broken(path, &reason.to_string())),
        Err(panic) => Err(broken(path, &format!("the decoder panicked: {panic}"))),
    }
}

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
        assert!(OTHERS.iter().all(|(_, name)| !names.contains(&name.to_lowercase().as_str())), "{names:?}");
        for name in ["mp1", "mp2", "mp3", "aac-lc", "alac", "flac", "vorbis", "pcm", "adpcm"] {
            assert!(names.contains(&name), "{name} is missing in {names:?}");
        }
    }
}
