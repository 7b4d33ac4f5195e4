//! The files of an analysis: figures, arrays and numbers in one folder.

use std::path::{Path, PathBuf};

use charts::{Figure, Theme};
use error::{Code, Error, Result};
use serde::Serialize;
use serde_json::json;
use train::run::write_npy;

/// Version of the file with the numbers.
const FORMAT: u32 = 1;
/// Pixels of a PNG file for each pixel of the SVG file.
const SCALE: f32 = 2.0;

/// The folder of an analysis.
pub(super) struct Output {
    folder: PathBuf,
    kind: &'static str,
    /// The files with arrays so far.
    pub arrays: Vec<PathBuf>,
    /// Facts about the source, which every figure carries.
    facts: Vec<(&'static str, String)>,
}

impl Output {
    /// Creates the folder, or uses one that has no files of this name, or only those of an earlier analysis.
    ///
    /// # Errors
    /// [`Code::Output`] if the folder cannot be written or has a file that `visualize` did not write, unless `force`.
    pub fn claim(folder: &Path, kind: &'static str, force: bool) -> Result<Self> {
        let folder = std::path::absolute(folder).map_err(|reason| Error::output(folder, &reason))?;
        files::make_folder(&folder)?;
        let output = Self { folder, kind, arrays: Vec::new(), facts: Vec::new() };
        let mark = output.numbers_file();
        if !force && !output.is_ours(&mark) {
            if let Some(there) = output.own_names().first() {
                let message = format!(
                    "{} exists and was not written by visualize: choose another folder with out (-o DIR), or replace \
                     it with force (--force)",
                    there.display()
                );
                return Err(Error::new(Code::Output, message).with_file(there));
            }
        }
        files::sweep(&output.folder);
        let text = json!({ "format": FORMAT, "analysis": kind, "numbers": null }).to_string();
        files::write_atomic(&mark, format!("{text}\n").as_bytes())?;
        Ok(output)
    }

    /// Whether `mark` is the file with the numbers of an earlier call.
    fn is_ours(&self, mark: &Path) -> bool {
        let value = std::fs::read(mark).ok().and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
        value.is_some_and(|value| value["format"] == FORMAT && value["analysis"] == self.kind)
    }

    /// The files in the folder whose names are those of this analysis.
    fn own_names(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut names: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| {
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                let rest = name.strip_prefix(self.kind);
                rest.is_some_and(|rest| rest.starts_with('-') || rest.starts_with('.'))
            })
            .collect();
        names.sort();
        names
    }

    /// Adds a fact that every figure carries.
    pub fn fact(&mut self, name: &'static str, value: impl Into<String>) {
        self.facts.push((name, value.into()));
    }

    /// The folder, absolute.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file with the numbers.
    pub fn numbers_file(&self) -> PathBuf {
        self.folder.join(format!("{}.json", self.kind))
    }

    /// Writes `NAME.svg` and `NAME.png`.
    ///
    /// # Errors
    /// [`Code::Output`].
    pub fn figure(&self, name: &str, figure: Figure) -> Result<Vec<PathBuf>> {
        let figure = self.facts.iter().fold(figure, |figure, (name, value)| figure.fact(*name, value));
        let files = ["svg", "png"].map(|suffix| self.folder.join(format!("{name}.{suffix}")));
        files::write_atomic(&files[0], figure.svg(Theme::Light).as_bytes())?;
        files::write_atomic(&files[1], &figure.png(Theme::Light, SCALE)?)?;
        Ok(files.to_vec())
    }

    /// Writes the array `NAME.npy`, `[rows, columns]`.
    ///
    /// # Errors
    /// [`Code::Output`].
    pub fn npy(&mut self, name: &str, columns: usize, values: &[f32]) -> Result<()> {
        let file = self.folder.join(format!("{name}.npy"));
        write_npy(&file, columns, values)?;
        self.arrays.push(file);
        Ok(())
    }

    /// Writes the table `NAME.csv`.
    ///
    /// # Errors
    /// [`Code::Output`].
    pub fn csv(&mut self, name: &str, header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Result<()> {
        let file = self.folder.join(format!("{name}.csv"));
        let failed = |why: &dyn std::fmt::Display| {
            Error::new(Code::Internal, format!("the table {name} cannot be written as CSV: {why}"))
        };
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(header).map_err(|why| failed(&why))?;
        for row in rows {
            writer.write_record(&row).map_err(|why| failed(&why))?;
        }
        files::write_atomic(&file, &writer.into_inner().map_err(|why| failed(&why))?)?;
        self.arrays.push(file);
        Ok(())
    }

    /// Writes another file of text.
    ///
    /// # Errors
    /// [`Code::Output`].
    pub fn text(&self, name: &str, text: &str) -> Result<PathBuf> {
        let file = self.folder.join(name);
        files::write_atomic(&file, text.as_bytes())?;
        Ok(file)
    }

    /// Writes the numbers with the settings and the facts, and returns the file.
    ///
    /// # Errors
    /// [`Code::Output`].
    pub fn numbers(&self, settings: &impl Serialize, numbers: &impl Serialize) -> Result<PathBuf> {
        let facts: serde_json::Map<String, serde_json::Value> =
            self.facts.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let value = json!({
            "format": FORMAT, "analysis": self.kind, "source": facts, "settings": settings, "numbers": numbers,
        });
        let file = self.numbers_file();
        files::write_json(&file, &value)?;
        Ok(file)
    }
}
