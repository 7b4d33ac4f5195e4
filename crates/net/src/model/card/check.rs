//! The requirements on a card: its texts and numbers, and whether it fits the model.

use std::collections::HashSet;

use super::{Card, CardOutput, CardScores, CardSource, CardTagScores, CardTeacher};
use crate::suggestion::did_you_mean;
use crate::{Model, Task};

type Checked = Result<(), String>;

impl Card {
    /// Refuses a card that does not fit `model`; the message begins with the field.
    pub(in crate::model) fn check(&self, model: &Model) -> Checked {
        for (name, value) in [
            ("name", &self.name),
            ("version", &self.version),
            ("summary", &self.summary),
            ("licence", &self.licence),
            ("attribution", &self.attribution),
        ] {
            optional(name, value.as_ref())?;
        }
        if self.licence.as_ref().is_some_and(|licence| Some(licence) != model.licence.as_ref()) {
            return Err(format!(
                "licence is {:?}, but the licence of the model is {:?}",
                self.licence.as_deref().unwrap_or_default(),
                model.licence.as_deref().unwrap_or("not stated")
            ));
        }
        each("data", &self.data, source)?;
        self.teacher.iter().try_for_each(teacher)?;
        each("scores", &self.scores, |name, scores| self::scores(name, scores, &model.tags))?;
        self.check_withheld(&model.tags)?;
        each("limits", &self.limits, |name, limit| text(name, limit))?;
        self.output.iter().try_for_each(|rule| output(*rule, model))
    }

    fn check_withheld(&self, tags: &[String]) -> Checked {
        let mut seen = HashSet::new();
        each("withheld", &self.withheld, |name, withheld| {
            text(&format!("{name}.tag"), &withheld.tag)?;
            text(&format!("{name}.reason"), &withheld.reason)?;
            if tags.contains(&withheld.tag) {
                return Err(format!("{name}.tag is {:?}, which the model has", withheld.tag));
            }
            if !seen.insert(withheld.tag.as_str()) {
                return Err(format!("{name}.tag is {:?}, which appears twice", withheld.tag));
            }
            Ok(())
        })
    }
}

/// Checks every value of a list; a value is named by its index.
fn each<'a, T>(name: &str, values: &'a [T], mut check: impl FnMut(&str, &'a T) -> Checked) -> Checked {
    values.iter().enumerate().try_for_each(|(index, value)| check(&format!("{name}[{index}]"), value))
}

fn source(name: &str, source: &CardSource) -> Checked {
    let CardSource { name: title, licence, url, description, clips } = source;
    described(name, title, licence.as_ref(), url.as_ref(), description.as_ref())?;
    positive(&format!("{name}.clips"), *clips)
}

fn teacher(teacher: &CardTeacher) -> Checked {
    let CardTeacher { name, licence, url, description, sources } = teacher;
    described("teacher", name, licence.as_ref(), url.as_ref(), description.as_ref())?;
    each("teacher.sources", sources, source)
}

fn described(
    name: &str,
    title: &str,
    licence: Option<&String>,
    url: Option<&String>,
    description: Option<&String>,
) -> Checked {
    text(&format!("{name}.name"), title)?;
    optional(&format!("{name}.licence"), licence)?;
    optional(&format!("{name}.description"), description)?;
    optional(&format!("{name}.url"), url)?;
    match url {
        Some(url) if !url.starts_with("https://") && !url.starts_with("http://") => {
            Err(format!("{name}.url must begin with https:// or http://, received {url:?}"))
        }
        _ => Ok(()),
    }
}

fn scores(name: &str, scores: &CardScores, tags: &[String]) -> Checked {
    text(&format!("{name}.measuredOn"), &scores.measured_on)?;
    positive(&format!("{name}.clips"), scores.clips)?;
    share(&format!("{name}.accuracy"), scores.accuracy, scores.accuracy_interval)?;
    share(&format!("{name}.rocAuc"), scores.roc_auc, scores.roc_auc_interval)?;
    share(&format!("{name}.prAuc"), scores.pr_auc, scores.pr_auc_interval)?;
    let mut seen = HashSet::new();
    each(&format!("{name}.perTag"), &scores.per_tag, |name, row| {
        if !seen.insert(row.tag.as_str()) {
            return Err(format!("{name}.tag is {:?}, which appears twice", row.tag));
        }
        tag_scores(name, row, tags)
    })
}

fn tag_scores(name: &str, row: &CardTagScores, tags: &[String]) -> Checked {
    if !tags.contains(&row.tag) {
        let advice = did_you_mean(&row.tag, tags.iter().map(String::as_str));
        return Err(format!("{name}.tag is {:?}, which the model does not have{advice}", row.tag));
    }
    share(&format!("{name}.rocAuc"), row.roc_auc, row.roc_auc_interval)?;
    share(&format!("{name}.prAuc"), row.pr_auc, row.pr_auc_interval)?;
    match row.rank_correlation {
        Some(value) if !(-1.0..=1.0).contains(&value) => {
            Err(format!("{name}.rankCorrelation must be a number from -1 to 1, received {value}"))
        }
        _ => Ok(()),
    }
}

/// A value from 0 to 1 with its interval.
fn share(name: &str, value: Option<f64>, interval: Option<[f64; 2]>) -> Checked {
    let within = |value: &f64| (0.0..=1.0).contains(value);
    if let Some(value) = value.filter(|value| !within(value)) {
        return Err(format!("{name} must be a number from 0 to 1, received {value}"));
    }
    match interval {
        Some([low, high]) if !(within(&low) && within(&high) && low <= high) => Err(format!(
            "{name}Interval must be two numbers from 0 to 1, the lower one first, received [{low}, {high}]"
        )),
        Some(_) if value.is_none() => Err(format!("{name}Interval is the interval of {name}, which is missing")),
        _ => Ok(()),
    }
}

fn positive(name: &str, count: Option<usize>) -> Checked {
    match count {
        Some(0) => Err(format!("{name} must be a whole number from 1, received 0")),
        _ => Ok(()),
    }
}

fn optional(name: &str, value: Option<&String>) -> Checked {
    value.map_or(Ok(()), |value| text(name, value))
}

/// A text that can be shown in one line.
fn text(name: &str, value: &str) -> Checked {
    if value.trim().is_empty() || value.chars().any(char::is_control) {
        return Err(format!("{name} must be a line of text without control characters, received {value:?}"));
    }
    Ok(())
}

fn output(rule: CardOutput, model: &Model) -> Checked {
    let CardOutput::Thresholds { top } = rule;
    if top == 0 {
        return Err("output.top must be a whole number from 1, received 0".into());
    }
    if model.task != Task::MultiLabel {
        return Err("output: thresholds are for multi-label models, and this one is single-label".into());
    }
    if !model.thresholds.iter().flatten().any(Option::is_some) {
        return Err("output: the model has no thresholds: train it with validation clips".into());
    }
    Ok(())
}
