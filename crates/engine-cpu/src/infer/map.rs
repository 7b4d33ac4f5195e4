//! Activations: their places in the arena, and the memory that they need.

use crate::kernels::simd::PANEL;

/// An activation `[batch, length, channels]`, channels last, with rows of zeros before and after every segment, so that
/// a convolution needs no special case at the edges. Channels are padded with zeros to whole panels; a waveform has one
/// channel without padding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Map {
    /// The offset of the first float in the arena, set by [`Maps::place`].
    pub(crate) offset: usize,
    /// The number of floats in a row.
    pub(crate) width: usize,
    /// The number of rows that hold data.
    pub(crate) length: usize,
    /// The number of rows of zeros before the data.
    pub(crate) front: usize,
    /// The number of rows of zeros after the data.
    pub(crate) back: usize,
    /// Whether all values are at least 0.
    pub(crate) nonnegative: bool,
    /// The step that writes it, and the last step that reads it.
    life: [usize; 2],
}

/// The index of a [`Map`] in [`Maps`].
pub(crate) type MapId = usize;

impl Map {
    /// The number of floats in one segment.
    pub(crate) fn segment(&self) -> usize {
        (self.front + self.length + self.back) * self.width
    }

    /// The offset of position `time` of segment `n`; `time` may lie in the rows of zeros.
    pub(crate) fn at(&self, n: usize, time: isize) -> usize {
        let row = self.front as isize + time;
        assert!((0..=(self.front + self.length + self.back) as isize).contains(&row), "row {row} of {self:?}");
        self.offset + n * self.segment() + row as usize * self.width
    }
}

/// The activations of a plan.
#[derive(Clone, Default)]
pub(crate) struct Maps {
    pub(crate) maps: Vec<Map>,
}

impl Maps {
    /// Adds an activation of `channels` channels that `step` writes.
    pub(crate) fn add(&mut self, step: usize, channels: usize, length: usize) -> MapId {
        self.add_rows(step, channels.next_multiple_of(PANEL), length)
    }

    /// Adds an activation with rows of `width` floats that `step` writes.
    pub(crate) fn add_rows(&mut self, step: usize, width: usize, length: usize) -> MapId {
        self.maps.push(Map { offset: 0, width, length, front: 0, back: 0, nonnegative: false, life: [step, step] });
        self.maps.len() - 1
    }

    /// Records that `step` reads positions `first..=last` of `map`.
    pub(crate) fn read(&mut self, map: MapId, step: usize, first: isize, last: isize) {
        let map = &mut self.maps[map];
        map.life[1] = map.life[1].max(step);
        map.front = map.front.max(usize::try_from(-first).unwrap_or(0));
        map.back = map.back.max(usize::try_from(last + 1 - map.length as isize).unwrap_or(0));
    }

    /// The number of floats of the largest activation of `batch` segments: a lower bound of what [`Maps::place`] needs.
    pub(crate) fn largest(&self, batch: usize) -> u128 {
        let largest = self.maps.iter().map(|map| map.segment() as u128).max().unwrap_or(0);
        largest.saturating_mul(batch as u128)
    }

    /// Sets the place of every activation for `batch` segments and returns the total number of floats. Activations that
    /// are never alive at the same time share memory.
    pub(crate) fn place(&mut self, batch: usize) -> usize {
        let mut total = 0;
        for index in 0..self.maps.len() {
            let (done, rest) = self.maps.split_at_mut(index);
            let map = &mut rest[0];
            let size = |m: &Map| (m.segment() * batch).next_multiple_of(16);
            let mut taken: Vec<[usize; 2]> = done
                .iter()
                .filter(|m| m.life[1] >= map.life[0] && m.life[0] <= map.life[1])
                .map(|m| [m.offset, m.offset + size(m)])
                .collect();
            taken.sort_unstable();
            let mut offset = 0;
            for [from, to] in taken {
                if offset + size(map) <= from {
                    break;
                }
                offset = offset.max(to);
            }
            map.offset = offset;
            total = total.max(offset + size(map));
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activations_that_live_together_lie_apart() {
        let mut maps = Maps::default();
        let sizes = [(1, 700), (64, 30), (7, 90), (128, 10), (64, 30), (33, 1)];
        for (step, &(channels, length)) in sizes.iter().enumerate() {
            let id = maps.add(step, channels, length);
            maps.read(id, (step + 1 + id % 2).min(sizes.len()), -1, length as isize + 1);
        }
        let total = maps.place(3);
        for (i, a) in maps.maps.iter().enumerate() {
            assert_eq!((a.front, a.back), (1, 2));
            assert!(a.offset + 3 * a.segment() <= total);
            for b in &maps.maps[i + 1..] {
                let together = a.life[1] >= b.life[0];
                let apart = a.offset + 3 * a.segment() <= b.offset || b.offset + 3 * b.segment() <= a.offset;
                assert!(!together || apart, "{a:?} {b:?}");
            }
        }
        assert!(total < maps.maps.iter().map(|m| 3 * m.segment()).sum(), "dead activations give their memory back");
    }
}
