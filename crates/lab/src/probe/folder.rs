//! The folder of a probe: `probe.json` says what it is, `result.json` that it is finished.

use std::path::{Path, PathBuf};

use error::{shown_path, Code, Error, Result};
use files::{Kind, Lock};
use net::Task;
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

use super::event::ProbeDone;
use super::protocol::Protocol;
use super::source::SourceFacts;

/// The file that identifies the probe.
const MARK: &str = "probe.json";
/// The result.
const RESULT: &str = "result.json";
/// The weights.
const CLASSIFIER: &str = "classifier.safetensors";
/// The predictions, without suffix.
pub(super) const PREDICTIONS: &str = "predictions";
/// All files of a probe except [`MARK`].
const FILES: [&str; 4] = [RESULT, CLASSIFIER, "predictions.npy", "predictions.csv"];

/// Who writes these files, in messages.
pub(super) const WRITER: &str = "a probe";

/// What [`MARK`] files look like.
const KIND: Kind = Kind { name: "a probe of samplecnn", marks: &["\"format\":", "\"probe\":", "\"examples\":"] };

/// What a probe depends on: two probes with equal values give the same result. It is the content of `probe.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Identity {
    /// Format of the file.
    pub(super) format: u32,
    /// The settings, by name: those of the protocol, and the seeds.
    pub(super) probe: serde_json::Map<String, Value>,
    /// SHA-256 over clips, parts, tags, targets and features; empty before they are known.
    pub(super) examples: String,
    /// Hash of the model that computed the features, if known.
    pub(super) model_hash: Option<String>,
    /// The levels of the features, if known.
    pub(super) levels: Option<Vec<i32>>,
    /// How the clips were assigned to parts.
    pub(super) dataset: String,
}

impl Identity {
    /// The identity of the trainings with `seeds` of a dataset with this task and split. `examples` is the checksum of
    /// the examples.
    pub(super) fn new(
        protocol: &Protocol,
        seeds: &[u64],
        (task, split): (Task, &str),
        facts: &SourceFacts,
        examples: String,
    ) -> Result<Self> {
        let probe = serde_json::to_value(protocol);
        let mut probe = probe.map_err(|reason| Error::new(Code::Internal, reason.to_string()))?;
        probe["seeds"] = json!(seeds);
        probe["task"] = json!(task);
        Ok(Self {
            format: 1,
            probe: probe.as_object().cloned().unwrap_or_default(),
            examples,
            model_hash: facts.model_hash.clone(),
            levels: facts.levels.clone(),
            dataset: split.to_owned(),
        })
    }

    /// The seeds of the trainings.
    fn seeds(&self) -> Vec<u64> {
        let seeds = self.probe.get("seeds").and_then(Value::as_array);
        seeds.into_iter().flatten().filter_map(Value::as_u64).collect()
    }

    /// The first thing in which `other` differs: its name, and both values.
    fn difference(&self, other: &Self) -> Option<(String, String, String)> {
        let settings = self.probe.iter().map(|(name, value)| (name.as_str(), value.clone(), other.probe.get(name)));
        let setting = settings.into_iter().find(|(_, ours, theirs)| Some(ours) != *theirs);
        if let Some((name, ours, theirs)) = setting {
            return Some((name.to_owned(), ours.to_string(), theirs.unwrap_or(&Value::Null).to_string()));
        }
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "unknown".into());
        let facts = [
            ("the split of the dataset", self.dataset.clone(), other.dataset.clone()),
            ("the model of the features", text(&self.model_hash), text(&other.model_hash)),
            ("the levels", format!("{:?}", self.levels), format!("{:?}", other.levels)),
            ("the checksum of clips, tags and features", self.examples.clone(), other.examples.clone()),
        ];
        facts
            .into_iter()
            .find(|(_, ours, theirs)| ours != theirs)
            .map(|(name, ours, theirs)| (name.to_owned(), ours, theirs))
    }
}

/// How to deal with a folder that holds another probe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AnotherProbe {
    /// Refuse the folder: [`Code::RunExists`].
    #[default]
    Refuse,
    /// Replace the probe.
    Replace,
    /// Refuse the folder in the words of the caller, for example of a table whose rows share their options.
    RefuseAs {
        /// The code of the error.
        code: Code,
        /// What the message begins with.
        subject: String,
        /// What to do.
        advice: String,
    },
}

impl AnotherProbe {
    /// The choice of the option `force`.
    pub fn forced(force: bool) -> Self {
        if force {
            Self::Replace
        } else {
            Self::Refuse
        }
    }
}

/// The folder of a probe, in which only this process works.
pub(super) struct ProbeFolder {
    path: PathBuf,
    _lock: Lock,
}

impl ProbeFolder {
    /// Claims the folder at `path` before any work is done for it; creates it if it is missing.
    ///
    /// # Errors
    /// [`Code::Output`] if it holds files with these names that no probe wrote, and if it cannot be written;
    /// [`Code::RunExists`] if another process works in it.
    pub(super) fn claim(path: &Path) -> Result<Self> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        files::make_folder(&path)?;
        refuse_others(&path)?;
        let Some(lock) = Lock::take(path.join(".probe.lock"))? else {
            let message = format!("another probe runs in {}: wait for it, or choose another folder", shown_path(&path));
            return Err(Error::new(Code::RunExists, message).with_file(&path));
        };
        refuse_others(&path)?;
        files::sweep(&path);
        Ok(Self { path, _lock: lock })
    }

    /// Refuses early, before features are computed, if the folder holds another probe than `identity`, whose examples
    /// are not known yet.
    ///
    /// # Errors
    /// [`Code::RunExists`], unless it is to be replaced.
    pub(super) fn refuse_another(&self, identity: &Identity, how: &AnotherProbe) -> Result<()> {
        let before = self.before().filter(|_| *how != AnotherProbe::Replace);
        let before = before.map(|before| Identity { examples: identity.examples.clone(), ..before });
        match before.and_then(|before| before.difference(identity)) {
            Some(difference) => Err(self.another(Some(difference), how)),
            None => Ok(()),
        }
    }

    /// What the folder holds; `None` if that is nothing, or cannot be read.
    fn before(&self) -> Option<Identity> {
        serde_json::from_slice(&std::fs::read(self.path.join(MARK)).ok()?).ok()
    }

    fn another(&self, difference: Option<(String, String, String)>, how: &AnotherProbe) -> Error {
        let difference = difference
            .map_or_else(String::new, |(name, then, now)| format!(": {name} was {then} there and is {now} now"));
        let (code, subject, advice) = match how {
            AnotherProbe::RefuseAs { code, subject, advice } => (*code, subject.as_str(), advice.as_str()),
            AnotherProbe::Refuse | AnotherProbe::Replace => {
                (Code::RunExists, "", "choose another folder, or replace the probe with force (--force)")
            }
        };
        let message = format!("{subject}{} holds another probe{difference}; {advice}", shown_path(&self.path));
        Error::new(code, message).with_file(&self.path)
    }

    /// Settles what is computed here; the finished result if the folder holds that of the same probe.
    ///
    /// # Errors
    /// That of `how` if it holds another probe that is not to be replaced; [`Code::Output`].
    pub(super) fn settle(&self, identity: &Identity, how: &AnotherProbe) -> Result<Option<ProbeDone>> {
        let before = self.before();
        if before.as_ref() == Some(identity) {
            return Ok(self.finished());
        }
        if *how != AnotherProbe::Replace && self.path.join(MARK).exists() {
            return Err(self.another(before.and_then(|before| before.difference(identity)), how));
        }
        // The trainings of the replaced probe go too: those of its seeds that the new one has are computed again.
        for seed in before.iter().flat_map(Identity::seeds) {
            let folder = self.path.join(trial_name(seed));
            if KIND.is(&folder.join(MARK)) {
                files::remove_files(&folder, &FILES)?;
                files::remove_files(&folder, &[MARK])?;
            }
        }
        files::remove_files(&self.path, &FILES)?;
        files::write_json(self.path.join(MARK), identity)?;
        Ok(None)
    }

    /// The result, with the paths of this folder; `None` if it is missing or cannot be read.
    fn finished(&self) -> Option<ProbeDone> {
        let text = std::fs::read(self.result()).ok()?;
        let mut done: ProbeDone =
            serde_json::from_value(serde_json::from_slice::<Value>(&text).ok()?["done"].take()).ok()?;
        // The folder may have been moved.
        let before = done.out.clone();
        let moved = |path: &Path| path.strip_prefix(&before).map_or(path.to_path_buf(), |rest| self.path.join(rest));
        for trial in &mut done.trials {
            trial.classifier = moved(&trial.classifier);
            trial.predictions = trial.predictions.as_deref().map(moved);
            if !trial.classifier.is_file() || trial.predictions.as_ref().is_some_and(|path| !path.is_file()) {
                return None;
            }
        }
        (done.out, done.result) = (self.path.clone(), self.result());
        Some(done)
    }

    /// Writes the result: the last step of a probe.
    ///
    /// # Errors
    /// [`Code::Output`].
    pub(super) fn finish(&self, identity: &Identity, done: &ProbeDone) -> Result<()> {
        files::write_json(self.result(), &json!({ "format": 1, "probe": identity, "done": done }))
    }

    /// The folder of the training with `seed`, of a probe of several.
    pub(super) fn trial(&self, seed: u64) -> PathBuf {
        self.path.join(trial_name(seed))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn result(&self) -> PathBuf {
        self.path.join(RESULT)
    }

    pub(super) fn classifier(&self) -> PathBuf {
        self.path.join(CLASSIFIER)
    }
}

fn trial_name(seed: u64) -> String {
    format!("seed-{seed}")
}

/// Refuses a folder with files of these names that no probe wrote.
fn refuse_others(path: &Path) -> Result<()> {
    if KIND.is(&path.join(MARK)) {
        return Ok(());
    }
    let names: Vec<&str> = std::iter::once(MARK).chain(FILES).collect();
    files::refuse_others(path, &names, WRITER)
}
