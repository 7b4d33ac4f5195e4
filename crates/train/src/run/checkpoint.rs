//! Checkpoints: the complete state of a training. A run that resumes from a checkpoint continues bit for bit as if it
//! had not stopped.

use std::collections::HashMap;
use std::path::Path;

use error::{Code, Error, Result};
use net::Parameters;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use super::folder::RunFolder;
use crate::schedule::SchedulePosition;

/// The format that this version writes, and the newest one it reads.
const FORMAT: u32 = 1;
/// The metadata key of the header.
const KEY: &str = "samplecnn-checkpoint";

/// Durations, summed over all processes that worked on the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Timings {
    /// Median seconds per step, one value per epoch.
    pub step: Vec<f64>,
    /// Seconds of all steps, one value per epoch.
    pub epoch: Vec<f64>,
    /// Seconds since the first step, excluding interruptions.
    pub total: f64,
    /// Seconds of the steps of the unfinished epoch.
    pub open_epoch: f64,
    /// Total seconds of the unfinished epoch.
    pub open_total: f64,
}

/// The state of a training between two steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checkpoint {
    /// Parameters and statistics.
    pub parameters: Parameters,
    /// The optimiser's velocity; the mean of the gradients for Adam.
    pub velocity: Vec<f32>,
    /// Adam's mean of the squared gradients; empty for other optimisers.
    pub squares: Vec<f32>,
    /// The gradients of the batches of an unfinished update; empty between two updates.
    pub accumulated: Vec<f32>,
    /// The best weights so far.
    pub best: Option<Parameters>,
    /// Counters, losses and durations.
    pub state: State,
}

/// The checkpoint that a run can resume from.
#[derive(Debug, Default)]
pub(crate) struct ResumePoint {
    /// `None`: the run starts from the beginning.
    pub(crate) checkpoint: Option<Checkpoint>,
    /// The reason why a newer checkpoint was not used, if there was one.
    pub(crate) trouble: Option<Error>,
}

/// The counters, losses and durations in a checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// The identity of the run ([`super::Config::id`]): a run never resumes from a checkpoint of another run.
    #[serde(default)]
    pub run: String,
    /// The position of the training in its schedule.
    pub schedule: SchedulePosition,
    /// Number of finished batches of the unfinished epoch.
    pub batch: usize,
    /// Batches since the training began; it selects the dropout masks.
    pub step: u64,
    /// Sum of the losses of the segments in the unfinished epoch.
    pub loss_sum: f64,
    /// Number of segments in that sum.
    pub segments: u64,
    /// Epoch of the best weights, from 1.
    pub best_epoch: usize,
    /// Durations.
    pub timings: Timings,
    /// Number of threads of the engine: another number would round differently.
    pub threads: usize,
    /// Length of `events.jsonl` in bytes.
    pub events: u64,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    #[serde(flatten)]
    state: State,
}

impl Checkpoint {
    /// Writes the checkpoint to `folder`; the current checkpoint becomes the previous one. Whenever this is
    /// interrupted, at least one of them is complete.
    ///
    /// # Errors
    /// [`Code::Output`].
    pub(crate) fn save(&self, folder: &RunFolder) -> Result<()> {
        let (now, before, next) = (folder.checkpoint(), folder.checkpoint_before(), folder.checkpoint_next());
        files::write_atomic(&next, &self.to_bytes()?)?;
        match std::fs::rename(&now, &before) {
            Err(reason) if reason.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::output(&before, &reason))
            }
            _ => {}
        }
        std::fs::rename(&next, &now).map_err(|reason| Error::output(&now, &reason))
    }

    /// Reads the newest complete checkpoint of `run` in `folder`. The result also has the reason why a newer checkpoint
    /// was not used.
    ///
    /// # Errors
    /// [`Code::ModelVersion`] for a checkpoint of a newer version; [`Code::Io`] for one that cannot be read this time;
    /// [`Code::ModelFormat`] if there are checkpoints but none is complete.
    pub(crate) fn load(folder: &RunFolder, run: &str) -> Result<ResumePoint> {
        let mut found = ResumePoint::default();
        // If the process was killed between the two renames, the newest checkpoint still has its first name.
        for path in [folder.checkpoint(), folder.checkpoint_next(), folder.checkpoint_before()] {
            let trouble = match Self::read(&path) {
                Ok(checkpoint) if checkpoint.state.run == run => {
                    found.checkpoint = Some(checkpoint);
                    return Ok(found);
                }
                Ok(_) => Error::new(
                    Code::CheckpointMismatch,
                    format!("{}: the checkpoint belongs to another run", path.display()),
                ),
                Err(failure) if failure.code == Code::FileNotFound => continue,
                // Do not fall back to an older checkpoint because of a temporary error.
                Err(failure) if matches!(failure.code, Code::ModelVersion | Code::Io) => return Err(failure),
                Err(failure) => failure,
            };
            found.trouble = found.trouble.or(Some(trouble.with_file(&path)));
        }
        match found.trouble {
            Some(failure) if failure.code == Code::ModelFormat => Err(failure),
            trouble => Ok(ResumePoint { checkpoint: None, trouble }),
        }
    }

    /// Reads one checkpoint file.
    fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|reason| Error::input(path, Code::ModelFormat, &reason))?;
        let broken = |reason: &dyn std::fmt::Display| {
            let message = format!("{}: damaged checkpoint ({reason}); start over with force (--force)", path.display());
            Error::new(Code::ModelFormat, message).with_file(path)
        };
        let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|reason| broken(&reason))?;
        let text = metadata
            .metadata()
            .as_ref()
            .and_then(|map| map.get(KEY))
            .ok_or_else(|| broken(&"not a checkpoint of samplecnn"))?;
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let version: Version = serde_json::from_str(text).map_err(|reason| broken(&reason))?;
        if version.format > FORMAT {
            let found = version.format;
            let message =
                format!("{}: format {found}, this version reads up to {FORMAT}: update samplecnn", path.display());
            return Err(Error::new(Code::ModelVersion, message).with_file(path));
        }
        let header: Header = serde_json::from_str(text).map_err(|reason| broken(&reason))?;
        let tensors = SafeTensors::deserialize(&bytes).map_err(|reason| broken(&reason))?;
        let values = |name: &str| -> Result<Vec<f32>> {
            let tensor = tensors.tensor(name).map_err(|reason| broken(&reason))?;
            if tensor.dtype() != Dtype::F32 {
                return Err(broken(&format!("{name} is not F32")));
            }
            Ok(tensor.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
        };
        let parameters = |prefix: &str| -> Result<Parameters> {
            Ok(Parameters {
                trainable: values(&format!("{prefix}.trainable"))?,
                statistics: values(&format!("{prefix}.statistics"))?,
            })
        };
        let best =
            if tensors.names().iter().any(|name| name.starts_with("best.")) { Some(parameters("best")?) } else { None };
        let optional = |name: &str| if tensors.names().contains(&name) { values(name) } else { Ok(Vec::new()) };
        Ok(Self {
            parameters: parameters("present")?,
            velocity: values("velocity")?,
            squares: optional("squares")?,
            accumulated: optional("accumulated")?,
            best,
            state: header.state,
        })
    }

    fn to_bytes(&self) -> Result<Vec<u8>> {
        let internal = |reason: &dyn std::fmt::Display| Error::new(Code::Internal, format!("checkpoint: {reason}"));
        let header = Header { format: FORMAT, state: self.state.clone() };
        let text = serde_json::to_string(&header).map_err(|reason| internal(&reason))?;
        let mut tensors = vec![
            ("present.trainable", &self.parameters.trainable),
            ("present.statistics", &self.parameters.statistics),
            ("velocity", &self.velocity),
        ];
        let optional = [("squares", &self.squares), ("accumulated", &self.accumulated)];
        tensors.extend(optional.into_iter().filter(|(_, values)| !values.is_empty()));
        if let Some(best) = &self.best {
            tensors.extend([("best.trainable", &best.trainable), ("best.statistics", &best.statistics)]);
        }
        let little: Vec<(&str, Vec<u8>)> = tensors
            .into_iter()
            .map(|(name, values)| (name, values.iter().flat_map(|value| value.to_le_bytes()).collect()))
            .collect();
        let mut views = Vec::with_capacity(little.len());
        for (name, bytes) in &little {
            let view = TensorView::new(Dtype::F32, vec![bytes.len() / 4], bytes).map_err(|reason| internal(&reason))?;
            views.push((*name, view));
        }
        let metadata = HashMap::from([(KEY.to_owned(), text)]);
        safetensors::serialize(views, Some(metadata)).map_err(|reason| internal(&reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = "this run";

    fn load(folder: &RunFolder) -> Result<ResumePoint> {
        Checkpoint::load(folder, RUN)
    }

    fn example(step: u64) -> Checkpoint {
        let parameters = Parameters { trainable: vec![0.1, -0.0, f32::MIN_POSITIVE], statistics: vec![1.5] };
        Checkpoint {
            best: Some(Parameters { trainable: vec![3.0; 3], statistics: vec![2.0] }),
            velocity: vec![1e-30, 2.0, 3.0],
            squares: vec![1e-40, 0.0, 4.0],
            accumulated: Vec::new(),
            state: State { run: RUN.to_owned(), step, loss_sum: 0.1 + 0.2, threads: 2, ..State::default() },
            parameters,
        }
    }

    fn folder() -> (tempfile::TempDir, RunFolder) {
        let temporary = tempfile::tempdir().unwrap();
        let folder = RunFolder::open(temporary.path(), false, false).unwrap().0;
        (temporary, folder)
    }

    #[test]
    fn every_bit_comes_back() {
        let (_temporary, folder) = folder();
        assert!(load(&folder).unwrap().checkpoint.is_none());
        example(7).save(&folder).unwrap();
        let found = load(&folder).unwrap();
        assert_eq!(found.checkpoint.unwrap(), example(7));
        assert!(found.trouble.is_none());
    }

    #[test]
    fn a_damaged_checkpoint_gives_way_to_the_one_before() {
        let (_temporary, folder) = folder();
        example(1).save(&folder).unwrap();
        example(2).save(&folder).unwrap();
        let bytes = std::fs::read(folder.checkpoint()).unwrap();
        for cut in [0, 5, 100, bytes.len() - 1] {
            std::fs::write(folder.checkpoint(), &bytes[..cut]).unwrap();
            let found = load(&folder).unwrap();
            assert_eq!(found.checkpoint.unwrap().state.step, 1);
            assert_eq!(found.trouble.unwrap().code, Code::ModelFormat);
        }
        std::fs::write(folder.checkpoint_before(), "x").unwrap();
        assert_eq!(load(&folder).unwrap_err().code, Code::ModelFormat);
    }

    #[test]
    fn a_kill_between_the_renames_loses_nothing() {
        let (_temporary, folder) = folder();
        example(1).save(&folder).unwrap();
        example(2).save(&folder).unwrap();
        std::fs::rename(folder.checkpoint(), folder.checkpoint_next()).unwrap();
        assert_eq!(load(&folder).unwrap().checkpoint.unwrap().state.step, 2);
    }

    #[test]
    fn a_failed_write_after_such_a_kill_keeps_the_newest() {
        let (_temporary, folder) = folder();
        example(1).save(&folder).unwrap();
        example(2).save(&folder).unwrap();
        std::fs::rename(folder.checkpoint(), folder.checkpoint_next()).unwrap();
        let mut facts = std::fs::metadata(folder.checkpoint_next()).unwrap().permissions();
        facts.set_readonly(true);
        std::fs::set_permissions(folder.checkpoint_next(), facts).unwrap();
        assert_eq!(example(3).save(&folder).unwrap_err().code, Code::Output);
        assert_eq!(load(&folder).unwrap().checkpoint.unwrap().state.step, 2);
    }

    #[test]
    fn a_checkpoint_of_another_run_is_left_out_under_every_name() {
        let names: [fn(&RunFolder) -> std::path::PathBuf; 3] =
            [RunFolder::checkpoint, RunFolder::checkpoint_next, RunFolder::checkpoint_before];
        for name in names {
            let (_temporary, folder) = folder();
            let mut other = example(9);
            other.state.run = "another run".to_owned();
            other.save(&folder).unwrap();
            if name(&folder) != folder.checkpoint() {
                std::fs::rename(folder.checkpoint(), name(&folder)).unwrap();
            }
            let found = load(&folder).unwrap();
            assert!(found.checkpoint.is_none());
            assert_eq!(found.trouble.unwrap().file, Some(name(&folder)));
        }
        let (_temporary, folder) = folder();
        example(3).save(&folder).unwrap();
        std::fs::rename(folder.checkpoint(), folder.checkpoint_before()).unwrap();
        let mut other = example(9);
        other.state.run = String::new();
        other.save(&folder).unwrap();
        std::fs::rename(folder.checkpoint(), folder.checkpoint_next()).unwrap();
        assert_eq!(load(&folder).unwrap().checkpoint.unwrap().state.step, 3);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_checkpoint_that_cannot_be_read_just_now_is_no_reason_to_begin_anew() {
        let (_temporary, folder) = folder();
        example(1).save(&folder).unwrap();
        example(2).save(&folder).unwrap();
        for path in [folder.checkpoint(), folder.checkpoint_before()] {
            std::fs::remove_file(&path).unwrap();
            // Address 0 of a process is not mapped: reading it is an I/O error, also for root.
            std::os::unix::fs::symlink("/proc/self/mem", &path).unwrap();
            assert_eq!(load(&folder).unwrap_err().code, Code::Io);
        }
    }

    #[test]
    fn a_newer_checkpoint_is_refused() {
        let (_temporary, folder) = folder();
        example(1).save(&folder).unwrap();
        let mut bytes = std::fs::read(folder.checkpoint()).unwrap();
        let place = bytes.windows(12).position(|w| w == b"\\\"format\\\":1").unwrap();
        bytes[place + 11] = b'9';
        std::fs::write(folder.checkpoint(), bytes).unwrap();
        assert_eq!(load(&folder).unwrap_err().code, Code::ModelVersion);
    }
}
