//! MPEG audio streams (MP1, MP2, MP3) as a demuxer should meet them: frame by frame, without what lies between, in front
//! of and behind the frames.

mod filter;
mod header;

pub(crate) use filter::{Filter, Findings};
pub(crate) use header::Header;
