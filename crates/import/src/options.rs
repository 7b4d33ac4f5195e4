//! The options of an import.

use error::{Code, Error, Result};
use net::{Architecture, ArchitectureOption, Side, TagOrder};
use options::import;
use serde::Deserialize;

use crate::format::Format;

/// Settings that the file does not contain, or contains wrongly. Every setting has a default that depends on the
/// source.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// The source; default: recognised by the names of the tensors.
    pub format: Option<Format>,
    /// Names of the outputs; default: the order of the source, or `output 1` ... if it has none.
    pub tags: Option<Tags>,
    /// Sampling rate in Hz; default: that of the source.
    pub sampling_rate: Option<u32>,
    /// Samples per segment, for networks that accept any length.
    pub input_length: Option<usize>,
    /// Value that the norms add to the variance; default: that of the source.
    pub eps: Option<f64>,
    /// Whether the filters are stored reversed in time; default: true for Keras 1, which ran on Theano.
    pub reversed: Option<bool>,
    /// Side on which an even filter has one more zero of padding; default: left for Keras 1, otherwise right.
    pub same: Option<Side>,
    /// Licence of the weights; default: that of the source's code, if it states one.
    pub licence: Option<String>,
    /// The network of a file with the names of samplecnn that does not contain its architecture.
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
    /// Reads the JSON form: the names are in camelCase, `as` is the name of the format, `tags` is a list or `tagOrder`
    /// the name of an order, and `architecture` is a preset or an architecture.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for a wrong type, an unknown name, both `tags` and `tagOrder`, and an invalid network.
    pub fn from_json(json: &str) -> Result<Self> {
        let invalid = |message: String| Error::new(Code::InvalidOption, message);
        let wire: Wire =
            serde_json::from_str(json).map_err(|reason| invalid(format!("the options are not valid: {reason}")))?;
        options::check_relations(import::ALL, |name| match name {
            "tags" => wire.tags.is_some(),
            "tagOrder" => wire.tag_order.is_some(),
            _ => false,
        })?;
        let order = |name: String| match TagOrder::named(&name) {
            Some(order) => Ok(Tags::Order(order)),
            None => Err(invalid(format!("unknown tag order \"{name}\""))),
        };
        let tags = match wire.tags {
            Some(list) => Some(Tags::List(list)),
            None => wire.tag_order.map(order).transpose()?,
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

    /// Refuses numbers out of bounds; [`crate::import`] calls it first.
    ///
    /// # Errors
    /// [`Code::InvalidOption`], naming the option and the value received.
    pub fn validate(&self) -> Result<()> {
        import::SAMPLING_RATE.check(self.sampling_rate.map(|rate| rate as usize))?;
        import::INPUT_LENGTH.check(self.input_length)?;
        import::EPS.check(self.eps)
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
            (r#"{"tagOrder":"jazz"}"#, "unknown tag order \"jazz\""),
            (r#"{"tags":["a"],"tagOrder":"msd"}"#, "exclude each other"),
            (r#"{"architecture":"5^x"}"#, "5^x"),
            (r#"{"eps":"small"}"#, "the options are not valid"),
        ] {
            let failure = ImportOptions::from_json(json).unwrap_err();
            assert_eq!(failure.code, Code::InvalidOption, "{json}");
            assert!(failure.message.contains(word), "{json}: {failure}");
        }
    }

    #[test]
    fn numbers_out_of_bounds_are_refused_before_the_file_is_read() {
        for (json, message) in [
            (r#"{"samplingRate":99}"#, "samplingRate must be a whole number from 100 to 768000, received 99"),
            (r#"{"inputLength":0}"#, "inputLength must be a whole number from 1, received 0"),
            (r#"{"eps":-1}"#, "eps must be a number from 0, received -1"),
        ] {
            let failure = crate::import("missing.pth", &ImportOptions::from_json(json).unwrap()).unwrap_err();
            assert_eq!((failure.code, failure.message.as_str()), (Code::InvalidOption, message));
        }
    }
}
