//! Prepares MPEG audio streams (MP1, MP2, MP3) for a demuxer: only the frames, without other data before, between
//! and after them.

mod filter;
mod header;

pub(crate) use filter::{Filter, Findings};
pub(crate) use header::Header;
