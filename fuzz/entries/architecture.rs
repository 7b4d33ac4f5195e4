//! Reads the input as an architecture: the name of a preset, or JSON.

use error::Code;
use figures::{figure, Network};
use net::{Architecture, Layout, DEFAULT_TAGS};

use crate::failure;

/// Parses `data` as an architecture, and makes its layer table and its figure.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let architecture = match Architecture::parse(text) {
        Ok(architecture) => architecture,
        Err(reason) => return failure::check(&reason, &[Code::InvalidOption]),
    };
    let json = serde_json::to_string(&architecture).expect("an architecture can be written");
    let again = Architecture::from_json(&json).expect("what was written can be read");
    assert!(again == architecture, "what was written and read again is another architecture: {json}");
    let inspection = architecture.inspect(text, None);
    let layout = Layout::new(&architecture, DEFAULT_TAGS);
    assert_eq!(inspection.parameters, layout.trainable as u64, "{json}");
    // The input is small, so the figure of its network must not be large.
    let network = || Network::new(text, &architecture, None);
    let drawn = figure(&[network()]);
    assert!(drawn.len() < 4 << 20, "a picture of {} bytes: {json}", drawn.len());
    assert!(figure(&[network(), network()]).len() < 4 << 20, "{json}");
}
