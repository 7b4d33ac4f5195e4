//! The options of a job that computes embeddings: those of tagging, the embedding, and whether to tag as well.

use engine::Embedding;
use error::{Code, Error, Result};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::{EmbeddingChoice, TagOptions};

/// What to embed, with which model, and where to write the records. The JSON form is one object with the options of
/// [`TagOptions`], those of [`Embedding`], and `tags`; unknown keys are refused. Names, limits and defaults are those
/// of [`options::embed`].
#[derive(Clone, Debug, PartialEq)]
pub struct EmbedOptions(pub TagOptions);

impl EmbedOptions {
    /// Reads the JSON form. An unknown key or a wrong type is [`Code::InvalidOption`].
    pub fn from_json(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|reason| Error::new(Code::InvalidOption, format!("embed options: {reason}")))
    }
}

impl<'de> Deserialize<'de> for EmbedOptions {
    // Implemented by hand: serde cannot refuse unknown fields of a flattened struct.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let mut fields = Map::deserialize(deserializer)?;
        let embedding = read_embedding(&mut fields).map_err(D::Error::custom)?;
        let tags = fields.remove("tags").map(serde_json::from_value).transpose().map_err(D::Error::custom)?;
        let mut options: TagOptions = serde_json::from_value(Value::Object(fields)).map_err(D::Error::custom)?;
        options.embedding = Some(EmbeddingChoice { embedding, tags: tags.unwrap_or(false) });
        Ok(Self(options))
    }
}

/// Takes the embedding out of `fields`.
fn read_embedding(fields: &mut Map<String, Value>) -> serde_json::Result<Embedding> {
    let names = ["levels", "withinSegment", "acrossSegments"];
    let own = names.into_iter().filter_map(|name| Some((name.to_owned(), fields.remove(name)?)));
    serde_json::from_value(Value::Object(own.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_object_holds_the_options_of_both() {
        let EmbedOptions(options) =
            EmbedOptions::from_json(r#"{"model":"m","levels":[-3,-1],"tags":true,"top":2}"#).unwrap();
        let choice = options.embedding.clone().unwrap();
        assert_eq!(choice.embedding, Embedding { levels: vec![-3, -1], ..Embedding::default() });
        assert!(choice.tags && options.top == Some(2));
        options.validate().unwrap();
        let EmbedOptions(bare) = EmbedOptions::from_json(r#"{"model":"m"}"#).unwrap();
        assert_eq!(bare.embedding, Some(EmbeddingChoice { embedding: Embedding::default(), tags: false }));
    }

    #[test]
    fn options_that_cannot_work_are_refused() {
        for (json, word) in [
            (r#"{"model":"m","level":-1}"#, "level"),
            (r#"{"model":"m","levels":[0.5]}"#, "0.5"),
            (r#"{"model":"m","withinSegment":"median"}"#, "median"),
            (r#"{"model":"m","top":3}"#, "top needs tags"),
        ] {
            let options = EmbedOptions::from_json(json).and_then(|options| options.0.validate());
            let error = options.unwrap_err();
            assert!(error.code == Code::InvalidOption && error.message.contains(word), "{json}: {error}");
        }
    }
}
