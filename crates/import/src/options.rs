//! What a user says about a checkpoint.

use error::{Code, Error, Result};
use net::{Architecture, ArchitectureOption, Side, TagOrder};
use serde::Deserialize;

use crate::format::Format;

/// What the file does not say, or says wrongly. Everything has a default by the source.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// The source; default: recognised by the names of the tensors.
    pub format: Option<Format>,
    /// Names of the outputs; default: the source's own order, or `output 1` ... where it has none.
    pub tags: Option<Tags>,
    /// Hz; default: the source's.
    pub sampling_rate: Option<u32>,
    /// Samples of a segment, for networks that take any length.
    pub input_length: Option<usize>,
    /// Added to the variance by the norms; default: the source's.
    pub eps: Option<f64>,
    /// Whether the filters stand reversed in time; default: for Keras 1, which ran on Theano.
    pub reversed: Option<bool>,
    /// Side on which an even filter pads one more; default: left for Keras 1, else right.
    pub same: Option<Side>,
    /// Licence of the weights; default: that of the source's code, where it states one.
    pub licence: Option<String>,
    /// The network of a file with samplecnn's own names that does not say it.
    pub architecture: Option<Architecture>,
}

/// Names of outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tags {
    /// One name per output.
    List(Vec<String>),
    /// A published order.
    Order(TagOrder),
}

/// The JSON form.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(rename = "as")]
    format: Option<String>,
    tags: Option<Vec<String>>,
    tag_order: Option<String>,
    sampling_rate: Option<u32>,
    input_length: Option<usize>,
    eps: Option<f64>,
    reversed: Option<bool>,
    same: Option<Side>,
    licence: Option<String>,
    architecture: Option<ArchitectureOption>,
}

impl ImportOptions {
    /// Reads the JSON form: the names in camelCase, `as` the name of the format, `tags` a list or `tagOrder` the name of an order, and
    /// `architecture` a preset or the value.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for a wrong type, a name that does not exist, tags that are given twice, and a network that cannot work.
    pub fn from_json(json: &str) -> Result<Self> {
        let invalid = |message: String| Error::new(Code::InvalidOption, message);
        let wire: Wire =
            serde_json::from_str(json).map_err(|reason| invalid(format!("the options are not valid: {reason}")))?;
        let tags = match (wire.tags, wire.tag_order) {
            (Some(_), Some(_)) => {
                let message = "tags and tagOrder exclude each other: give the names, or a published order of them";
                return Err(invalid(message.into()));
            }
            (Some(list), None) => Some(Tags::List(list)),
            (None, Some(name)) => {
                let order = TagOrder::named(&name);
                Some(Tags::Order(order.ok_or_else(|| invalid(format!("there is no tag order \"{name}\"")))?))
            }
            (None, None) => None,
        };
        Ok(Self {
            format: wire.format.as_deref().map(Format::named).transpose()?,
            tags,
            sampling_rate: wire.sampling_rate,
            input_length: wire.input_length,
            eps: wire.eps,
            reversed: wire.reversed,
            same: wire.same,
            licence: wire.licence,
            architecture: wire.architecture.map(|option| option.resolve()).transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_what_they_name() {
        let json = r#"{"as":"clmr","tagOrder":"msd","samplingRate":16000,"architecture":"3^9","same":"left"}"#;
        let options = ImportOptions::from_json(json).unwrap();
        assert_eq!(options.format, Some(Format::Clmr));
        assert_eq!(options.tags, Some(Tags::Order(TagOrder::Msd)));
        assert_eq!((options.sampling_rate, options.same), (Some(16_000), Some(Side::Left)));
        assert_eq!(options.architecture, Some(Architecture::preset("3^9").unwrap()));
        let named = ImportOptions::from_json(r#"{"tags":["a","b"]}"#).unwrap();
        assert_eq!(named.tags, Some(Tags::List(vec!["a".into(), "b".into()])));
    }

    #[test]
    fn names_that_do_not_exist_and_tags_given_twice_are_refused() {
        for (json, word) in [
            (r#"{"as":"clmrr"}"#, "did you mean"),
            (r#"{"tagOrder":"jazz"}"#, "there is no tag order \"jazz\""),
            (r#"{"tags":["a"],"tagOrder":"msd"}"#, "exclude each other"),
            (r#"{"architecture":"5^x"}"#, "5^x"),
            (r#"{"eps":"small"}"#, "the options are not valid"),
        ] {
            let failure = ImportOptions::from_json(json).unwrap_err();
            assert_eq!(failure.code, Code::InvalidOption, "{json}");
            assert!(failure.message.contains(word), "{json}: {failure}");
        }
    }
}
