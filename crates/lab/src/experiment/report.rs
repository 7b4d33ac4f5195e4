//! The report of an experiment: its figures as SVG and PNG, and one HTML page with claims, table and figures.

mod bars;
mod claims;
mod facts;
mod figure;
mod page;
mod panels;
mod places;
mod series;
mod tag_gains;

use std::path::{Path, PathBuf};

use charts::{Figure, Section, Theme};
use error::Result;

use super::table::Table;
use tag_gains::TagGains;

/// The folder of the figures, beside the table.
const FIGURES: &str = "figures";
/// The pixels of a picture for each pixel of the drawing: enough for print in a column.
const SCALE: f32 = 2.0;

impl Table {
    /// The figures of the experiment, each with the name of its files. Gains per tag are among them if the rows that
    /// they compare are complete.
    pub fn figures(&self) -> Vec<(String, Figure)> {
        // Predictions that cannot be read are told by `write_report`.
        self.figures_with(TagGains::of(self).ok().flatten().as_ref())
    }

    fn figures_with(&self, gains: Option<&TagGains>) -> Vec<(String, Figure)> {
        let declared = self.spec.figures.iter().filter(|one| self.has_figure(one));
        let declared = declared.map(|one| (one.name.clone(), figure::figure(self, one)));
        let gains = gains.map(|gains| (tag_gains::NAME.to_owned(), gains.figure(self)));
        declared.chain(gains).collect()
    }

    /// Whether a figure along the strengths of one distortion has any points: others may have been selected.
    fn has_figure(&self, figure: &super::spec::Figure) -> bool {
        let mut axes = self.spec.distortions.iter().flat_map(|distortions| distortions.axes());
        let has_point = |row: &super::row::Row| {
            row.axes.contains_key(&figure.x) && row.cells.get(&figure.y).is_some_and(|cell| cell.value.is_some())
        };
        axes.all(|axis| axis.name != figure.x) || self.rows.iter().any(has_point)
    }

    /// The experiment as a part of a report: claims, table, figures, and how the numbers came about. Paths of files
    /// begin with `folder`, which is empty for a report in the folder of the table.
    pub fn section(&self, folder: &str) -> Section {
        page::section(self, &self.figures(), folder)
    }

    /// Writes `report.html` and the folder `figures` into `folder`: of each figure `NAME.svg`, `NAME-dark.svg`,
    /// `NAME.png`, `NAME-dark.png`, and `NAME.json` with its values. Gains per tag also have `gain-per-tag.csv` in
    /// `folder`. Returns the path of the page, and the experiment as a part of another report, in which the paths of
    /// files begin with `prefix`.
    ///
    /// # Errors
    /// [`Code::Output`]; those of the predictions of features rows.
    pub(super) fn write_report(&self, folder: &Path, prefix: &str) -> Result<(PathBuf, Section)> {
        let pictures = folder.join(FIGURES);
        let gains = TagGains::of(self)?;
        if let Some(gains) = &gains {
            files::write_atomic(folder.join(format!("{}.csv", tag_gains::NAME)), &gains.csv()?)?;
        }
        let figures = self.figures_with(gains.as_ref());
        if !figures.is_empty() {
            files::make_folder(&pictures)?;
        }
        for (name, figure) in &figures {
            for theme in Theme::ALL {
                let file = file_name(name, theme);
                files::write_atomic(pictures.join(format!("{file}.svg")), figure.svg(theme).as_bytes())?;
                files::write_atomic(pictures.join(format!("{file}.png")), &figure.png(theme, SCALE)?)?;
            }
            files::write_json(pictures.join(format!("{name}.json")), &figure.data())?;
        }
        let path = folder.join("report.html");
        files::write_atomic(&path, page::report(self, &figures).html().as_bytes())?;
        Ok((path, page::section(self, &figures, prefix)))
    }
}

/// The name of the files of a figure, without the suffix.
fn file_name(name: &str, theme: Theme) -> String {
    match theme {
        Theme::Light => name.to_owned(),
        Theme::Dark => format!("{name}-dark"),
    }
}
