//! A report as data: sections with paragraphs, tables, claims and figures. Nothing here writes HTML.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::figure::Figure;

/// A document that [`Report::html`] writes as one file. Texts may contain `` `code` `` between backticks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Report {
    /// The heading of the page.
    pub title: String,
    /// Lines below the heading: what a reader wants to know first.
    pub summary: Vec<String>,
    /// The parts of the report. The contents list them.
    pub sections: Vec<Section>,
    /// Facts about the source (version, data set, split, seed, settings), at the end of the page.
    pub facts: BTreeMap<String, String>,
}

/// A part of a report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Section {
    /// The heading.
    pub title: String,
    /// The contents.
    pub blocks: Vec<Block>,
    /// Parts of this part. The headings of their parts are not smaller any more from the fifth level on.
    pub sections: Vec<Section>,
}

/// One piece of a section.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Block {
    /// A paragraph.
    Paragraph(String),
    /// A list of short texts.
    List(Vec<String>),
    /// A remark beside the text, for example that an experiment was made smaller.
    Note(String),
    /// A table.
    Table(Table),
    /// Claims with their verdicts.
    Claims(Vec<Claim>),
    /// A figure with its caption.
    Figure(Box<Figure>),
    /// Figures of which the reader chooses one.
    Choice(Choice),
    /// Links to files beside the report.
    Files(Vec<Link>),
    /// Clips, each with a player if its audio is known.
    Clips(Vec<Clip>),
}

/// Figures of which a page shows one at a time: the reader chooses it by name. A reader without scripts sees all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Choice {
    /// What is chosen, such as `tag`.
    pub label: String,
    /// The figures with their names; the first one is shown at the start.
    pub figures: Vec<(String, Figure)>,
}

/// A table. The first cell of each row is the heading of the row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Table {
    /// What the table shows.
    pub caption: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// The cells of each row. Missing cells are empty; cells beyond the last column are left out.
    pub rows: Vec<Vec<String>>,
    /// Remarks below the table.
    pub notes: Vec<String>,
}

/// A column of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// The heading, with the unit.
    pub heading: String,
    /// Whether the cells are numbers, which are aligned on the right.
    pub numeric: bool,
}

/// A claim of a paper and whether it holds here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// What is claimed.
    pub text: String,
    /// Whether it holds.
    pub verdict: Verdict,
    /// The number on which the verdict is based, with its interval and unit; empty if it does not exist.
    pub interval: String,
    /// More about the verdict; may be empty.
    pub note: String,
}

/// Whether a claim holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It holds.
    Holds,
    /// It does not hold.
    DoesNotHold,
    /// The measurements are too noisy to say.
    TooNoisy,
    /// The measurements that it needs are missing.
    NotMeasured,
}

/// A link to a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// What the file is.
    pub text: String,
    /// The path of the file, relative to the report.
    pub path: String,
}

/// A clip of a dataset.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Clip {
    /// The name of the clip.
    pub name: String,
    /// What the report says about it.
    pub text: String,
    /// The path of its audio file: absolute, or relative to the report. Without it there is no player.
    pub audio: Option<String>,
}

impl Report {
    /// A report without sections.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// The same report with one more line of its summary.
    #[must_use]
    pub fn summary(mut self, line: impl Into<String>) -> Self {
        self.summary.push(line.into());
        self
    }

    /// The same report with one more section.
    #[must_use]
    pub fn section(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }

    /// The same report with one more fact about its source.
    #[must_use]
    pub fn fact(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.facts.insert(name.into(), value.into());
        self
    }
}

impl Section {
    /// Whether the section or one of its parts has a player.
    pub(crate) fn plays_audio(&self) -> bool {
        let plays =
            |block: &Block| matches!(block, Block::Clips(clips) if clips.iter().any(|clip| clip.audio.is_some()));
        self.blocks.iter().any(plays) || self.sections.iter().any(Self::plays_audio)
    }

    /// Whether the section or one of its parts has figures to choose from.
    pub(crate) fn has_choice(&self) -> bool {
        let is_choice = |block: &Block| matches!(block, Block::Choice(_));
        self.blocks.iter().any(is_choice) || self.sections.iter().any(Self::has_choice)
    }

    /// A section without contents.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// The same section with one more block.
    #[must_use]
    pub fn block(mut self, block: impl Into<Block>) -> Self {
        self.blocks.push(block.into());
        self
    }

    /// The same section with one more paragraph.
    #[must_use]
    pub fn paragraph(self, text: impl Into<String>) -> Self {
        self.block(Block::Paragraph(text.into()))
    }

    /// The same section with one more part.
    #[must_use]
    pub fn section(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }
}

impl Column {
    /// A column with the heading `heading`.
    pub fn new(heading: impl Into<String>, numeric: bool) -> Self {
        Self { heading: heading.into(), numeric }
    }
}

impl Verdict {
    /// The verdict in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::DoesNotHold => "does not hold",
            Self::TooNoisy => "too noisy to say",
            Self::NotMeasured => "not measured",
        }
    }
}

impl From<Table> for Block {
    fn from(table: Table) -> Self {
        Self::Table(table)
    }
}

impl From<Figure> for Block {
    fn from(figure: Figure) -> Self {
        Self::Figure(Box::new(figure))
    }
}

impl From<Vec<Claim>> for Block {
    fn from(claims: Vec<Claim>) -> Self {
        Self::Claims(claims)
    }
}

impl From<Vec<Clip>> for Block {
    fn from(clips: Vec<Clip>) -> Self {
        Self::Clips(clips)
    }
}

impl From<Vec<Link>> for Block {
    fn from(links: Vec<Link>) -> Self {
        Self::Files(links)
    }
}
