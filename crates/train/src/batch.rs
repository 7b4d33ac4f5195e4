//! Batches, read ahead in a thread of their own while the engine works on the one before.

use std::ops::Range;
use std::sync::mpsc::{channel, sync_channel};

use engine::Targets;
use error::Result;
use net::Task;

use crate::part::PartData;

/// Segments and what they should be called.
pub(crate) struct Batch {
    /// `[segments, length]`.
    pub(crate) input: Vec<f32>,
    pub(crate) labels: Labels,
}

/// What the segments of a batch should be called.
pub(crate) enum Labels {
    /// `[segments, tags]`.
    Tags(Vec<f32>),
    /// `[segments]`.
    Classes(Vec<u32>),
}

impl Batch {
    fn empty(task: Task) -> Self {
        let labels = match task {
            Task::MultiLabel => Labels::Tags(Vec::new()),
            Task::SingleLabel => Labels::Classes(Vec::new()),
        };
        Self { input: Vec::new(), labels }
    }

    pub(crate) fn targets(&self) -> Targets<'_> {
        match &self.labels {
            Labels::Tags(tags) => Targets::Tags(tags),
            Labels::Classes(classes) => Targets::Classes(classes),
        }
    }

    fn fill(&mut self, data: &PartData, segments: &[u32]) {
        self.input.resize(segments.len() * data.length, 0.0);
        match &mut self.labels {
            Labels::Tags(tags) => {
                tags.clear();
                tags.resize(segments.len() * data.tags, 0.0);
            }
            Labels::Classes(classes) => classes.clear(),
        }
        for (row, &index) in segments.iter().enumerate() {
            let segment = data.segments[index as usize];
            data.read(segment, &mut self.input[row * data.length..][..data.length]);
            let own = &data.clips[segment.clip as usize].clip.tags;
            match &mut self.labels {
                Labels::Tags(tags) => own.iter().for_each(|&tag| tags[row * data.tags + tag as usize] = 1.0),
                Labels::Classes(classes) => classes.push(own.first().copied().unwrap_or(0)),
            }
        }
    }
}

/// Hands the batches `range` of `data` to `work`, in order; `segments_of` tells the segments of a batch. Two batches are read
/// ahead. Stops at the first error.
pub(crate) fn for_each_batch<'s>(
    data: &PartData,
    task: Task,
    range: Range<usize>,
    segments_of: &(dyn Fn(usize) -> &'s [u32] + Sync),
    work: &mut dyn FnMut(usize, &Batch) -> Result<()>,
) -> Result<()> {
    let (full, ready) = sync_channel::<(usize, Batch)>(1);
    let (back, used) = channel::<Batch>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for index in range {
                let mut batch = used.try_recv().unwrap_or_else(|_| Batch::empty(task));
                batch.fill(data, segments_of(index));
                if full.send((index, batch)).is_err() {
                    break;
                }
            }
        });
        for (index, batch) in ready {
            work(index, &batch)?;
            // The reader may be through; then nobody needs the buffer.
            let _ = back.send(batch);
        }
        Ok(())
    })
}
