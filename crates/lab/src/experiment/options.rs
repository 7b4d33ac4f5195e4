//! The options of an experiment: its name, what part of it runs, and the options of its trainings.

use std::path::PathBuf;

use error::Result;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use train::dataset::DatasetOptions;
use train::TrainOptions;

use super::shard::Shard;

/// Options of [`super::experiment`]. In JSON they are one object: the fields below, and every option of a training
/// except `architecture`, `resume` and `force`, which the experiment sets.
#[derive(Clone, Debug, PartialEq)]
pub struct ExperimentOptions {
    /// The name or alias of an experiment, or the path of a spec, which ends in `.json`.
    pub name: String,
    /// The values of the axes that are trained, such as `rate=2000,8000;seed=1`. Default: all.
    pub only: Option<String>,
    /// Each training is run with this many seeds, from `seed` on. Default: 1.
    pub seeds: usize,
    /// The part of the trainings that this call runs, such as `3/42`. Default: all.
    pub shard: Option<Shard>,
    /// Number of trainings side by side. Default: 1.
    pub parallel: usize,
    /// The smaller version of the experiment, such as `small`. Default: the whole experiment.
    pub scale: Option<String>,
    /// A model file: the model whose features rows with the model `source` have, or that is evaluated under distortions.
    /// Default: the experiment trains it, if its file says how.
    pub source: Option<PathBuf>,
    /// The dataset on which the experiment trains its source. Default: the dataset of all trainings.
    pub source_dataset: Option<DatasetOptions>,
    /// What to do.
    pub work: Work,
}

/// What an experiment does.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// It trains. These are the common options of the trainings; `out` is the folder of the experiment.
    Train(Box<TrainOptions>),
    /// It joins the tables and runs of other folders into the folder `out`.
    Merge {
        /// The folders of the same experiment.
        folders: Vec<PathBuf>,
        /// The folder of the whole.
        out: PathBuf,
    },
}

impl ExperimentOptions {
    /// Refuses invalid options; [`super::experiment`] calls it first.
    ///
    /// # Errors
    /// [`error::Code::InvalidOption`], naming the option and the value received.
    pub fn validate(&self) -> Result<()> {
        options::experiment::SEEDS.check(self.seeds)?;
        options::experiment::PARALLEL.check(self.parallel)
    }
}

impl<'de> Deserialize<'de> for ExperimentOptions {
    // Implemented by hand: serde cannot refuse unknown fields of a flattened struct.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        fn take<T: DeserializeOwned, E: serde::de::Error>(fields: &mut Map<String, Value>, name: &str) -> Result<T, E> {
            let value = fields.remove(name).unwrap_or(Value::Null);
            serde_json::from_value(value).map_err(|reason| E::custom(format!("{name}: {reason}")))
        }
        let mut fields = Map::deserialize(deserializer)?;
        let name = fields.remove("name").ok_or_else(|| D::Error::missing_field("name"))?;
        for own in ["architecture", "resume", "force"] {
            if fields.contains_key(own) {
                return Err(D::Error::custom(format!("{own} is set by the experiment itself: leave it out")));
            }
        }
        let rates: Option<Vec<u32>> = take(&mut fields, "rates")?;
        let only: Option<String> = take(&mut fields, "only")?;
        // The option of version 0.1.0.
        let of_rates =
            rates.map(|rates| format!("rate={}", rates.iter().map(u32::to_string).collect::<Vec<_>>().join(",")));
        let only = match (only, of_rates) {
            (Some(only), Some(rates)) => Some(format!("{only};{rates}")),
            (only, rates) => only.or(rates),
        };
        let shard: Option<String> = take(&mut fields, "shard")?;
        let (seeds, parallel): (Option<usize>, Option<usize>) =
            (take(&mut fields, "seeds")?, take(&mut fields, "parallel")?);
        let scale = take(&mut fields, "scale")?;
        let source = take(&mut fields, "source")?;
        let source_dataset = take(&mut fields, "sourceDataset")?;
        let merge: Option<Vec<PathBuf>> = take(&mut fields, "merge")?;
        let work = match merge {
            Some(folders) => Work::Merge { folders, out: take(&mut fields, "out")? },
            None => Work::Train(Box::new(TrainOptions::resolve(fields).map_err(D::Error::custom)?)),
        };
        Ok(Self {
            name: serde_json::from_value(name).map_err(D::Error::custom)?,
            only,
            seeds: seeds.unwrap_or(1),
            shard: shard.map(|text| text.parse().map_err(D::Error::custom)).transpose()?,
            parallel: parallel.unwrap_or(1),
            scale,
            source,
            source_dataset,
            work,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_object_holds_both_kinds_of_options() {
        let data = json!({"kind": "mtat", "root": "x"});
        let read = |value: Value| serde_json::from_value::<ExperimentOptions>(value);
        let options =
            read(json!({"name": "table5", "rates": [8000], "dataset": data, "out": "o", "epochs": 3})).unwrap();
        let Work::Train(training) = &options.work else { panic!("{options:?}") };
        assert_eq!((options.only.as_deref(), training.epochs, training.batch_size), (Some("rate=8000"), Some(3), 23));
        let options = read(json!({"name": "sweep", "merge": ["a", "b"], "out": "o"})).unwrap();
        assert_eq!(options.work, Work::Merge { folders: vec!["a".into(), "b".into()], out: "o".into() });
        let refused = |value: Value| read(value).unwrap_err().to_string();
        assert!(refused(json!({"dataset": data, "out": "o"})).contains("name"));
        assert!(refused(json!({"name": "a", "dataset": data, "out": "o", "rate": [1]})).contains("rate"));
        assert!(refused(json!({"name": "a", "dataset": data, "out": "o", "force": true})).contains("force"));
        assert!(refused(json!({"name": "a", "dataset": data, "out": "o", "shard": "4/3"})).contains("4/3"));
    }
}
