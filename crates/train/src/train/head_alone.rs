//! Training the head alone: what the frozen part computes for the training segments is kept in memory.

use std::sync::atomic::Ordering;

use engine::{Holding, Training};
use error::{Error, Result};

use super::reporter::Reporter;
use super::settled_run::{prepare, Run};
use crate::batch::{for_each_batch, Feed};
use crate::event::{Event, Pace, Phase, Progress};
use crate::options::TrainOptions;
use crate::part::Features;
use crate::sampler::EpochOrder;

impl Run<'_> {
    /// If `training` trains only the head, and what the rest computes for a segment is always the same: computes that
    /// once for every training segment, keeps it with the training part, and returns the plan of the head, at the same
    /// state. Its steps have the same results. `None` if `training` trains more, if the memory does not suffice, and on
    /// a GPU.
    pub(super) fn head_alone(
        &self,
        training: &mut Training,
        phase: usize,
        reporter: &mut Reporter,
    ) -> Result<Option<Training>> {
        let data = &self.parts.train;
        let (size, total) = (self.config.options.batch_size, data.segments.len());
        let TrainOptions { random_crops, augment, .. } = &self.config.options;
        if random_crops.is_some() || !augment.is_empty() {
            // The segments of every epoch are others.
            return Ok(None);
        }
        let (Some(width), Some(mut values)) = (training.feature_count(), training.room_for_features(total)) else {
            return Ok(None);
        };
        let order = EpochOrder::in_order(total, size);
        let mut pace = Pace::new();
        let feed =
            Feed { data, segments: &data.segments, task: self.config.task, holding: Holding::Samples, changes: None };
        for_each_batch(&feed, 0..order.batches(), &|index| order.batch(index), &mut |_, batch| {
            if self.cancel.load(Ordering::Relaxed) {
                return Err(Error::aborted());
            }
            values.extend(training.features(batch.segments())?.into_iter().flatten());
            let done = values.len() / width.max(1);
            if pace.is_due() || done == total {
                let seconds = pace.seconds();
                (reporter.on_event)(Event::Progress(Progress::of(Phase::Features, done, total, seconds)));
            }
            Ok(())
        })?;
        let Some(mut head) = training.head(&self.config.architecture, self.config.task, &self.engine)? else {
            return Ok(None);
        };
        prepare(&mut head, self.config, self.plan)?;
        head.use_rule(self.plan.phase(phase).rule)?;
        head.load(&training.parameters()?)?;
        head.load_optimiser_state(&training.optimiser_state()?)?;
        data.keep_features(Features { width, values });
        Ok(Some(head))
    }
}
