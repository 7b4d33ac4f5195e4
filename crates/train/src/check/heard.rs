//! What decoding the clips has shown.

use std::collections::{HashMap, HashSet};

use crate::cache::AudioHash;

/// What decoding has shown.
#[derive(Default)]
pub(super) struct Heard {
    /// The names of clips that cannot be used although their files exist.
    pub(super) unusable: HashSet<String>,
    /// The hashes of the audio of usable clips, by name.
    pub(super) hashes: HashMap<String, AudioHash>,
    /// `None` if nothing was decoded.
    pub(super) counts: Option<HeardCounts>,
}

/// How many clips are not as they should be.
#[derive(Clone, Copy)]
pub(super) struct HeardCounts {
    pub(super) broken: usize,
    pub(super) damaged: usize,
    pub(super) short: usize,
    /// Seconds of usable audio.
    pub(super) seconds: f64,
}
