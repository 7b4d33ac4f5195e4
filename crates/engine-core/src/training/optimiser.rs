//! The optimiser of a training plan: its rule, its state, and updates that use several batches.

use error::Result;

use super::{fits, Training};
use crate::backend::Vector;
use crate::loss_terms::LossTerms;
use crate::optimiser::{OptimiserState, Share, UpdateRule};
use crate::segments::Segments;
use crate::targets::Targets;
use crate::update::Update;

impl Training {
    /// Uses `rule` for all updates from now on, and allocates the memory that it needs. The state of the optimiser
    /// stays; [`Training::load`] resets it. A plan begins with Nesterov SGD.
    ///
    /// Errors: [`error::Code::InvalidOption`] for a largest norm that is not above 0; too little memory as in
    /// [`Training::new`].
    pub fn use_rule(&mut self, rule: UpdateRule) -> Result<()> {
        rule.check()?;
        self.advised(|backend| backend.prepare(rule))?;
        self.rule = rule;
        Ok(())
    }

    /// Uses `terms` for the losses of all steps from now on; `None` for the plain loss. Numbers out of their bounds are
    /// [`error::Code::InvalidOption`].
    pub fn weigh(&mut self, terms: Option<&LossTerms>) -> Result<()> {
        if let Some(terms) = terms {
            terms.check(self.tape.tags)?;
        }
        self.advised(|backend| backend.weigh(terms))
    }

    /// Queues one of several batches whose gradients make one update, as [`Training::queue`] does for a whole update.
    /// `update` belongs to the last of them. The update equals that of one batch with all their segments, except that
    /// every norm uses the statistics of its own batch. [`Training::use_rule`] must have said that updates accumulate.
    pub fn queue_share<'a>(
        &mut self,
        segments: impl Into<Segments<'a>>,
        targets: Targets,
        share: Share,
        update: Option<&Update>,
        dropout: Option<(u64, u64)>,
    ) -> Result<()> {
        self.queue_step(segments.into(), targets, update, Some(share), dropout)
    }

    /// Returns the state of the optimiser. This can fail only on a GPU.
    pub fn optimiser_state(&self) -> Result<OptimiserState> {
        let read = |vector, needed: bool| if needed { self.backend.read(vector) } else { Ok(Vec::new()) };
        Ok(OptimiserState {
            velocity: self.velocity()?,
            squares: read(Vector::Squares, self.rule.optimiser.keeps_squares())?,
            accumulated: read(Vector::Accumulated, self.is_between)?,
            updates: self.updates,
        })
    }

    /// Continues with the state of the optimiser of another plan with the same network and rule. Wrong sizes are
    /// [`error::Code::CheckpointMismatch`].
    pub fn load_optimiser_state(&mut self, state: &OptimiserState) -> Result<()> {
        let expected = self.tape.layout.trainable;
        self.load_velocity(&state.velocity)?;
        if self.rule.optimiser.keeps_squares() {
            fits("squared gradients", state.squares.len(), expected)?;
            self.advised(|backend| backend.write(Vector::Squares, &state.squares))?;
        }
        self.is_between = !state.accumulated.is_empty();
        if self.is_between {
            fits("accumulated gradients", state.accumulated.len(), expected)?;
            self.advised(|backend| backend.write(Vector::Accumulated, &state.accumulated))?;
        }
        self.updates = state.updates;
        Ok(())
    }

    /// Resets the state of the optimiser to zero.
    pub(super) fn forget(&mut self) -> Result<()> {
        let zeros = vec![0.0; self.tape.layout.trainable];
        let squares = self.rule.optimiser.keeps_squares();
        self.advised(|backend| {
            backend.write(Vector::Velocity, &zeros)?;
            if squares {
                backend.write(Vector::Squares, &zeros)?;
            }
            Ok(())
        })?;
        (self.updates, self.is_between) = (0, false);
        Ok(())
    }
}
