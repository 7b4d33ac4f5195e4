//! Groups of clips that are joined pair by pair.

use std::collections::BTreeMap;

/// A partition of clips into groups. The root of a group is its smallest clip, so that the order in which pairs are
/// joined does not matter.
pub(crate) struct Unions(Vec<usize>);

impl Unions {
    /// Every clip in a group of its own.
    pub(crate) fn new(clips: usize) -> Self {
        Self((0..clips).collect())
    }

    fn root(&mut self, mut clip: usize) -> usize {
        while self.0[clip] != clip {
            self.0[clip] = self.0[self.0[clip]];
            clip = self.0[clip];
        }
        clip
    }

    /// Joins the groups of two clips.
    pub(crate) fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }

    /// Joins the groups of all `members`.
    pub(crate) fn join_all(&mut self, members: &[usize]) {
        members.windows(2).for_each(|pair| self.join(pair[0], pair[1]));
    }

    /// The first clip of the group of each clip.
    pub(crate) fn firsts(mut self) -> Vec<usize> {
        (0..self.0.len()).map(|clip| self.root(clip)).collect()
    }

    /// The groups of at least two clips, by their first clips; the clips of each group ascending.
    pub(crate) fn groups(mut self) -> Vec<Vec<usize>> {
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for clip in 0..self.0.len() {
            groups.entry(self.root(clip)).or_default().push(clip);
        }
        groups.into_values().filter(|group| group.len() > 1).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_become_one_group_in_any_order() {
        for pairs in [[(0, 5), (5, 2), (3, 4)], [(3, 4), (2, 5), (5, 0)]] {
            let mut unions = Unions::new(7);
            pairs.iter().for_each(|&(a, b)| unions.join(a, b));
            assert_eq!(unions.groups(), [vec![0, 2, 5], vec![3, 4]]);
        }
    }
}
