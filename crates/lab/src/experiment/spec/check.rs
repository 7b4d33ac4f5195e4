//! Checks that the parts of a spec fit together.

use std::collections::{BTreeMap, BTreeSet};

use super::axis::Axis;
use super::claim::{Claim, Condition};
use super::column::Shown;
use super::measure::Measure;
use super::read::advice;
use super::trainings::Published;
use super::value::AxisValue;
use super::Spec;

/// Names that are no axes.
const RESERVED: [&str; 2] = ["id", "published"];

impl Spec {
    /// Refuses a spec whose parts do not fit together. The reason names the part and the value.
    pub(super) fn check(&self) -> Result<(), String> {
        if !is_name(&self.name) {
            return Err(format!("name must be letters, digits, - and _, received \"{}\"", self.name));
        }
        // Their strengths are the values of axes.
        self.distortions.as_ref().map_or(Ok(()), super::Distortions::check)?;
        self.check_axes()?;
        for listed in self.trainings.list.iter().flatten() {
            self.check_place("a training", &listed.axes, true)?;
            self.check_published(&listed.published)?;
        }
        if self.trainings.list.as_ref().is_some_and(Vec::is_empty) {
            return Err("trainings.list is empty: name at least one training".into());
        }
        for place in &self.trainings.published {
            self.check_place("a published value", &place.axes, true)?;
            self.check_published(&place.published)?;
        }
        self.check_rows()?;
        self.check_source()?;
        self.check_columns()?;
        for claim in &self.claims {
            self.check_claim(claim).map_err(|why| format!("claim \"{}\": {why}", claim.text))?;
        }
        for figure in &self.figures {
            let names = [&figure.x, &figure.y].into_iter().chain(&figure.per).map(String::as_str);
            names
                .filter(|name| *name != "id")
                .try_for_each(|name| self.check_known(name))
                .map_err(|why| format!("figure \"{}\": {why}", figure.name))?;
            if !is_name(&figure.name) {
                return Err(format!("figure name must be letters, digits, - and _, received \"{}\"", figure.name));
            }
        }
        Ok(())
    }

    fn check_axes(&self) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        for Axis { name, values, sets, .. } in self.all_axes() {
            if !is_name(name) || RESERVED.contains(&name.as_str()) || Measure::named(name).is_some() {
                return Err(format!("axis \"{name}\": this name is not possible: choose another one"));
            }
            if !seen.insert(name) {
                return Err(format!("axis \"{name}\" is declared twice"));
            }
            if values.is_empty() {
                return Err(format!("axis \"{name}\" has no values"));
            }
            let is_target = |text: &str| text.starts_with("options.") || text.starts_with("architecture.");
            if let Some(other) = sets.as_deref().filter(|target| !is_target(target)) {
                return Err(format!(
                    "axis \"{name}\": sets must be options.NAME or architecture.PATH, received \"{other}\""
                ));
            }
        }
        if self.axes.is_empty() {
            return Err("axes is empty: name at least one axis".into());
        }
        Ok(())
    }

    /// Refuses rows of features, and rows that are only published, whose parts do not fit together.
    fn check_rows(&self) -> Result<(), String> {
        for row in &self.published_rows {
            self.check_place(&format!("the published row {}", row.id), &row.axes, false)?;
            self.check_published(&row.published)?;
        }
        let Some(features) = &self.features else { return Ok(()) };
        features.classifier_options(None)?;
        for (name, scale) in &self.scales {
            features.classifier_options(Some(scale)).map_err(|why| format!("scale {name}: {why}"))?;
        }
        if features.rows.is_empty() {
            return Err("features.rows is empty: name at least one row".into());
        }
        for id in &features.per_tag {
            if !features.rows.iter().any(|row| row.id == *id) {
                let ids: Vec<&str> = features.rows.iter().map(|row| row.id.as_str()).collect();
                return Err(format!("features.perTag: no row has the id \"{id}\"; the ids are {}", ids.join(", ")));
            }
        }
        if let Some(axis) = features.axes.iter().find(|axis| axis.sets.is_some()) {
            return Err(format!("axis \"{}\" of features: only an axis of the trainings can have sets", axis.name));
        }
        for row in &features.rows {
            let what = format!("the features {}", row.id);
            self.check_place(&what, &row.axes, false)?;
            self.check_published(&row.published)?;
            let distinct = |count: usize, of: usize, name: &str| match (of, count == of) {
                (0, _) => Err(format!("{what}: {name} is empty: name at least one")),
                (_, true) => Ok(()),
                _ => Err(format!("{what}: {name} names one of them twice")),
            };
            distinct(row.models.iter().collect::<BTreeSet<_>>().len(), row.models.len(), "models")?;
            distinct(row.levels.iter().collect::<BTreeSet<_>>().len(), row.levels.len(), "levels")?;
            if let Some(level) = row.levels.iter().find(|level| **level >= 0) {
                return Err(format!("{what}: levels are counted from the last one, -1, received {level}"));
            }
        }
        Ok(())
    }

    /// Refuses a training of the source that no row uses, or whose row has values that its axes do not have.
    fn check_source(&self) -> Result<(), String> {
        let Some(source) = &self.source_training else { return Ok(()) };
        if !self.needs_source() {
            return Err("sourceTraining: no row has features of the model source, or evaluates it: leave it out".into());
        }
        let joins = |row: &&super::FeaturesRow| row.needs_source() && row.models.contains(&source.training);
        if let Some(row) = self.features.iter().flat_map(|features| &features.rows).find(joins) {
            return Err(format!("the features {}: the models source and {} can be the same", row.id, source.training));
        }
        self.check_place("the row source", &source.axes, false)
    }

    /// Refuses values that their axes do not have; `whole`: every axis must have a value.
    fn check_place(&self, what: &str, place: &BTreeMap<String, AxisValue>, whole: bool) -> Result<(), String> {
        for (name, value) in place {
            let Some(axis) = self.axis(name) else {
                return Err(format!("{what} has the unknown axis \"{name}\"; {}", self.meant(name)));
            };
            self.check_value(axis, value).map_err(|why| format!("{what}: {why}"))?;
        }
        match self.axes.iter().find(|axis| whole && !place.contains_key(&axis.name)) {
            Some(axis) => Err(format!("{what} has no value on the axis \"{}\"", axis.name)),
            None => Ok(()),
        }
    }

    fn check_value(&self, axis: &Axis, value: &AxisValue) -> Result<(), String> {
        if axis.position(value).is_some() {
            return Ok(());
        }
        Err(format!("the axis \"{}\" has no value {value}; its values are {}", axis.name, axis.listed()))
    }

    fn check_columns(&self) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        for column in &self.columns {
            let name = &column.name;
            if !seen.insert(name) {
                return Err(format!("column \"{name}\" is declared twice"));
            }
            if column.relative_to.is_some() && column.difference_to.is_some() {
                return Err(format!("column \"{name}\": relativeTo and differenceTo exclude each other"));
            }
            match self.shown(column) {
                None => {
                    let shows = column.shows();
                    return Err(format!(
                        "column \"{name}\": \"{shows}\" is neither an axis nor a measure; {}",
                        self.meant(shows)
                    ));
                }
                Some(Shown::Measure(_)) => (),
                Some(_) if column.relative_to.is_none() && column.difference_to.is_none() => (),
                Some(_) => return Err(format!("column \"{name}\": only a measure can be relative to another row")),
            }
        }
        if self.columns.is_empty() {
            return Err("columns is empty: name at least one column".into());
        }
        Ok(())
    }

    fn check_published(&self, published: &Published) -> Result<(), String> {
        for name in published.values().flat_map(|values| values.keys()) {
            if self.column(name).is_none() {
                let columns: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
                let known = columns.join(", ");
                return Err(format!("a value is published for the unknown column \"{name}\"; the columns are {known}"));
            }
        }
        Ok(())
    }

    fn check_claim(&self, claim: &Claim) -> Result<(), String> {
        if claim.predicates() != 1 {
            let count = claim.predicates();
            return Err(format!(
                "it must have one of order, maximum, notWorse, ratio and difference, received {count}"
            ));
        }
        claim.names().into_iter().try_for_each(|name| self.check_known(name))?;
        for (name, condition) in claim.conditions() {
            let values: Vec<&AxisValue> = match condition {
                Condition::Is(value) => vec![value],
                Condition::OneOf(values) => values.iter().collect(),
                Condition::Within(_) => Vec::new(),
            };
            if let Some(axis) = self.axis(name) {
                values.into_iter().try_for_each(|value| self.check_value(axis, value))?;
            }
        }
        Ok(())
    }

    /// Refuses a name that is neither an axis nor a column.
    fn check_known(&self, name: &str) -> Result<(), String> {
        if self.axis(name).is_some() || self.column(name).is_some() {
            return Ok(());
        }
        let known = self.all_axes().map(|axis| &axis.name).chain(self.columns.iter().map(|column| &column.name));
        let known: Vec<&str> = known.map(String::as_str).collect();
        Err(format!("\"{name}\" is neither an axis nor a column; {}", advice(name, &known, "known are")))
    }

    /// What to do about a name that is neither an axis nor a measure.
    fn meant(&self, name: &str) -> String {
        let known: Vec<&str> = self
            .all_axes()
            .map(|axis| axis.name.as_str())
            .chain(Measure::ALL.iter().map(|measure| measure.name()))
            .collect();
        advice(name, &known, "known are")
    }
}

/// Whether `name` can be an axis or a file name.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}
