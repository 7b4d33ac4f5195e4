//! The training of one classifier.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::time::Instant;

use candle_core::{DType, Device, Tensor};
use engine::Purpose;
use error::{Code, Error, Result};
use train::dataset::Part;
use train::permutation::permutation;

use super::classifier::{Classifier, Header, CHUNK};
use super::compute::{coded, Compute};
use super::early_stop::EarlyStop;
use super::examples::Examples;
use super::loss::BatchTargets;
use super::network::Network;
use super::protocol::{HiddenNorm, Protocol};
use super::standardisation::Standardisation;
use super::update::Updater;

/// The state after an epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FitEpoch {
    /// Number of the epoch, from 1.
    pub epoch: usize,
    /// Number of the stage, from 1: a stage has one learning rate.
    pub stage: usize,
    /// Learning rate of the epoch, before decay.
    pub learning_rate: f64,
    /// Mean loss over the training clips, each measured before the update that uses it.
    pub train_loss: f64,
    /// Mean loss over the validation clips.
    pub valid_loss: f64,
    /// Whether the validation loss is the lowest so far.
    pub best: bool,
    /// Duration of the epoch in seconds, including validation.
    pub seconds: f64,
}

/// A moment of a training.
pub(super) enum Moment {
    /// An epoch has ended.
    Epoch(FitEpoch),
    /// A step is done.
    Step(FitStep),
}

/// The state after a step.
pub(super) struct FitStep {
    /// Number of the epoch, from 1.
    pub(super) epoch: usize,
    /// Steps of the epoch so far.
    pub(super) done: usize,
    /// Steps of an epoch.
    pub(super) total: usize,
    /// Mean loss of the epoch so far.
    pub(super) loss: f64,
}

/// A trained classifier.
pub struct Fitted {
    /// The classifier of the epoch with the lowest validation loss.
    pub classifier: Classifier,
    /// Number of epochs trained.
    pub epochs: usize,
    /// The epoch of the classifier, from 1.
    pub best_epoch: usize,
    /// The validation loss of the classifier.
    pub valid_loss: f64,
}

/// Trains a classifier on the training clips of `examples`. The same examples, protocol, seed and number of threads
/// give the same bits.
///
/// # Errors
/// Those of [`Protocol::validate`] and [`Examples::validate`]; [`Code::Diverged`] for a loss that is not finite;
/// [`Code::CudaOutOfMemory`]; [`Code::Aborted`] after `cancel`.
pub fn fit(
    examples: &Examples,
    protocol: &Protocol,
    seed: u64,
    compute: &Compute,
    on_epoch: &mut dyn FnMut(FitEpoch),
    cancel: &AtomicBool,
) -> Result<Fitted> {
    let mut receive = |moment| {
        if let Moment::Epoch(epoch) = moment {
            on_epoch(epoch);
        }
    };
    let work = |sender: &Sender<Moment>| fit_here(examples, protocol, seed, &compute.device, sender, cancel);
    compute.run(work, &mut receive)
}

/// As [`fit`], on the current threads; tells `sender` of steps too.
pub(super) fn fit_here(
    examples: &Examples,
    protocol: &Protocol,
    seed: u64,
    device: &Device,
    sender: &Sender<Moment>,
    cancel: &AtomicBool,
) -> Result<Fitted> {
    // Nobody listening is no reason to stop.
    let tell = |moment| drop(sender.send(moment));
    protocol.validate()?;
    examples.validate()?;
    let (train, valid) = (examples.rows(Part::Train), examples.rows(Part::Valid));
    let batches = batches(train.len(), protocol);
    let standardisation = Standardisation::new(protocol.standardise, examples, &train);
    let network = Network::new(protocol, examples.width, examples.tags.len(), seed, DType::F32, device);
    let network = network.map_err(coded)?;
    let vars = network.trainable_tensors().iter().map(|named| named.var.clone()).collect();
    let mut updater = Updater::new(protocol.optimiser, vars).map_err(coded)?;
    let mut stop = EarlyStop::new(protocol);
    let mut best = Vec::new();
    let mut step = 0u64;
    let diverged = |epoch: usize, which: &str| {
        let message = format!(
            "the {which} loss of epoch {epoch} is not finite (seed {seed}): use a lower learningRate, or standardise \
             the features"
        );
        Error::new(Code::Diverged, message)
    };
    while !stop.is_over() {
        let started = Instant::now();
        let (epoch, rate, stage) = (stop.epoch + 1, stop.rate, stop.stage);
        let order = permutation(seed, Purpose::Shuffle, epoch as u64, train.len());
        let (mut sum, mut seen) = (0.0, 0);
        for (number, range) in batches.iter().enumerate() {
            if cancel.load(Ordering::Relaxed) {
                return Err(Error::aborted());
            }
            let rows: Vec<usize> = order[range.clone()].iter().map(|&place| train[place as usize]).collect();
            let (features, targets) = batch(examples, &standardisation, &rows, device).map_err(coded)?;
            let logits = network.train(&features, step).map_err(coded)?;
            let loss = targets.loss(&logits).map_err(coded)?;
            let value = scalar(&loss)?;
            if !value.is_finite() {
                return Err(diverged(epoch, "training"));
            }
            let gradients = loss.backward().map_err(coded)?;
            updater.step(&gradients, rate / (1.0 + protocol.decay * step as f64)).map_err(coded)?;
            step += 1;
            sum += value * rows.len() as f64;
            seen += rows.len();
            let (done, total, loss) = (number + 1, batches.len(), sum / seen as f64);
            tell(Moment::Step(FitStep { epoch, done, total, loss }));
        }
        let valid_loss = mean_loss(&network, examples, &standardisation, &valid, device)?;
        if !valid_loss.is_finite() {
            return Err(diverged(epoch, "validation"));
        }
        let is_best = stop.record(valid_loss);
        if is_best {
            best = network.snapshot().map_err(coded)?;
        }
        tell(Moment::Epoch(FitEpoch {
            epoch,
            stage,
            learning_rate: rate,
            train_loss: sum / seen.max(1) as f64,
            valid_loss,
            best: is_best,
            seconds: started.elapsed().as_secs_f64(),
        }));
    }
    network.restore(&best).map_err(coded)?;
    let header = Header {
        format: 1,
        width: examples.width,
        tags: examples.tags.clone(),
        task: examples.task,
        protocol: protocol.clone(),
        seed,
        model_hash: None,
        levels: None,
    };
    let classifier = Classifier::new(header, standardisation, network);
    Ok(Fitted { classifier, epochs: stop.epoch, best_epoch: stop.best_epoch, valid_loss: stop.best_loss })
}

/// The ranges of the batches of an epoch of `count` clips. With batch normalisation a last batch of one clip, whose
/// variance is 0, joins the batch before.
pub(super) fn batches(count: usize, protocol: &Protocol) -> Vec<std::ops::Range<usize>> {
    let size = protocol.batch_size;
    let mut ranges: Vec<_> = (0..count).step_by(size).map(|first| first..(first + size).min(count)).collect();
    if protocol.norm == HiddenNorm::Batch && ranges.len() > 1 && ranges.last().is_some_and(|last| last.len() == 1) {
        ranges.pop();
        if let Some(last) = ranges.last_mut() {
            last.end = count;
        }
    }
    ranges
}

/// The standardised features `[rows, width]` and the targets of `rows`.
fn batch(
    examples: &Examples,
    standardisation: &Standardisation,
    rows: &[usize],
    device: &Device,
) -> candle_core::Result<(Tensor, BatchTargets)> {
    let width = examples.width;
    let mut values = Vec::with_capacity(rows.len() * width);
    for &row in rows {
        standardisation.append(&examples.features[row * width..(row + 1) * width], &mut values);
    }
    let features = Tensor::from_vec(values, (rows.len(), width), device)?;
    let targets = BatchTargets::new(examples.task, &examples.targets_of(rows), examples.tags.len(), &features)?;
    Ok((features, targets))
}

/// The mean loss over `rows`, in evaluation mode.
fn mean_loss(
    network: &Network,
    examples: &Examples,
    standardisation: &Standardisation,
    rows: &[usize],
    device: &Device,
) -> Result<f64> {
    let mut sum = 0.0;
    for chunk in rows.chunks(CHUNK) {
        let (features, targets) = batch(examples, standardisation, chunk, device).map_err(coded)?;
        let loss = network.predict(&features).and_then(|logits| targets.loss(&logits)).map_err(coded)?;
        sum += scalar(&loss)? * chunk.len() as f64;
    }
    Ok(sum / rows.len() as f64)
}

fn scalar(loss: &Tensor) -> Result<f64> {
    loss.to_dtype(DType::F64).and_then(|loss| loss.to_scalar::<f64>()).map_err(coded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::ProtocolName;

    #[test]
    fn a_norm_never_sees_a_batch_of_one_clip() {
        let plain = Protocol { batch_size: 4, ..Protocol::named(ProtocolName::Adam) };
        let normed = Protocol { norm: HiddenNorm::Batch, ..plain.clone() };
        assert_eq!(batches(9, &plain), [0..4, 4..8, 8..9]);
        assert_eq!(batches(9, &normed), [0..4, 4..9]);
        assert_eq!(batches(10, &normed), [0..4, 4..8, 8..10]);
        assert_eq!(batches(1, &normed).len(), 1);
    }
}
