//! Training only the head: the features of a segment are computed once, and the head is trained on them.

use error::Result;
use net::{Architecture, Task};

use super::Training;
use crate::backend::{Backends, Step};
use crate::memory;
use crate::segments::Segments;
use crate::targets::Targets;

impl Training {
    /// The number of features of a segment, if everything before the head is frozen and computes the same for a segment
    /// in every step. `None` otherwise, and on a device that does not return features (a GPU).
    pub fn feature_count(&self) -> Option<usize> {
        if !self.backend.returns_maps() {
            return None;
        }
        let features = &self.tape.maps[self.tape.features()?];
        Some(features.length * features.channels)
    }

    /// An empty buffer for the features of `segments` segments; `None` if they have no features, or if the memory does
    /// not suffice.
    pub fn room_for_features(&self, segments: usize) -> Option<Vec<f32>> {
        let count = segments.checked_mul(self.feature_count()?)?;
        memory::check_fixed("features", count as u128 * size_of::<f32>() as u128).ok()?;
        let mut room = Vec::new();
        room.try_reserve_exact(count).ok()?;
        Some(room)
    }

    /// Computes the features of at most `batch` segments, `[n, features]`: the values that the head reads. `None` if
    /// there is no [`Training::feature_count`].
    pub fn features<'a>(&mut self, segments: impl Into<Segments<'a>>) -> Result<Option<Vec<f32>>> {
        let segments = segments.into();
        let (Some(map), Some(_)) = (self.tape.features(), self.feature_count()) else { return Ok(None) };
        let batch = self.count(&segments)?;
        // The operations that compute the features read no targets.
        let zeros = vec![0.0; batch * self.tape.tags];
        let targets = Targets::LogitGradient(&zeros);
        let step = Step { batch, targets, update: None, share: None, dropout: None, input_gradient: false };
        let Self { backend, tape, front_end, .. } = self;
        let mut work = || {
            backend.upload(front_end.apply(segments)?, &step)?;
            backend.feed(&step)?;
            tape.operations[..tape.frozen].iter().try_for_each(|&operation| backend.forward(operation, &step))?;
            backend.map_values(map, batch).map(Some)
        };
        work().map_err(|error| backend.explain(error))
    }

    /// Compiles the head of this plan alone, for batches of the same size: its segments are features, as
    /// [`Training::features`] returns them. It has all parameters and statistics, and changes those of the head. `None`
    /// if the head cannot be trained alone.
    pub fn head(&self, architecture: &Architecture, task: Task, backends: &impl Backends) -> Result<Option<Self>> {
        let Some(head) = self.tape.head() else { return Ok(None) };
        Self::compile(architecture, head, task, self.batch, backends, false).map(Some)
    }
}
