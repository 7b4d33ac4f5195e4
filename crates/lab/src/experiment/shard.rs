//! `--shard i/n`: a part of the trainings, disjoint from the other parts.

use std::str::FromStr;

use error::{shown, Code, Error, Result};

/// Part `index` of `count`, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// The part, from 1.
    pub index: usize,
    /// The number of parts.
    pub count: usize,
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        match parts {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Self { index, count }),
            _ => {
                let message = format!("shard must be I/N with I from 1 to N, such as 3/42, received {}", shown(text));
                Err(Error::new(Code::InvalidOption, message))
            }
        }
    }
}

impl Shard {
    /// Whether the part has the training at `position` in the list of all.
    pub fn has(self, position: usize) -> bool {
        position % self.count == self.index - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_disjoint_and_whole() {
        let shards: Vec<Shard> = ["1/3", "2/3", "3/3"].iter().map(|text| text.parse().unwrap()).collect();
        assert!((0..10).all(|position| shards.iter().filter(|shard| shard.has(position)).count() == 1));
        for text in ["0/3", "4/3", "1", "a/b", "1/0", "-1/3"] {
            assert_eq!(text.parse::<Shard>().unwrap_err().code, Code::InvalidOption, "{text}");
        }
    }
}
