//! Code that the tests of several crates share. Only tests depend on this crate.

mod data;
mod replay;
mod skip;
mod sound;

pub use data::{program, shared, testdata};
pub use replay::replay;
pub use skip::skip;
pub use sound::{sine, tone, write_wav, write_wav_pcm};
