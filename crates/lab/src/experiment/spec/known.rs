//! The experiments of this package, and those in users' files.

use std::path::Path;

use error::{shown, Code, Error, Result};

use super::Spec;

/// The declarations, compiled into the program, in the order of their names.
const SPECS: [(&str, &str); 8] = [
    ("ablations.json", include_str!("../../../../../experiments/ablations.json")),
    ("blocks.json", include_str!("../../../../../experiments/blocks.json")),
    ("downsampling.json", include_str!("../../../../../experiments/downsampling.json")),
    ("robustness.json", include_str!("../../../../../experiments/robustness.json")),
    ("sweep.json", include_str!("../../../../../experiments/sweep.json")),
    ("table2.json", include_str!("../../../../../experiments/table2.json")),
    ("table4.json", include_str!("../../../../../experiments/table4.json")),
    ("table6.json", include_str!("../../../../../experiments/table6.json")),
];

/// The names of all experiments.
///
/// # Errors
/// [`Code::Internal`] if a declaration cannot be read.
pub fn names() -> Result<Vec<String>> {
    Ok(all()?.into_iter().map(|spec| spec.name).collect())
}

fn all() -> Result<Vec<Spec>> {
    let read = |(name, text): &(&str, &str)| {
        Spec::parse(text, Path::new(name))
            .map_err(|failure| Error::new(Code::Internal, format!("experiments: {failure}")))
    };
    SPECS.iter().map(read).collect()
}

impl Spec {
    /// The experiment with the name or alias `name`, or the experiment in the file `name`, which ends in `.json`.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for an unknown name, and for a file that is not a valid declaration;
    /// [`Code::FileNotFound`]; [`Code::Io`].
    pub fn named(name: &str) -> Result<Self> {
        if name.to_lowercase().ends_with(".json") {
            let path = Path::new(name);
            let text =
                std::fs::read_to_string(path).map_err(|reason| Error::input(path, Code::InvalidOption, &reason))?;
            return Spec::parse(&text, path);
        }
        let all = all()?;
        let known: Vec<&str> =
            all.iter().flat_map(|spec| std::iter::once(&spec.name).chain(&spec.aliases)).map(String::as_str).collect();
        let message = format!(
            "unknown experiment \"{}\"; the experiments are {}, or a file that ends in .json",
            shown(name),
            known.join(", ")
        );
        let is = |spec: &Spec| spec.name == name || spec.aliases.iter().any(|alias| alias == name);
        all.iter().find(|spec| is(spec)).cloned().ok_or_else(|| Error::new(Code::InvalidOption, message))
    }
}
