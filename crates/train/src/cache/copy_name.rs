//! The names of the copies.

use super::hash::ContentHash;

/// What identifies a copy: the file it was decoded from, its sampling rate, and how much of the clip it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct CopyName {
    /// Sampling rate in Hz.
    pub(super) rate: u32,
    pub(super) content: ContentHash,
    /// The copy holds at most this many samples, from the start of the clip; `None`: the whole clip.
    pub(super) limit: Option<u64>,
}

impl CopyName {
    pub(super) fn file_name(&self) -> String {
        match self.limit {
            None => format!("{}.pcm", self.content),
            Some(limit) => format!("{}-{limit}.pcm", self.content),
        }
    }

    /// The copy with this file name; `None` if no copy has such a name.
    pub(super) fn parse(rate: u32, file_name: &str) -> Option<Self> {
        let name = file_name.strip_suffix(".pcm")?;
        let (content, limit) = match name.split_once('-') {
            None => (name, None),
            Some((content, limit)) => (content, Some(limit.parse().ok()?)),
        };
        let name = Self { rate, content: ContentHash::parse(content)?, limit };
        // Only the spelling that is written: one copy has one name.
        (name.file_name() == file_name).then_some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_others_are_refused() {
        let content = ContentHash::of(b"abc");
        for limit in [None, Some(0), Some(640_512)] {
            let name = CopyName { rate: 8000, content, limit };
            assert_eq!(CopyName::parse(8000, &name.file_name()), Some(name));
        }
        let text = content.to_string();
        let upper = format!("{}.pcm", text.to_uppercase());
        for other in [&format!("{text}-01.pcm"), &format!("{text}-.pcm"), &format!("{text}.i16"), &upper, "x.pcm"] {
            assert_eq!(CopyName::parse(8000, other), None, "{other}");
        }
    }
}
