//! The trainings of an experiment, as declared in `experiments/NAME.json`.

use error::{Code, Error, Result};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The declarations, compiled into the program.
const SPECS: [&str; 1] = [include_str!("../../../../experiments/downsampling.json")];

/// An experiment.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    /// Format of the file.
    pub format: u32,
    /// Its name.
    pub name: String,
    /// Other names.
    pub aliases: Vec<String>,
    /// Heading of the table.
    pub title: String,
    /// The source of the published results.
    pub source: String,
    /// Id of the training to which the published times and the measured times are compared.
    pub reference: String,
    /// Kind of the dataset on which the published areas were measured.
    pub dataset: String,
    /// The trainings, in the order of the table.
    pub trainings: Vec<TrainingSpec>,
    /// Notes for readers of the table.
    pub notes: Vec<String>,
}

/// One training of an experiment.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrainingSpec {
    /// The id, unique in the experiment; also the name of the run folder.
    pub id: String,
    /// The preset.
    pub architecture: String,
    /// The published results.
    pub published: Published,
}

/// The published results of a training; null if none are published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Published {
    /// Number of trainable parameters, rounded as in the publication.
    pub parameters: Option<u64>,
    /// Training time relative to the reference.
    pub time_ratio: Option<f64>,
    /// Macro-averaged area under the ROC curve.
    pub roc_auc: Option<f64>,
}

/// The names of all experiments.
///
/// # Errors
/// [`Code::Internal`] for a declaration that cannot be read.
pub fn names() -> Result<Vec<String>> {
    Ok(all()?.into_iter().map(|spec| spec.name).collect())
}

fn all() -> Result<Vec<Spec>> {
    let read = |text: &&str| {
        serde_json::from_str(text).map_err(|reason| Error::new(Code::Internal, format!("experiments: {reason}")))
    };
    SPECS.iter().map(read).collect()
}

impl Spec {
    /// The experiment with the name or alias `name`.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] if there is none.
    pub fn named(name: &str) -> Result<Self> {
        let all = all()?;
        let known: Vec<&str> =
            all.iter().flat_map(|spec| std::iter::once(&spec.name).chain(&spec.aliases)).map(String::as_str).collect();
        let message = format!("unknown experiment \"{name}\"; the experiments are {}", known.join(", "));
        let is = |spec: &Spec| spec.name == name || spec.aliases.iter().any(|alias| alias == name);
        all.iter().find(|spec| is(spec)).cloned().ok_or_else(|| Error::new(Code::InvalidOption, message))
    }

    /// The trainings at these sampling rates (Hz), or all, in the order of the table.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for a rate that the experiment does not have, and for an empty list.
    pub fn select(&self, rates: Option<&[u32]>) -> Result<Vec<&TrainingSpec>> {
        let Some(rates) = rates else { return Ok(self.trainings.iter().collect()) };
        let ids: Vec<String> = rates.iter().map(u32::to_string).collect();
        let known: Vec<&str> = self.trainings.iter().map(|training| training.id.as_str()).collect();
        let unknown = ids.iter().find(|id| !known.contains(&id.as_str()));
        if unknown.is_some() || ids.is_empty() {
            let received = unknown.map_or("none", String::as_str);
            let message = format!("rates must be among {}, received {received}", known.join(", "));
            return Err(Error::new(Code::InvalidOption, message));
        }
        Ok(self.trainings.iter().filter(|training| ids.contains(&training.id)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use net::{Architecture, Layout};

    #[test]
    fn every_declaration_is_whole() {
        for name in names().unwrap() {
            let spec = Spec::named(&name).unwrap();
            assert!(spec.trainings.iter().any(|training| training.id == spec.reference));
            for training in &spec.trainings {
                Architecture::preset(&training.architecture).unwrap();
            }
        }
    }

    #[test]
    fn the_seven_networks_have_the_published_parameters() {
        let spec = Spec::named("table5").unwrap();
        assert_eq!((spec.name.as_str(), spec.trainings.len()), ("downsampling", 7));
        for training in &spec.trainings {
            let architecture = Architecture::preset(&training.architecture).unwrap();
            assert_eq!(architecture.sampling_rate.to_string(), training.id);
            let count = Layout::new(&architecture, 50).trainable as f64;
            let published = training.published.parameters.unwrap() as f64;
            // Printed in millions with two digits; 1,805,106 is printed as 1.80, without the parameters of its norms.
            assert!((count - published).abs() < 11_000.0, "{}: {count}", training.id);
        }
    }

    #[test]
    fn rates_are_selected_in_the_order_of_the_table() {
        let spec = Spec::named("downsampling").unwrap();
        let ids: Vec<&str> = spec.select(Some(&[8000, 2000])).unwrap().iter().map(|t| t.id.as_str()).collect();
        assert_eq!(ids, ["2000", "8000"]);
        let failure = spec.select(Some(&[8000, 44100])).unwrap_err();
        assert!(failure.code == Code::InvalidOption && failure.message.contains("44100"), "{failure}");
        assert!(spec.select(Some(&[])).is_err());
        assert!(Spec::named("downsample").unwrap_err().message.contains("downsampling, table5"));
    }
}
