//! Which songs belong together, and the parts of a cross-validation: songs that belong together are in one part.

use std::collections::HashMap;

use engine::Purpose;
use error::WarningCode;
use serde::Serialize;
use train::permutation::permutation;
use train::Warning;
use ts_rs::TS;

use super::songs::LearnSong;
use crate::audit::Unions;

/// An album of more artists is a compilation: it does not make their songs belong together.
const MOST_ARTISTS: usize = 3;
/// A folder with more songs than an album has does not make them belong together.
const MOST_SONGS_OF_FOLDER: usize = 30;

/// How many songs were grouped by what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[ts(rename = "LearnGroups")]
#[serde(rename_all = "camelCase")]
pub struct GroupCounts {
    /// Number of groups: songs of one group are never in two parts.
    pub groups: usize,
    /// Songs that are grouped by their artist.
    pub by_artist: usize,
    /// Songs without an artist that are grouped by their album.
    pub by_album: usize,
    /// Songs without artist and album that are grouped by their folder.
    pub by_folder: usize,
    /// Songs that belong to no other song.
    pub alone: usize,
}

impl GroupCounts {
    /// Says how the `songs` songs were grouped where artists are unknown; `None` if all are known.
    pub(super) fn warning(self, songs: usize) -> Option<Warning> {
        let Self { by_artist, by_album, by_folder, alone, .. } = self;
        let unknown = songs - by_artist;
        let message = format!(
            "the artist of {unknown} of {songs} songs is not known: {by_album} are kept together by album, {by_folder} \
             by folder, {alone} stand alone; if songs of one artist are in two parts, the results look better than \
             they are"
        );
        (unknown > 0).then(|| Warning::new(WarningCode::ClipsWithoutGroup, message).of_count(unknown))
    }
}

/// The group of every song, and how they were made. Songs belong together if they share an artist, or if they are on
/// the same album, unless it has more than three artists. Songs without artist and album belong to the other ones of
/// their folder, unless `folders_are_tags` or the folder holds more than 30 songs.
pub(super) fn groups(songs: &[LearnSong], folders_are_tags: bool) -> (Vec<usize>, GroupCounts) {
    let mut sets = Unions::new(songs.len());
    let mut counts = GroupCounts::default();
    let mut of_artist: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut of_album: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut of_folder: HashMap<&std::path::Path, Vec<usize>> = HashMap::new();
    for (number, song) in songs.iter().enumerate() {
        for artist in &song.artists {
            of_artist.entry(artist).or_default().push(number);
        }
        if let Some(album) = &song.album {
            of_album.entry(album).or_default().push(number);
        }
        if let (true, None, Some(folder)) = (song.artists.is_empty(), &song.album, song.path.parent()) {
            of_folder.entry(folder).or_default().push(number);
        }
    }
    of_artist.values().for_each(|members| sets.join_all(members));
    for members in of_album.values() {
        let mut artists: Vec<_> = members.iter().flat_map(|&song| &songs[song].artists).collect();
        artists.sort_unstable();
        artists.dedup();
        if artists.len() <= MOST_ARTISTS {
            sets.join_all(members);
        }
    }
    let joins = |members: &[usize]| !folders_are_tags && (2..=MOST_SONGS_OF_FOLDER).contains(&members.len());
    of_folder.values().filter(|members| joins(members)).for_each(|members| sets.join_all(members));
    for song in songs {
        let in_folder = || song.path.parent().and_then(|folder| of_folder.get(folder)).is_some_and(|all| joins(all));
        match (song.artists.is_empty(), &song.album) {
            (false, _) => counts.by_artist += 1,
            (true, Some(_)) => counts.by_album += 1,
            (true, None) if in_folder() => counts.by_folder += 1,
            (true, None) => counts.alone += 1,
        }
    }
    let mut numbers = HashMap::new();
    let firsts = sets.firsts().into_iter();
    let groups: Vec<usize> = firsts
        .map(|first| {
            let next = numbers.len();
            *numbers.entry(first).or_insert(next)
        })
        .collect();
    counts.groups = numbers.len();
    (groups, counts)
}

/// The part `0..parts` of every song: groups stay together, and every tag is spread over the parts as evenly as that
/// allows. `targets` is `[songs, tags]`. Large groups are placed first, each in the part with the smallest sum of
/// squared shares of the tags after that; `seed` decides between groups of equal size.
pub(super) fn folds(groups: &[usize], targets: &[bool], tags: usize, parts: usize, seed: u64) -> Vec<usize> {
    let count = groups.iter().max().map_or(0, |&last| last + 1);
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); count];
    groups.iter().enumerate().for_each(|(song, &group)| members[group].push(song));
    let totals: Vec<f64> = (0..tags)
        .map(|tag| targets.iter().skip(tag).step_by(tags.max(1)).filter(|&&is| is).count().max(1) as f64)
        .collect();
    let mut order: Vec<usize> =
        permutation(seed, Purpose::Split, 0, count).iter().map(|&group| group as usize).collect();
    order.sort_by_key(|&group| std::cmp::Reverse(members[group].len()));
    let mut of_tag = vec![0.0f64; parts * tags];
    let mut of_all = vec![0.0f64; parts];
    let mut part_of = vec![0; groups.len()];
    for group in order {
        let mut added = vec![0.0f64; tags];
        for &song in &members[group] {
            let row = &targets[song * tags..(song + 1) * tags];
            added.iter_mut().zip(row).filter(|(_, &is)| is).for_each(|(added, _)| *added += 1.0);
        }
        let size = members[group].len() as f64;
        let growth =
            |before: f64, added: f64, total: f64| ((before + added) / total).powi(2) - (before / total).powi(2);
        let cost = |part: usize| -> f64 {
            let tags_cost: f64 = (0..tags)
                .filter(|&tag| added[tag] > 0.0)
                .map(|tag| growth(of_tag[part * tags + tag], added[tag], totals[tag]))
                .sum();
            // The number of songs counts as much as one tag; it decides between parts for songs without common tags.
            tags_cost + growth(of_all[part], size, groups.len() as f64)
        };
        let best = (0..parts).min_by(|&one, &other| cost(one).total_cmp(&cost(other))).unwrap_or(0);
        (0..tags).for_each(|tag| of_tag[best * tags + tag] += added[tag]);
        of_all[best] += size;
        members[group].iter().for_each(|&song| part_of[song] = best);
    }
    part_of
}

#[cfg(test)]
mod tests {
    use super::*;

    fn song(path: &str, artist: Option<&str>, album: Option<&str>) -> LearnSong {
        LearnSong {
            path: path.into(),
            tags: Vec::new(),
            artists: artist.iter().flat_map(|names| names.split('+')).map(str::to_owned).collect(),
            album: album.map(str::to_owned),
            content: path.into(),
        }
    }

    #[test]
    fn artists_and_albums_stay_together_and_compilations_do_not() {
        let mut songs = vec![
            song("a/1", Some("x"), Some("one")),
            song("a/2", Some("x"), Some("two")),
            song("b/3", Some("y"), Some("two")),
            song("c/4", None, Some("two")),
            song("d/5", Some("z"), None),
        ];
        let (found, counts) = groups(&songs, false);
        assert_eq!(found, [0, 0, 0, 0, 1]);
        assert_eq!(counts, GroupCounts { groups: 2, by_artist: 4, by_album: 1, by_folder: 0, alone: 0 });
        songs.extend(["p", "q", "r", "s"].map(|artist| song("e/6", Some(artist), Some("hits"))));
        let (found, _) = groups(&songs, false);
        assert_eq!(&found[5..], [2, 3, 4, 5], "an album of four artists");
        let guest = ["a", "b", "a+b"].map(|artists| song("f/7", Some(artists), None));
        assert_eq!(groups(&guest, false).0, [0, 0, 0], "a song of two artists joins them");
    }

    #[test]
    fn without_artist_and_album_the_folder_decides_unless_it_is_the_tag() {
        let songs: Vec<_> = ["a/1", "a/2", "b/3"].map(|path| song(path, None, None)).into();
        let (found, counts) = groups(&songs, false);
        assert_eq!(found, [0, 0, 1]);
        assert_eq!((counts.by_folder, counts.alone), (2, 1));
        assert_eq!(groups(&songs, true).0, [0, 1, 2]);
        let many: Vec<_> = (0..31).map(|number| song(&format!("all/{number}"), None, None)).collect();
        assert_eq!(groups(&many, false).1.alone, 31, "a folder with everything");
    }

    #[test]
    fn parts_keep_groups_whole_and_spread_every_tag() {
        // 60 groups of one to three songs; tag 0 is every third group, tag 1 every tenth.
        let groups: Vec<usize> = (0..60).flat_map(|group| vec![group; 1 + group % 3]).collect();
        let targets: Vec<bool> = groups.iter().flat_map(|group| [group % 3 == 0, group % 10 == 0]).collect();
        let parts = folds(&groups, &targets, 2, 5, 3);
        for part in 0..5 {
            let of_part =
                |tag: usize| (0..groups.len()).filter(|&song| parts[song] == part && targets[2 * song + tag]).count();
            let songs = parts.iter().filter(|&&of| of == part).count();
            assert!((3..=5).contains(&of_part(0)) && (2..=4).contains(&of_part(1)), "part {part}");
            assert!((20..=28).contains(&songs), "part {part}: {songs}");
        }
        for (one, other) in groups.iter().zip(&parts).zip(groups.iter().zip(&parts).skip(1)) {
            assert!(one.0 != other.0 || one.1 == other.1, "a group in two parts");
        }
        assert_eq!(parts, folds(&groups, &targets, 2, 5, 3));
        assert_ne!(parts, folds(&groups, &targets, 2, 5, 4));
    }
}
