//! The trainings of an experiment, with their networks and options.

use std::collections::{BTreeMap, BTreeSet};

use error::{shown, Code, Error, Result};
use net::{Architecture, ArchitectureOption};
use serde_json::{Map, Value};

use super::spec::{AxisValue, Published, Spec, SOURCE};

/// Names in the folder of an experiment that are no run folders.
const RESERVED: [&str; 8] =
    ["features", "gain-per-tag.csv", "figures", "report.html", "table.csv", "table.json", "table.md", "table.tex"];

/// The largest number of trainings that the axes may give.
const MOST: usize = 10_000;

/// A training of an experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    /// The id, unique in the experiment; also the name of the run folder.
    pub id: String,
    /// The value on every axis.
    pub axes: BTreeMap<String, AxisValue>,
    /// The preset from which the network is made.
    pub preset: String,
    /// The network.
    pub architecture: ArchitectureOption,
    /// The options that the axes set.
    pub options: Map<String, Value>,
    /// The published values.
    pub published: Published,
    /// Whether it is trained only if it is named by its id.
    pub optional: bool,
}

impl Training {
    /// The network.
    ///
    /// # Errors
    /// Those of [`ArchitectureOption::resolve`].
    pub fn network(&self) -> Result<Architecture> {
        self.architecture.resolve()
    }

    /// The values on the axes in words: `rate 22050 Hz, block se`.
    pub(crate) fn words(&self, spec: &Spec) -> String {
        let word = |axis: &super::spec::Axis| {
            let value = self.axes.get(&axis.name)?;
            let unit = axis.unit.as_ref().map_or_else(String::new, |unit| format!(" {unit}"));
            Some(format!("{} {value}{unit}", axis.name))
        };
        spec.all_axes().filter_map(word).collect::<Vec<_>>().join(", ")
    }
}

impl Spec {
    /// All trainings, in the order of the table.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for a value of an axis that no network has, and for two trainings with one id.
    pub fn trainings(&self) -> Result<Vec<Training>> {
        let trainings: Vec<Training> = match &self.trainings.list {
            Some(list) => {
                let one = |listed: &super::spec::Listed| {
                    self.training(listed.axes.clone(), listed.published.clone(), listed.optional)
                };
                list.iter().map(one).collect::<Result<_>>()?
            }
            None => {
                let published = |axes: &BTreeMap<String, AxisValue>| {
                    let at = self.trainings.published.iter().find(|at| at.axes == *axes);
                    at.map(|at| at.published.clone()).unwrap_or_default()
                };
                let one = |axes: BTreeMap<String, AxisValue>| {
                    let published = published(&axes);
                    self.training(axes, published, false)
                };
                self.combinations()?.into_iter().map(one).collect::<Result<_>>()?
            }
        };
        let ids: Vec<&str> = trainings.iter().map(|training| training.id.as_str()).collect();
        self.check_ids("trainings", &ids)?;
        let named =
            self.columns.iter().filter_map(|column| column.relative_to.as_deref()).chain(self.reference.as_deref());
        for id in named {
            if !ids.contains(&id) {
                return Err(self.refuse(format!("no training has the id \"{id}\"; the ids are {}", ids.join(", "))));
            }
        }
        Ok(trainings)
    }

    /// The training [`SOURCE`], which is run on the dataset of the option `sourceDataset`: that of `trainings` which
    /// the spec names as its source. `None` if the spec names none.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] if there is no such training.
    pub(crate) fn training_of_source(&self, trainings: &[Training]) -> Result<Option<Training>> {
        let Some(source) = &self.source_training else { return Ok(None) };
        let Some(same) = trainings.iter().find(|training| training.id == source.training) else {
            let ids: Vec<&str> = trainings.iter().map(|training| training.id.as_str()).collect();
            let id = &source.training;
            let message = format!("sourceTraining: no training has the id \"{id}\"; the ids are {}", ids.join(", "));
            return Err(self.refuse(message));
        };
        let (id, axes, published) = (SOURCE.to_owned(), source.axes.clone(), Published::new());
        Ok(Some(Training { id, axes, published, optional: true, ..same.clone() }))
    }

    /// Refuses an id that is the name of another file, and one that two of the `rows` have.
    pub(super) fn check_ids(&self, rows: &str, ids: &[&str]) -> Result<()> {
        let mut seen = BTreeSet::new();
        for id in ids {
            // Some systems do not tell small and capital letters of file names apart.
            let folded = id.to_lowercase();
            if RESERVED.contains(&folded.as_str()) {
                return Err(self.refuse(format!("the id \"{id}\" is the name of another file of the experiment")));
            }
            if !seen.insert(folded) {
                return Err(self.refuse(format!("two {rows} have the id \"{id}\"")));
            }
        }
        Ok(())
    }

    /// All combinations of the values of the axes; the last axis varies fastest.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for more than [`MOST`], which would fill the memory.
    fn combinations(&self) -> Result<Vec<BTreeMap<String, AxisValue>>> {
        let count = self.axes.iter().fold(1_usize, |count, axis| count.saturating_mul(axis.values.len()));
        if count > MOST {
            let counts = self.axes.iter().map(|axis| format!("{} of {}", axis.values.len(), axis.name));
            return Err(self.refuse(format!(
                "the axes have more than {MOST} combinations of values ({}): leave out values, or name the trainings one \
                 by one (list)",
                counts.collect::<Vec<_>>().join(", ")
            )));
        }
        let mut places = vec![BTreeMap::new()];
        for axis in &self.axes {
            let with = |place: &BTreeMap<String, AxisValue>, value: &AxisValue| {
                let mut place = place.clone();
                place.insert(axis.name.clone(), value.clone());
                place
            };
            places = places
                .iter()
                .flat_map(|place| axis.values.iter().map(move |entry| with(place, entry.value())))
                .collect();
        }
        Ok(places)
    }

    fn training(&self, axes: BTreeMap<String, AxisValue>, published: Published, optional: bool) -> Result<Training> {
        let preset = self.fill(&self.trainings.architecture, &axes)?;
        let id = match &self.trainings.id {
            Some(template) => folder_name(&self.fill(template, &axes)?),
            None => {
                let values = self.axes.iter().filter_map(|axis| axes.get(&axis.name)).map(AxisValue::to_string);
                folder_name(&values.collect::<Vec<_>>().join("-"))
            }
        };
        let place = || self.axes.iter().map(|axis| format!("{} {}", axis.name, axes[&axis.name])).collect::<Vec<_>>();
        let no_network = |why: &str| self.refuse(format!("no network has {}: {}", place().join(", "), shown(why)));
        let base = Architecture::preset(&preset).map_err(|failure| no_network(&failure.message))?;
        let mut options = Map::new();
        let mut changed: Option<Value> = None;
        for axis in &self.axes {
            let (Some(target), Some(value)) = (&axis.sets, axes.get(&axis.name)) else { continue };
            let value = serde_json::to_value(value).map_err(|reason| no_network(&reason.to_string()))?;
            if let Some(path) = target.strip_prefix("architecture.") {
                let mut whole = match changed.take() {
                    Some(whole) => whole,
                    None => serde_json::to_value(&base).map_err(|reason| no_network(&reason.to_string()))?,
                };
                set(&mut whole, path, value);
                changed = Some(whole);
            } else if let Some(name) = axis.option() {
                options.insert(name.to_owned(), value);
            }
        }
        let architecture = match changed {
            None => ArchitectureOption::Preset(preset.clone()),
            Some(whole) => {
                let network: Architecture =
                    serde_json::from_value(whole).map_err(|reason| no_network(&reason.to_string()))?;
                network.validate().map_err(|failure| no_network(&failure.message))?;
                match network == base {
                    true => ArchitectureOption::Preset(preset.clone()),
                    false => ArchitectureOption::Value(Box::new(network)),
                }
            }
        };
        Ok(Training { id, axes, preset, architecture, options, published, optional })
    }

    /// Replaces every `{NAME}` in `template` by the text of the axis `NAME`.
    fn fill(&self, template: &str, axes: &BTreeMap<String, AxisValue>) -> Result<String> {
        let mut text = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            text += before;
            let Some((name, after)) = after.split_once('}') else {
                return Err(self.refuse(format!("template \"{template}\": {{ without }}")));
            };
            let (Some(axis), Some(value)) = (self.axis(name), axes.get(name)) else {
                let known = self.axes.iter().map(|axis| axis.name.as_str()).collect::<Vec<_>>().join(", ");
                let message = format!("template \"{template}\": unknown axis \"{name}\"; the axes are {known}");
                return Err(self.refuse(message));
            };
            text += &axis.written(value);
            rest = after;
        }
        Ok(text + rest)
    }

    pub(super) fn refuse(&self, why: String) -> Error {
        Error::new(Code::InvalidOption, format!("experiment {}: {why}", self.name))
    }
}

/// Sets the field at `path`, such as `norm.kind`.
fn set(whole: &mut Value, path: &str, value: Value) {
    let mut place = whole;
    for name in path.split('.') {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[name];
    }
    *place = value;
}

/// `text` with `-` for every character that a folder name cannot have on any system.
pub(super) fn folder_name(text: &str) -> String {
    let name: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() || "._^+-".contains(c) { c } else { '-' }).collect();
    let name = name.trim_matches(|c| c == '-' || c == '.').to_owned();
    if name.is_empty() {
        "training".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_names_of_folders() {
        for (text, expected) in [("2^6/256", "2^6-256"), ("raw:6,81,81", "raw-6-81-81"), ("..", "training")] {
            assert_eq!(folder_name(text), expected);
        }
    }

    #[test]
    fn nested_fields_are_made() {
        let mut whole = serde_json::json!({"norm": {"kind": "batch", "eps": 1}});
        set(&mut whole, "norm.kind", "none".into());
        set(&mut whole, "input.kind", "raw".into());
        assert_eq!(whole, serde_json::json!({"norm": {"kind": "none", "eps": 1}, "input": {"kind": "raw"}}));
    }
}
