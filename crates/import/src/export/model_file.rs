//! Exports models as model files: with fewer tags, with F16 weights, with a card.

use std::collections::BTreeMap;
use std::path::Path;

use error::{shown, shown_path, Code, Error, Result};
use net::{did_you_mean, Card, Model};

use super::options::ExportOptions;

/// The model that `options` ask for: first its outputs are chosen, then its weights rounded, and its thresholds and
/// card set. A card that states a licence sets the licence of the model.
///
/// # Errors
/// Those of [`Model::with_tags`], [`Model::into_half`] and [`Card::read`]; [`Code::FileNotFound`] and
/// [`Code::InvalidOption`] for a list of tags or thresholds that cannot be read or do not fit the model.
pub fn to_model(model: &Model, options: &ExportOptions) -> Result<Model> {
    let listed = options.tag_list.as_deref().map(read_tags).transpose()?;
    let mut changed = match options.tags.as_ref().or(listed.as_ref()) {
        Some(tags) => model.with_tags(tags)?,
        None => model.clone(),
    };
    if options.half {
        changed = changed.into_half()?;
    }
    if let Some(path) = &options.thresholds {
        changed.thresholds = Some(read_thresholds(path, &changed)?);
    }
    if let Some(path) = &options.card {
        let card = Card::read(path)?;
        changed.licence = card.licence.clone().or(changed.licence);
        changed.card = Some(card);
        // A card that does not fit the model is refused here, with its file.
        changed.to_bytes().map_err(|failure| {
            let message = format!("{}: {}", shown_path(path), failure.message);
            Error::new(failure.code, message).with_file(path)
        })?;
    }
    Ok(changed)
}

/// The tags in a text file, one in each line; empty lines are left out.
fn read_tags(path: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(path).map_err(|reason| Error::input(path, Code::InvalidOption, &reason))?;
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let tags: Vec<String> = lines.filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if tags.is_empty() {
        let message = shown(&format!("{} lists no tags: write one tag in each line", path.display()));
        return Err(Error::new(Code::InvalidOption, message).with_file(path));
    }
    Ok(tags)
}

/// The thresholds of `model` with those in a JSON file: an object with a score from 0 to 1 for each tag, or null for a
/// tag that is never assigned. Tags that are not in it keep theirs.
fn read_thresholds(path: &Path, model: &Model) -> Result<Vec<Option<f32>>> {
    let refuse = |why: String| {
        let message = shown(&format!("{}: {why}", shown_path(path)));
        Error::new(Code::InvalidOption, message).with_file(path)
    };
    let text = std::fs::read_to_string(path).map_err(|reason| Error::input(path, Code::InvalidOption, &reason))?;
    let given: BTreeMap<String, Option<f32>> = serde_json::from_str(&text).map_err(|reason| {
        let expected = "an object with a score or null for each tag, such as {\"rock\": 0.3}, is expected";
        refuse(format!("is not a list of thresholds: {expected}: {reason}"))
    })?;
    let mut thresholds = model.thresholds.clone().unwrap_or_else(|| vec![None; model.tags.len()]);
    for (tag, threshold) in given {
        let Some(index) = model.tags.iter().position(|known| *known == tag) else {
            let advice = did_you_mean(&tag, model.tags.iter().map(String::as_str));
            return Err(refuse(format!("the model has no tag {tag:?}{advice}")));
        };
        if let Some(threshold) = threshold.filter(|threshold| !(0.0..=1.0).contains(threshold)) {
            return Err(refuse(format!("the threshold of {tag:?} must be a number from 0 to 1, received {threshold}")));
        }
        thresholds[index] = threshold;
    }
    Ok(thresholds)
}

#[cfg(test)]
mod tests {
    use net::{Architecture, Calibration, CardOutput, Layout, Parameters, PlattLine, Task, WeightType};

    use super::*;

    fn model() -> Model {
        let architecture = Architecture::preset("3^3").unwrap();
        let tags = ["rock", "jazz", "folk"].map(String::from).to_vec();
        let mut parameters = Parameters::zeros(&Layout::new(&architecture, tags.len()));
        (0u8..251).cycle().zip(&mut parameters.trainable).for_each(|(index, value)| *value = f32::from(index) / 300.0);
        parameters.statistics.fill(0.1);
        let lines = [1.0, 2.0, 3.0].map(|scale| Some(PlattLine { scale, offset: 0.5 })).to_vec();
        let calibration = Some(Calibration::Platt { tags: lines });
        let thresholds = Some(vec![Some(0.1), None, Some(0.3)]);
        let new = Model::new(architecture, tags, Task::MultiLabel, parameters);
        Model { thresholds, calibration, licence: Some("MIT".into()), ..new }
    }

    fn options(change: impl FnOnce(&mut ExportOptions)) -> ExportOptions {
        let mut options = ExportOptions { to: super::super::ExportFormat::Model, ..ExportOptions::default() };
        change(&mut options);
        options
    }

    #[test]
    fn a_list_of_tags_may_be_in_a_file_and_everything_is_cut_along() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("tags.txt");
        std::fs::write(&list, "\u{feff}folk\r\n\n rock \n").unwrap();
        let cut = to_model(&model(), &options(|options| options.tag_list = Some(list.clone()))).unwrap();
        assert_eq!(cut.tags, ["folk", "rock"]);
        assert_eq!(cut.thresholds, Some(vec![Some(0.3), Some(0.1)]));
        let Some(Calibration::Platt { tags }) = &cut.calibration else { panic!("a calibration") };
        assert_eq!(tags.iter().flatten().map(|line| line.scale).collect::<Vec<_>>(), [3.0, 1.0]);
        std::fs::write(&list, "\n \n").unwrap();
        let failure = to_model(&model(), &options(|options| options.tag_list = Some(list))).unwrap_err();
        assert!(failure.code == Code::InvalidOption && failure.message.contains("one tag in each line"), "{failure}");
        let missing = options(|options| options.tag_list = Some("/none/tags.txt".into()));
        assert_eq!(to_model(&model(), &missing).unwrap_err().code, Code::FileNotFound);
    }

    #[test]
    fn a_card_sets_the_licence_and_its_faults_name_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("card.json");
        let written = |text: &str, tags: Option<Vec<String>>| {
            std::fs::write(&file, text).unwrap();
            to_model(&model(), &options(|options| (options.card, options.tags) = (Some(file.clone()), tags)))
        };
        let card = r#"{"name":"small","licence":"CC0-1.0","output":{"kind":"thresholds","top":2}}"#;
        let released = written(card, None).unwrap();
        assert_eq!(released.licence.as_deref(), Some("CC0-1.0"));
        assert_eq!(released.card.unwrap().output, Some(CardOutput::Thresholds { top: 2 }));
        let unstated = written(r#"{"name":"small"}"#, None).unwrap();
        assert_eq!(unstated.licence.as_deref(), Some("MIT"), "a card that states no licence changes none");
        for (text, tags, word) in [
            (r#"{"license":"MIT"}"#, None, "did you mean \"licence\"?"),
            ("{", None, "is not a card of a model"),
            (
                r#"{"withheld":[{"tag":"rock","reason":"few"}]}"#,
                None,
                "withheld[0].tag is \"rock\", which the model has",
            ),
            (card, Some(vec!["jazz".into()]), "the model has no thresholds"),
        ] {
            let failure = written(text, tags).unwrap_err();
            assert_eq!(failure.code, Code::InvalidOption, "{text}: {failure}");
            assert!(failure.message.contains(word) && failure.message.contains("card.json"), "{text}: {failure}");
            assert_eq!(failure.file.as_deref(), Some(&*file), "{text}");
        }
    }

    #[test]
    fn thresholds_are_replaced_by_their_tags() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("thresholds.json");
        let written = |text: &str, model: &Model| {
            std::fs::write(&file, text).unwrap();
            to_model(model, &options(|options| options.thresholds = Some(file.clone())))
        };
        let changed = written(r#"{"jazz":0.5,"folk":null}"#, &model()).unwrap();
        assert_eq!(changed.thresholds, Some(vec![Some(0.1), Some(0.5), None]));
        let without = Model { thresholds: None, ..model() };
        assert_eq!(written(r#"{"jazz":0.5}"#, &without).unwrap().thresholds, Some(vec![None, Some(0.5), None]));
        for (text, word) in [
            ("[0.5]", "such as {\"rock\": 0.3}, is expected"),
            (r#"{"jaz":0.5}"#, "the model has no tag \"jaz\"; did you mean \"jazz\"?"),
            (r#"{"jazz":1.5}"#, "the threshold of \"jazz\" must be a number from 0 to 1, received 1.5"),
        ] {
            let failure = written(text, &model()).unwrap_err();
            assert_eq!(failure.code, Code::InvalidOption, "{text}: {failure}");
            assert!(failure.message.contains(word) && failure.message.contains("thresholds.json"), "{text}: {failure}");
        }
    }

    #[test]
    fn weights_are_rounded_only_where_this_is_asked_for() {
        assert_eq!(to_model(&model(), &options(|_| {})).unwrap(), model());
        let half = to_model(&model(), &options(|options| options.half = true)).unwrap();
        assert_eq!(half.weight_type(), WeightType::F16);
        assert_eq!(half.parameters.statistics, model().parameters.statistics);
        assert_ne!(half.parameters.trainable, model().parameters.trainable);
    }
}
