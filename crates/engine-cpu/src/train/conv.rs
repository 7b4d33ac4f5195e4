//! The order of a convolution's work: weights, products and norm in the forward pass, and the backward pass.

mod backward;
mod forward;
mod gathered;
mod moments;
mod norm;
pub(super) mod wave;
mod weights;
pub(super) mod winograd;

use engine_core::backend::Step;
use engine_core::tape::{Consumer, ConvId};
use error::Result;

use super::partition::{channel_items, Block};
use super::state::{measured, Conv};
use super::work::{self, PairWork};
use super::CpuTraining;

/// The number of elements of scratch memory that a convolution takes, in the forward or backward pass.
pub(super) fn scratch(conv: &Conv) -> usize {
    let of = |block: &Block| match conv.winograd {
        Some(size) => {
            let shape = (size.outputs(), size.points());
            let forward = measured(|from| winograd::ForwardTaken::of(from, conv, (block, block.segments), shape));
            forward.max(measured(|from| winograd::BackwardTaken::of(from, conv, (block, block.segments), shape)))
        }
        None => {
            let forward = measured(|from| forward::Direct::of(from, conv, block, block.segments, conv.spec.to));
            forward.max(measured(|from| backward::Direct::of(from, conv, block, block.segments)))
        }
    };
    let gathered = measured(|from| gathered::points(from, conv));
    conv.blocks.blocks.iter().map(of).max().unwrap_or(0).max(gathered)
}

impl CpuTraining {
    /// Runs work with products of the format of the convolution.
    fn run_products<W: PairWork>(&self, conv: &Conv, items: usize, work: &W) -> Result<()> {
        if conv.per_word == 1 {
            return self.run(items, work);
        }
        // SAFETY: only plans whose processor has the instructions have such convolutions; operations run one after the
        // other.
        unsafe { work::run_pairs(&self.pool, &self.state.clock, items, work) }
    }

    pub(super) fn conv_forward(&self, id: ConvId, step: &Step) -> Result<()> {
        let (state, batch, dropout) = (&self.state, step.batch, step.dropout.is_some());
        let conv = &state.convs[id];
        let fold = weights::Fold { state, conv };
        fold.signs();
        self.run_products(conv, fold.items(), &fold)?;
        if let Some(wave) = conv.wave {
            self.run(batch, &wave::Frames { state, conv, wave })?;
            self.run(channel_items(conv.spec.to), &norm::Statistics { state, conv, batch })?;
            return self.run(channel_items(conv.spec.to), &wave::Scale { state, conv, wave });
        }
        let forward = forward::Forward { state, conv, batch, dropout };
        self.run_products(conv, forward.items(), &forward)?;
        self.run(channel_items(conv.spec.to), &norm::Statistics { state, conv, batch })?;
        if let Some(norm) = &conv.spec.norm {
            let first = forward::FirstOfWindow { state, conv, gamma: norm.gamma };
            if first.is_needed() {
                self.run(batch, &first)?;
            }
        }
        Ok(())
    }

    pub(super) fn conv_backward(&self, id: ConvId, step: &Step) -> Result<()> {
        let (state, batch) = (&self.state, step.batch);
        let conv = &state.convs[id];
        if let Some(wave) = conv.wave {
            if step.input_gradient {
                let blocks = state.convs[wave.reader].blocks.blocks.len();
                self.run(blocks, &wave::StoredSums { state, conv, wave, batch })?;
            }
        } else if matches!(conv.spec.consumer, Consumer::Map(_)) {
            self.run(conv.blocks.blocks.len(), &norm::Sums { state, conv, batch })?;
        }
        self.run(channel_items(conv.spec.to), &norm::BackwardCoefficients { state, conv, batch })?;
        let (dropout, input_gradient) = (step.dropout.is_some(), step.input_gradient);
        if let Some(wave) = conv.wave {
            self.run(channel_items(conv.spec.to), &wave::WaveWeights { state, conv, wave, batch })?;
            if !input_gradient {
                return Ok(());
            }
        }
        let backward = backward::Backward { state, conv, batch, dropout, input_gradient };
        self.run_products(conv, backward.items(), &backward)?;
        if conv.wave.is_some() {
            return Ok(());
        }
        let gathered = gathered::Gathered { state, conv, batch };
        self.run(gathered.items(), &gathered)
    }
}
