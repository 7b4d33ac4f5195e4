//! The value of the key `tags` in a manifest of JSON lines.

use std::fmt;

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::Deserialize;

/// The tags of a line.
#[derive(Debug, PartialEq)]
pub(super) enum LineTags {
    /// A list of names.
    Names(Vec<String>),
    /// An object: names, and a weight for each.
    Weights(Vec<String>, Vec<f32>),
}

impl<'de> Deserialize<'de> for LineTags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Either)
    }
}

struct Either;

impl<'de> Visitor<'de> for Either {
    type Value = LineTags;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list of tags, or an object of weights")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<LineTags, A::Error> {
        let mut names = Vec::new();
        while let Some(name) = list.next_element()? {
            names.push(name);
        }
        Ok(LineTags::Names(names))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<LineTags, A::Error> {
        let (mut names, mut weights) = (Vec::new(), Vec::new());
        while let Some((name, weight)) = object.next_entry()? {
            names.push(name);
            weights.push(weight);
        }
        Ok(LineTags::Weights(names, weights))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_and_an_object_are_told_apart() {
        let read = |text: &str| serde_json::from_str::<LineTags>(text);
        assert_eq!(read(r#"["b", "a"]"#).unwrap(), LineTags::Names(vec!["b".into(), "a".into()]));
        let weights = read(r#"{"b": 0.25, "a": 1}"#).unwrap();
        assert_eq!(weights, LineTags::Weights(vec!["b".into(), "a".into()], vec![0.25, 1.0]));
        for (text, why) in
            [("\"a\"", "a list of tags, or an object of weights"), ("[3]", "string"), (r#"{"a": "x"}"#, "f32")]
        {
            let refused = read(text).unwrap_err().to_string();
            assert!(refused.contains(why), "{refused}");
        }
    }
}
