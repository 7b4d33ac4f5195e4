//! Batches of segments. A reader thread fills the next batches while the engine works on the current one.

use std::ops::Range;
use std::sync::mpsc::{channel, sync_channel};

use engine::{HeldSegment, Holding, Segments, Targets};
use error::Result;
use net::Task;

use crate::augmentation::Augmentation;
use crate::part::{Features, PartData, Segment};

/// What is read into batches, and in which form.
#[derive(Clone, Copy)]
pub(crate) struct Feed<'a> {
    pub(crate) data: &'a PartData<'a>,
    /// The segments, by number.
    pub(crate) segments: &'a [Segment],
    pub(crate) task: Task,
    pub(crate) holding: Holding,
    /// The random changes of the segments; they need [`Holding::Samples`].
    pub(crate) changes: Option<Changes<'a>>,
}

/// The random changes of the segments of an epoch.
#[derive(Clone, Copy)]
pub(crate) struct Changes<'a> {
    pub(crate) augmentation: &'a Augmentation,
    /// The epoch, from 0.
    pub(crate) epoch: u64,
    /// Segments of each batch but the last.
    pub(crate) batch_size: usize,
}

/// Segments and their labels.
pub(crate) struct Batch {
    input: Input,
    pub(crate) labels: Labels,
    /// Number of segments.
    pub(crate) count: usize,
    /// Samples and targets before they are mixed; kept to be filled again.
    unmixed: (Vec<f32>, Vec<f32>),
}

/// Segments in one of the forms that a plan accepts.
enum Input {
    /// `[segments, length]`, or the features of the segments, if the part keeps them.
    Samples(Vec<f32>),
    /// `[segments, length]`.
    Pcm(Vec<i16>),
    /// `[segments]`.
    Held(Vec<HeldSegment>),
}

/// The labels of the segments of a batch.
pub(crate) enum Labels {
    /// `[segments, tags]`.
    Tags(Vec<f32>),
    /// `[segments]`.
    Classes(Vec<u32>),
    /// `[segments, tags]`, soft single-label targets.
    Distributions(Vec<f32>),
}

impl Batch {
    fn empty(feed: &Feed) -> Self {
        let Feed { data, task, holding, changes, .. } = feed;
        let is_soft = data.is_soft() || changes.is_some_and(|changes| changes.augmentation.mixes());
        let labels = match task {
            Task::MultiLabel => Labels::Tags(Vec::new()),
            Task::SingleLabel if is_soft => Labels::Distributions(Vec::new()),
            Task::SingleLabel => Labels::Classes(Vec::new()),
        };
        let input = match holding {
            Holding::Samples => Input::Samples(Vec::new()),
            Holding::Pcm => Input::Pcm(Vec::new()),
            Holding::Resident => Input::Held(Vec::new()),
        };
        Self { input, labels, count: 0, unmixed: Default::default() }
    }

    pub(crate) fn segments(&self) -> Segments<'_> {
        match &self.input {
            Input::Samples(samples) => Segments::Samples(samples),
            Input::Pcm(samples) => Segments::Pcm(samples),
            Input::Held(places) => Segments::Held(places),
        }
    }

    pub(crate) fn targets(&self) -> Targets<'_> {
        match &self.labels {
            Labels::Tags(tags) => Targets::Tags(tags),
            Labels::Classes(classes) => Targets::Classes(classes),
            Labels::Distributions(rows) => Targets::Distributions(rows),
        }
    }

    /// Reads the segments with the numbers `segments`, which are batch `index`.
    fn fill(&mut self, feed: &Feed, index: usize, segments: &[u32]) -> Result<()> {
        let data = feed.data;
        let of = |number: &u32| feed.segments[*number as usize];
        self.count = segments.len();
        match &mut self.input {
            Input::Samples(samples) if data.features().is_some() => {
                samples.clear();
                for &index in segments {
                    let Some(Features { width, values }) = data.features() else { continue };
                    samples.extend_from_slice(&values[index as usize * width..][..*width]);
                }
            }
            Input::Samples(samples) => {
                samples.resize(segments.len() * data.length, 0.0);
                let mut rows = samples.chunks_exact_mut(data.length).zip(segments);
                rows.try_for_each(|(to, index)| data.read(of(index), to))?;
            }
            Input::Pcm(samples) => {
                samples.resize(segments.len() * data.length, 0);
                let mut rows = samples.chunks_exact_mut(data.length).zip(segments);
                rows.try_for_each(|(to, index)| data.read_pcm(of(index), to))?;
            }
            Input::Held(places) => {
                places.clear();
                places.extend(segments.iter().map(|index| data.place(of(index))));
            }
        }
        match &mut self.labels {
            Labels::Tags(rows) | Labels::Distributions(rows) => {
                rows.clear();
                rows.resize(segments.len() * data.tags, 0.0);
            }
            Labels::Classes(classes) => classes.clear(),
        }
        for (row, index) in segments.iter().enumerate() {
            let segment = of(index);
            let clip = data.clips[segment.clip as usize].clip;
            match (&mut self.labels, &clip.soft) {
                (Labels::Tags(rows) | Labels::Distributions(rows), Some(soft)) => {
                    let number = segment.start as usize / data.length;
                    rows[row * data.tags..][..data.tags].copy_from_slice(soft.of_segment(number, data.tags));
                }
                (Labels::Tags(rows) | Labels::Distributions(rows), None) => {
                    clip.tags.iter().for_each(|&tag| rows[row * data.tags + tag as usize] = 1.0);
                }
                (Labels::Classes(classes), _) => classes.push(clip.tags.first().copied().unwrap_or(0)),
            }
        }
        if let Some(changes) = &feed.changes {
            self.change(changes, index, data.length, data.tags);
        }
        Ok(())
    }

    /// Changes the segments of batch `index` at random, then mixes them.
    fn change(&mut self, changes: &Changes, index: usize, length: usize, tags: usize) {
        let Changes { augmentation, epoch, batch_size } = *changes;
        let Input::Samples(samples) = &mut self.input else { return };
        let first = (index * batch_size) as u64;
        for (position, segment) in (first..).zip(samples.chunks_exact_mut(length)) {
            augmentation.apply(epoch, position, segment);
        }
        let (Labels::Tags(targets) | Labels::Distributions(targets)) = &mut self.labels else { return };
        if !augmentation.mixes() {
            return;
        }
        self.unmixed.0.clone_from(samples);
        self.unmixed.1.clone_from(targets);
        for row in 0..self.count {
            let Some(mixup) = augmentation.mixup(epoch, first + row as u64) else { continue };
            let other = mixup.other(row, self.count);
            let mix = |whole: &mut [f32], unmixed: &[f32], width: usize| {
                let others = &unmixed[other * width..][..width];
                for (value, other) in whole[row * width..][..width].iter_mut().zip(others) {
                    *value = mixup.share * *value + (1.0 - mixup.share) * other;
                }
            };
            mix(samples, &self.unmixed.0, length);
            mix(targets, &self.unmixed.1, tags);
        }
    }
}

/// Passes the batches `range` of `feed` to `work`, in order; `segments_of` returns the numbers of the segments of a
/// batch. Two batches are read ahead.
///
/// # Errors
/// Stops at the first error: that of `work`, or [`error::Code::Io`] if the cache cannot be read.
pub(crate) fn for_each_batch<'s>(
    feed: &Feed,
    range: Range<usize>,
    segments_of: &(dyn Fn(usize) -> &'s [u32] + Sync),
    work: &mut dyn FnMut(usize, &Batch) -> Result<()>,
) -> Result<()> {
    let (full, ready) = sync_channel::<(usize, Result<Batch>)>(1);
    let (back, used) = channel::<Batch>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for index in range {
                let mut batch = used.try_recv().unwrap_or_else(|_| Batch::empty(feed));
                let filled = batch.fill(feed, index, segments_of(index)).map(|()| batch);
                let failed = filled.is_err();
                if full.send((index, filled)).is_err() || failed {
                    break;
                }
            }
        });
        for (index, batch) in ready {
            let batch = batch?;
            work(index, &batch)?;
            // The reader may have finished; then the buffer is not needed.
            let _ = back.send(batch);
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests;
