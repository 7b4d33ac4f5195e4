//! `report.html`: the report of a run as a page for people.

mod calibration;
mod clips;
mod curves;
mod learning;
mod pairs;
mod results;
mod settings;
mod tags;

use charts::{Report as Document, Section};
use net::{Calibration, Task};

use crate::event::Epoch;
use crate::metrics::{between, column, four, Metrics};
use crate::part::PartData;
use crate::run::{Config, Report};

/// What the page shows.
pub(crate) struct Page<'a> {
    /// The results.
    pub(crate) report: &'a Report,
    /// The configuration.
    pub(crate) config: &'a Config,
    /// All epochs, in order.
    pub(crate) epochs: &'a [Epoch],
    /// The calibration that was fitted on the validation clips.
    pub(crate) calibration: Option<&'a Calibration>,
    /// The clips whose scores are shown: the test clips or, without them, the validation clips; `None` without both.
    pub(crate) shown: Option<Shown<'a>>,
}

/// The scores of a part.
pub(crate) struct Shown<'a> {
    /// `Test` or `Validation`.
    pub(crate) title: &'static str,
    pub(crate) data: &'a PartData<'a>,
    /// `[clips, tags]`.
    pub(crate) scores: &'a [f32],
    /// `[clips, tags]`.
    pub(crate) targets: &'a [bool],
    pub(crate) metrics: &'a Metrics,
}

impl Page<'_> {
    /// The page as one file that needs no other file and no network, except the audio files that it plays.
    pub(crate) fn html(&self) -> String {
        let mut document = Document::new(format!("Training report: {}", self.config.dataset.split));
        document.summary = results::summary(self);
        let mut sections = vec![results::section(self)];
        sections.extend(learning::section(self));
        if let Some(shown) = &self.shown {
            sections.push(tags::section(shown));
            sections.extend(curves::section(self, shown));
            sections.extend(pairs::section(self, shown));
            sections.extend(calibration::section(self, shown));
            sections.extend(clips::section(self, shown));
        }
        sections.extend([settings::data(self), settings::options(self), settings::files(self)]);
        document.sections = sections;
        document.facts = settings::facts(self);
        document.html()
    }

    /// The tags of the network.
    fn tags(&self) -> &[String] {
        &self.config.tags
    }

    /// Whether the tags exclude each other.
    fn is_single_label(&self) -> bool {
        self.config.task == Task::SingleLabel
    }
}

impl Shown<'_> {
    /// The scores and targets of one tag.
    fn column(&self, tag: usize) -> (Vec<f32>, Vec<bool>) {
        let width = self.data.tags.max(1);
        (column(self.scores, width, tag), column(self.targets, width, tag))
    }
}

/// A section without blocks is left out.
fn unless_empty(section: Section) -> Option<Section> {
    (!section.blocks.is_empty()).then_some(section)
}
