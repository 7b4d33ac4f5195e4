//! Batches of segments. A reader thread fills the next batches while the engine works on the current one.

use std::ops::Range;
use std::sync::mpsc::{channel, sync_channel};

use engine::{HeldSegment, Holding, Segments, Targets};
use error::Result;
use net::Task;

use crate::part::{Features, PartData};

/// Segments and their labels.
pub(crate) struct Batch {
    input: Input,
    pub(crate) labels: Labels,
    /// Number of segments.
    pub(crate) count: usize,
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
    fn empty(task: Task, is_soft: bool, holding: Holding) -> Self {
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
        Self { input, labels, count: 0 }
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

    fn fill(&mut self, data: &PartData, segments: &[u32]) -> Result<()> {
        let of = |index: &u32| data.segments[*index as usize];
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
        Ok(())
    }
}

/// Passes the batches `range` of `data` to `work`, in order, in the form that `holding` selects; `segments_of` returns
/// the segments of a batch. Two batches are read ahead.
///
/// # Errors
/// Stops at the first error: that of `work`, or [`error::Code::Io`] if the cache cannot be read.
pub(crate) fn for_each_batch<'s>(
    data: &PartData,
    task: Task,
    holding: Holding,
    range: Range<usize>,
    segments_of: &(dyn Fn(usize) -> &'s [u32] + Sync),
    work: &mut dyn FnMut(usize, &Batch) -> Result<()>,
) -> Result<()> {
    let (full, ready) = sync_channel::<(usize, Result<Batch>)>(1);
    let (back, used) = channel::<Batch>();
    let is_soft = data.is_soft();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for index in range {
                let mut batch = used.try_recv().unwrap_or_else(|_| Batch::empty(task, is_soft, holding));
                let filled = batch.fill(data, segments_of(index)).map(|()| batch);
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
