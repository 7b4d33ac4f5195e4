//! Audio files of any format and age to mono f32 at one sampling rate, and to segments.
//!
//! [`Reader`] streams one file in bounded memory: symphonia decodes, the channels are mixed to one ([`Downmix`]),
//! [`Resampler`] brings it to the model's rate. [`Segments`] cuts the stream into the network's inputs; [`read_segments`] does all of it.
//! Bad input ends in a coded error, never in a panic: damaged packets are skipped and counted, a decoder that panics is
//! caught, absurd headers and demuxers that never end are stopped.

mod atoms;
mod clip;
mod codec;
mod container;
mod decoder;
mod disguise;
mod downmix;
mod elementary;
mod failure;
mod flac;
mod guarded_file;
mod he_aac;
mod input;
mod mkv;
mod mono;
mod mp4;
mod mp4_codec;
mod mpeg;
mod ogg;
mod ogg_codec;
mod panics;
mod pcm;
mod promise;
mod reader;
mod repair;
mod resampler;
mod segments;
mod signature;
mod suffix;
mod system_names;
mod tail;
mod trimming;
mod vorbis_tables;
mod watch;
mod watched_file;

pub use clip::{read_clip, read_clip_limited, read_clip_while, read_segments, read_segments_while, SegmentSink};
pub use codec::decoders;
pub use decoder::Source;
pub use downmix::Downmix;
pub use input::{Bytes, Input};
pub use reader::{Decoded, Reader};
pub use resampler::Resampler;
pub use segments::{SegmentCount, SegmentPolicy, Segments};
pub use suffix::{has_audio_suffix, SUFFIXES};
pub use system_names::{is_system_file, is_system_folder};
