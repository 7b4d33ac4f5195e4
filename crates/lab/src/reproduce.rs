//! All experiments on one dataset, one after the other, and one report about them.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use charts::{Report, Section};
use error::{Code, Error, Result};
use serde_json::json;
use train::TrainOptions;

use crate::experiment::{
    names, one, ExperimentDone, ExperimentEvent, ExperimentOptions, MissingRow, Spec, TrainingEvent, Verdict, Work,
};

/// The name of the whole.
pub const REPRODUCE: &str = "reproduce";

/// The order of the experiments in the report; others follow in the order of their names.
const ORDER: [&str; 8] = ["sweep", "table2", "downsampling", "table4", "table6", "blocks", "ablations", "robustness"];

/// The file that marks a folder of [`reproduce`].
const MARK: &str = "reproduce.json";
/// The files that [`reproduce`] writes besides.
const FILES: [&str; 2] = ["tables.md", "report.html"];

/// The names of the experiments of which the whole consists, in its order.
///
/// # Errors
/// Those of [`names`].
pub fn parts() -> Result<Vec<String>> {
    let mut parts = names()?;
    let place = |name: &String| ORDER.iter().position(|known| known == name).unwrap_or(ORDER.len());
    parts.sort_by_key(place);
    Ok(parts)
}

/// Runs the experiments `parts` (names, or files of specs), each in a folder of its name in `out`, with the same
/// options, and writes `report.html` and `tables.md` about all of them after each one. A second call continues. An
/// experiment that needs a given model, and does not say how to train one, is left out if the option `source` names
/// none; the report says so.
///
/// # Errors
/// [`Code::InvalidOption`] for options that belong to a single experiment; [`Code::Output`] for a folder with files of
/// others; those of [`crate::experiment()`].
pub fn reproduce(
    parts: &[String],
    options: &ExperimentOptions,
    on_event: &mut dyn FnMut(ExperimentEvent),
    cancel: &AtomicBool,
) -> Result<ExperimentDone> {
    let training = single(options)?;
    let out = std::path::absolute(&training.out).unwrap_or_else(|_| training.out.clone());
    files::make_folder(&out)?;
    refuse_others(&out)?;
    let mut whole = Whole::new(&out, parts.len());
    for part in parts {
        let (folder, spec) = (folder_of(part), Spec::named(part)?);
        if spec.needs_source() && spec.source_training.is_none() && options.source.is_none() {
            whole
                .left_out
                .push(format!("{folder} is left out: it needs a trained model, which the option source names."));
            continue;
        }
        let training = TrainOptions { out: out.join(&folder), ..training.clone() };
        // Only some experiments have a source.
        let source = options.source.clone().filter(|_| spec.needs_source());
        let source_dataset = options.source_dataset.clone().filter(|_| spec.source_training.is_some());
        let work = Work::Train(Box::new(training));
        let options = ExperimentOptions { name: part.clone(), source, source_dataset, work, ..options.clone() };
        let mut tell = |event: ExperimentEvent| match event {
            ExperimentEvent::Training(TrainingEvent { event, training }) => {
                let training = format!("{folder}/{training}");
                on_event(ExperimentEvent::Training(TrainingEvent { event, training }));
            }
            other => on_event(other),
        };
        let (done, section) = one(&options, &folder, &mut tell, cancel)?;
        whole.add(&folder, done, section);
        whole.write()?;
    }
    // Also if the last experiments are left out.
    whole.write()?;
    let done = whole.done;
    on_event(ExperimentEvent::Done(done.clone()));
    Ok(done)
}

/// What is known about the experiments so far.
struct Whole<'a> {
    out: &'a Path,
    /// The number of experiments.
    count: usize,
    names: Vec<String>,
    sections: Vec<Section>,
    /// Why experiments are left out.
    left_out: Vec<String>,
    done: ExperimentDone,
}

impl<'a> Whole<'a> {
    fn new(out: &'a Path, count: usize) -> Self {
        let done = ExperimentDone {
            experiment: REPRODUCE.to_owned(),
            table: Vec::new(),
            missing: Vec::new(),
            claims: Vec::new(),
            markdown: String::new(),
            file: out.join(FILES[0]),
            report: out.join(FILES[1]),
        };
        Self { out, count, names: Vec::new(), sections: Vec::new(), left_out: Vec::new(), done }
    }

    fn add(&mut self, name: &str, part: ExperimentDone, section: Section) {
        self.names.push(name.to_owned());
        self.sections.push(section);
        self.done.table.extend(part.table);
        let missing = part.missing.into_iter();
        self.done.missing.extend(missing.map(|row| MissingRow { id: format!("{name}/{}", row.id), ..row }));
        self.done.claims.extend(part.claims);
        if !self.done.markdown.is_empty() {
            self.done.markdown.push('\n');
        }
        self.done.markdown += &part.markdown;
    }

    fn write(&self) -> Result<()> {
        let mark = json!({"format": 1, "experiments": self.names});
        files::write_atomic(self.out.join(MARK), format!("{mark}\n").as_bytes())?;
        files::write_atomic(&self.done.file, self.done.markdown.as_bytes())?;
        files::write_atomic(&self.done.report, self.report().html().as_bytes())
    }

    fn report(&self) -> Report {
        let count = |verdict| self.done.claims.iter().filter(|claim| claim.verdict == Some(verdict)).count();
        let (asked, all) =
            (self.done.claims.iter().filter(|claim| claim.verdict.is_some()).count(), self.done.claims.len());
        let report = Report::new("The SampleCNN papers, reproduced")
            .summary(format!("{} of {} experiments.", self.names.len(), self.count))
            .summary(format!(
                "Of {all} claims, {asked} could be asked: {} hold, {} do not hold, {} are too noisy to say.",
                count(Verdict::Holds),
                count(Verdict::DoesNotHold),
                count(Verdict::TooNoisy)
            ))
            .fact("samplecnn", env!("CARGO_PKG_VERSION"));
        let report = self.left_out.iter().cloned().fold(report, Report::summary);
        self.sections.iter().cloned().fold(report, Report::section)
    }
}

/// The name of a part's folder.
fn folder_of(part: &str) -> String {
    let stem = Path::new(part).file_stem().filter(|_| part.to_lowercase().ends_with(".json"));
    stem.map_or_else(|| part.to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// The options of the trainings.
fn single(options: &ExperimentOptions) -> Result<&TrainOptions> {
    let refused = |name: &str| {
        let message =
            format!("{name} belongs to one experiment: run that experiment by its name instead of {REPRODUCE}");
        Err(Error::new(Code::InvalidOption, message))
    };
    match &options.work {
        Work::Merge { .. } => refused("merge"),
        Work::Train(_) if options.only.is_some() => refused("only"),
        Work::Train(training) => Ok(training),
    }
}

fn refuse_others(out: &Path) -> Result<()> {
    if out.join(MARK).is_file() {
        return Ok(());
    }
    files::refuse_others(out, &FILES, REPRODUCE)
}
