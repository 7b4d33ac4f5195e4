//! `visualize`: an analysis with its figures, arrays and numbers in one folder.

mod excitations;
mod filters;
mod options;
mod output;
mod record;
mod timeline;
mod tsne;

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use error::Result;
use tagger::Loaded;
use train::{Event, Pace, Phase, Progress};

pub use options::{VisualizeKind, VisualizeOptions};
use output::Output;
pub use record::{
    BlockNumbers, ExcitationNumbers, FigureNumbers, FigureRecord, LevelNumbers, MapNumbers, ModelFilters,
    TimelineNumbers, VisualizeDone, VisualizeEvent,
};

/// What every analysis gets.
struct Job<'a> {
    options: &'a VisualizeOptions,
    model: &'a Loaded,
    output: Output,
    on_event: &'a mut dyn FnMut(VisualizeEvent),
    cancel: &'a AtomicBool,
}

/// Runs an analysis of the model file in the options, and writes figures (SVG and PNG), arrays (npy and CSV) and a JSON
/// file with the numbers into the folder `out`. The done event is also passed to `on_event`.
///
/// # Errors
/// [`error::Code::InvalidOption`] for invalid options, among them layers, levels and tags that do not exist and an
/// analysis that the model does not allow; those of [`Loaded::read`], of the dataset and of the engine;
/// [`error::Code::Output`] if `out` cannot be written or holds files of these names that `visualize` did not write;
/// [`error::Code::Aborted`] after `cancel`.
pub fn visualize(
    options: &VisualizeOptions,
    on_event: &mut dyn FnMut(VisualizeEvent),
    cancel: &AtomicBool,
) -> Result<VisualizeDone> {
    options.validate()?;
    let model = Loaded::read(&options.model)?;
    visualize_model(&model, options, on_event, cancel)
}

/// Like [`visualize`], with a model in memory; the model file in the options is not read.
///
/// # Errors
/// Those of [`visualize`], except those of reading the model.
pub fn visualize_model(
    model: &Loaded,
    options: &VisualizeOptions,
    on_event: &mut dyn FnMut(VisualizeEvent),
    cancel: &AtomicBool,
) -> Result<VisualizeDone> {
    let began = Instant::now();
    options.validate()?;
    let mut output = Output::claim(&options.out, options.kind.name(), options.force)?;
    output.fact("model", model_name(model.file.as_deref()));
    output.fact("modelHash", model.hash.clone());
    output.fact("seed", options.seed.to_string());
    if let Some(dataset) = &options.dataset {
        output.fact("dataset", dataset.kind());
        output.fact("part", options.part.unwrap_or_default().part().map_or("all", |part| part.as_str()));
    }
    let mut job = Job { options, model, output, on_event, cancel };
    let numbers = match options.kind {
        VisualizeKind::Filters => filters::run(&mut job)?,
        VisualizeKind::Tsne => tsne::run(&mut job)?,
        VisualizeKind::Excitations => excitations::run(&mut job)?,
        VisualizeKind::Timeline => timeline::run(&mut job)?,
    };
    let file = job.output.numbers(options, &numbers)?;
    let done = VisualizeDone {
        kind: options.kind,
        out: job.output.folder().to_owned(),
        file,
        arrays: job.output.arrays,
        seconds: began.elapsed().as_secs_f64(),
    };
    on_event(VisualizeEvent::Done(done.clone()));
    Ok(done)
}

impl Job<'_> {
    /// Writes the figure `name` and reports it.
    fn figure(&mut self, name: &str, figure: charts::Figure, numbers: &FigureNumbers) -> Result<()> {
        let files = self.output.figure(name, figure)?;
        self.report(name, files, numbers);
        Ok(())
    }

    /// Reports a figure that is written.
    fn report(&mut self, name: &str, files: Vec<std::path::PathBuf>, numbers: &FigureNumbers) {
        let record = FigureRecord { name: name.to_owned(), files, numbers: numbers.clone() };
        (self.on_event)(VisualizeEvent::Figure(record));
    }
}

/// A callback that reports the progress of an analysis, a few times per second.
fn progress<'a>(on_event: &'a mut dyn FnMut(VisualizeEvent)) -> impl FnMut(usize, usize) + 'a {
    let mut pace = Pace::new();
    move |done, total| {
        if pace.is_due() {
            let progress = Progress::of(Phase::Visualize, done, total, pace.seconds());
            on_event(VisualizeEvent::Training(Event::Progress(progress)));
        }
    }
}

/// The name of a model in figures: the name of its file or, for `best.safetensors`, of its run folder.
fn model_name(file: Option<&Path>) -> String {
    let Some(file) = file else { return "model in memory".to_owned() };
    let stem = file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match file.parent().and_then(Path::file_name) {
        Some(folder) if stem == "best" => folder.to_string_lossy().into_owned(),
        _ => stem,
    }
}
