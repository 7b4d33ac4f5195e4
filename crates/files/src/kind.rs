//! The kinds of files that samplecnn writes to paths that users name, and how each is recognised.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::Path;

use crate::target::open_plainly;

/// How many bytes of a file are examined.
const HEAD: u64 = 1 << 20;

/// A kind of file. An existing file may be replaced by another file of the same kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The name in messages, such as "a model file".
    pub name: &'static str,
    /// Texts that are all in the first MiB of such a file. No other file contains all of them.
    pub marks: &'static [&'static str],
}

impl Kind {
    /// A model file.
    pub const MODEL: Kind =
        Kind { name: "a model file of samplecnn", marks: &["\"__metadata__\":{", "\"samplecnn\":\"{"] };
    /// An ONNX file.
    pub const ONNX: Kind = Kind { name: "an ONNX file that samplecnn wrote", marks: &["\u{12}\u{9}samplecnn\u{1a}"] };
    /// The weights of an export to PyTorch.
    pub const PYTORCH_WEIGHTS: Kind = Kind {
        name: "weights that samplecnn exported",
        marks: &["\"__metadata__\":{", "\"samplecnn\":\"{", ".num_batches_tracked\":{"],
    };
    /// The script of an export to PyTorch.
    pub const PYTORCH_SCRIPT: Kind =
        Kind { name: "a script that samplecnn exported", marks: &["The network of a samplecnn export, for PyTorch."] };
    /// A picture of networks. Its second mark is the last line.
    pub const PICTURE: Kind =
        Kind { name: "a picture that samplecnn drew", marks: &["<svg xmlns=", "<!-- drawn by samplecnn -->"] };
    /// The results of an evaluation.
    pub const EVALUATION: Kind =
        Kind { name: "an evaluation of samplecnn", marks: &["\"type\":", "\"evaluation\"", "\"segmentRule\":"] };
    /// The table of an experiment.
    pub const TABLE: Kind =
        Kind { name: "a table of samplecnn", marks: &["\"format\":", "\"experiment\":", "\"source\":", "\"rows\":"] };
    /// The file that marks the folder of a demo.
    pub const DEMO: Kind = Kind { name: "the mark of a demo", marks: &["\"samplecnn demo\""] };
    /// A manifest of soft targets.
    pub const SOFT_MANIFEST: Kind =
        Kind { name: "a manifest of distill", marks: &["\"source\":\"distill\"", "\"tags\":"] };
    /// The list of the runs of several seeds.
    pub const SEEDS: Kind = Kind {
        name: "the list of the runs of several seeds",
        marks: &["\"format\":", "\"version\":", "\"seedRuns\":", "\"learningRates\":"],
    };
    /// The options of a run.
    pub const RUN: Kind = Kind {
        name: "the configuration of a run",
        marks: &["\"format\":", "\"version\":", "\"options\":", "\"learningRates\":", "\"checkpointSeconds\":"],
    };

    /// Whether the file at `path` is of this kind; false if it cannot be read.
    pub fn is(&self, path: &Path) -> bool {
        let mut head = Vec::new();
        let read = open_plainly(OpenOptions::new().read(true), path)
            .and_then(|file: File| match file.metadata()?.is_file() {
                true => file.take(HEAD).read_to_end(&mut head).map(drop),
                false => Err(std::io::ErrorKind::InvalidInput.into()),
            })
            .is_ok();
        read && self.marks.iter().all(|mark| contains(&head, mark.as_bytes()))
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
