//! Passes events and results of classifiers and evaluations on.

use std::collections::HashSet;

use error::Result;
use train::Event;

use super::run::Run;
use super::work::News;

/// Passes events and results of rows that are no trainings to the experiment.
pub(super) struct Teller<'a> {
    on_news: &'a mut dyn FnMut(News) -> Result<()>,
    warnings: HashSet<String>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(on_news: &'a mut dyn FnMut(News) -> Result<()>) -> Self {
        Self { on_news, warnings: HashSet::new() }
    }

    /// Passes the progress of the row `name` on, and each warning once: the rows share models and clips.
    pub(super) fn event(&mut self, name: &str, event: Event) {
        let passes = match &event {
            Event::Warning(warning) => self.warnings.insert(warning.message.clone()),
            event => matches!(event, Event::Progress(_)),
        };
        if passes {
            // An event cannot be refused while a row is computed; only a finished row is written.
            drop((self.on_news)(News::Event(name.to_owned(), event)));
        }
    }

    /// Passes the result of the row `id` on.
    ///
    /// # Errors
    /// Those of the experiment: the table cannot be written.
    pub(super) fn finished(&mut self, id: &str, run: Run) -> Result<()> {
        (self.on_news)(News::Finished(id.to_owned(), run))
    }
}
