//! Converts audio files of any format and age to mono f32 at one sampling rate, and cuts them into segments.
//!
//! [`Reader`] streams one file in bounded memory: symphonia decodes it, the channels are mixed to one ([`Downmix`]),
//! and [`Resampler`] converts it to the sampling rate of the model. [`Segmenter`] cuts the stream into the inputs of
//! the network. [`read_segments`] does all of this. Bad input gives a coded error, never a panic: damaged packets are
//! skipped and counted, panics of a decoder are caught, and implausible headers and endless demuxers are stopped.

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
mod origin;
mod panics;
mod pcm;
mod promise;
mod reader;
mod repair;
mod resampler;
mod segments;
mod settling;
mod signature;
mod suffix;
mod system_names;
mod tail;
mod trimming;
mod vorbis_tables;
mod watch;
mod watched_file;

pub use clip::{read_clip, read_clip_held, read_clip_limited, read_segments, read_segments_while, SegmentSink};
pub use codec::decoders;
pub use decoder::StreamInfo;
pub use downmix::Downmix;
pub use input::{Bytes, Input};
pub use origin::FileOrigin;
pub use panics::catch;
pub use reader::{Decoded, Reader};
pub use resampler::Resampler;
pub use segments::{SegmentCount, SegmentPolicy, Segmenter};
pub use suffix::{has_audio_suffix, SUFFIXES};
pub use system_names::{is_system_file, is_system_folder};
