//! The tags of a library, and which of them can be learnt.

use net::Task;

use super::event::LearnTag;
use super::songs::{targets, LearnSong};
use super::verdict::TagSongs;

/// The tags of a library in the order of their code points, as in every training.
pub(super) struct TagList {
    pub(super) names: Vec<String>,
    /// The songs of each of them.
    pub(super) songs: Vec<TagSongs>,
    /// Their positions in the tags of the library.
    order: Vec<usize>,
    /// The verdicts about classes of a single-label task that were tested and are withheld.
    withheld: Vec<LearnTag>,
}

impl TagList {
    /// The tags `names` of a library with the songs `songs` of the groups `groups`.
    pub(super) fn of(songs: &[LearnSong], names: &[String], groups: &[usize]) -> Self {
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by(|&one, &other| names[one].cmp(&names[other]));
        let all = targets(songs, &order);
        Self {
            names: order.iter().map(|&tag| names[tag].clone()).collect(),
            songs: (0..order.len()).map(|tag| TagSongs::of(tag, &all, order.len(), groups)).collect(),
            order,
            withheld: Vec::new(),
        }
    }

    /// The tags that can be learnt: positions in the list.
    pub(super) fn learnt(&self) -> Vec<usize> {
        (0..self.names.len()).filter(|&tag| self.objection(tag).is_none()).collect()
    }

    /// Why the tag at a position cannot be learnt; `None` if it can.
    fn objection(&self, tag: usize) -> Option<String> {
        let tested = self.withheld.iter().find(|withheld| withheld.tag == self.names[tag]);
        tested.map_or_else(|| self.songs[tag].objection(), |withheld| withheld.reason.clone())
    }

    /// `[songs, tags]` for the tags at the positions `tags` of the list.
    pub(super) fn targets(&self, songs: &[LearnSong], tags: &[usize]) -> Vec<bool> {
        targets(songs, &tags.iter().map(|&tag| self.order[tag]).collect::<Vec<_>>())
    }

    /// Why a song of a single-label task is not learnt from: it has several tags, or one that is withheld. `None` if it
    /// is.
    pub(super) fn unusable(&self, song: &LearnSong) -> Option<String> {
        let [tag] = song.tags[..] else {
            return Some(format!("it has {} tags, and a song of a single-label task has one", song.tags.len()));
        };
        let place = self.order.iter().position(|&of| of == tag as usize)?;
        Some(format!("its tag is withheld: {}", self.objection(place)?))
    }

    /// The songs of the tag at a position: `tags` of a song are those of the library.
    pub(super) fn names_of(&self, song: &LearnSong) -> String {
        let names = song.tags.iter().filter_map(|&tag| self.order.iter().position(|&of| of == tag as usize));
        names.map(|place| self.names[place].as_str()).collect::<Vec<_>>().join("|")
    }

    /// Takes note of the classes among `tested` that are withheld; returns their verdicts.
    pub(super) fn withhold(&mut self, tested: &[LearnTag]) -> Vec<LearnTag> {
        let is_new = |tag: &&LearnTag| !tag.kept && tag.roc_auc.is_some();
        let withheld: Vec<LearnTag> = tested.iter().filter(is_new).cloned().collect();
        self.withheld.extend(withheld.iter().cloned());
        withheld
    }

    /// Puts the verdicts about the classes that were withheld before into `tested`, the verdicts about all tags.
    pub(super) fn complete(&self, tested: &mut [LearnTag]) {
        for withheld in &self.withheld {
            tested.iter_mut().filter(|tag| tag.tag == withheld.tag).for_each(|tag| tag.clone_from(withheld));
        }
    }
}

/// The fewest tags of a model.
pub(super) fn fewest_tags(task: Task) -> usize {
    match task {
        Task::MultiLabel => 1,
        Task::SingleLabel => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn song(tags: &[u32]) -> LearnSong {
        LearnSong {
            path: "a.mp3".into(),
            tags: tags.to_vec(),
            artists: Vec::new(),
            album: None,
            content: String::new(),
        }
    }

    #[test]
    fn a_song_of_a_single_label_task_has_one_tag_that_can_be_learnt() {
        let names = ["rock", "jazz", "rare"].map(str::to_owned);
        let songs: Vec<LearnSong> = [0; 12].iter().chain(&[1; 12]).chain(&[2; 3]).map(|&tag| song(&[tag])).collect();
        let groups: Vec<usize> = (0..songs.len()).collect();
        let mut list = TagList::of(&songs, &names, &groups);
        assert_eq!(
            (list.names.clone(), list.learnt()),
            (["jazz", "rare", "rock"].map(str::to_owned).to_vec(), vec![0, 2])
        );
        assert_eq!(list.targets(&songs[11..13], &[0, 2]), [false, true, true, false]);
        assert_eq!(list.unusable(&songs[0]), None);
        assert!(list.unusable(&songs[26]).unwrap().contains("withheld: 3 songs have the tag"));
        let both = song(&[0, 1]);
        assert!(list.unusable(&both).unwrap().starts_with("it has 2 tags"));
        assert_eq!(list.names_of(&both), "rock|jazz");

        let verdict = |tag: &str, roc_auc: Option<f64>, kept: bool| LearnTag {
            tag: tag.into(),
            positives: 12,
            groups: 12,
            roc_auc,
            pr_auc: None,
            interval: None,
            pr_auc_interval: None,
            calibration_error: None,
            threshold: None,
            kept,
            reason: (!kept).then(|| "not better than chance".to_owned()),
        };
        let tested =
            [verdict("jazz", Some(0.5), false), verdict("rare", None, false), verdict("rock", Some(0.9), true)];
        assert_eq!(list.withhold(&tested), [tested[0].clone()], "rare was never tested");
        assert_eq!(list.learnt(), [2]);
        assert!(list.unusable(&songs[12]).unwrap().contains("not better than chance"));
        let mut later = [verdict("jazz", None, false), verdict("rock", Some(0.9), true)];
        list.complete(&mut later);
        assert_eq!(later[0], tested[0]);
    }
}
