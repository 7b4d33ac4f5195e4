//! Artists, albums and other groups whose clips are in several parts.

use std::collections::{BTreeMap, BTreeSet};

use error::Result;

use super::{Finding, Findings, Severity};
use crate::dataset::{groups_of_file, Clip, Group, Part};
use crate::some::some;

/// Reports groups with clips in several parts. If the lists name none and `read_files` is set, artist and album come
/// from the tags of the audio files.
pub(super) fn check(
    usable: &[&Clip],
    read_files: bool,
    found: &mut Findings,
    stop: &dyn Fn() -> Result<()>,
) -> Result<()> {
    let of_lists = usable.iter().any(|clip| !clip.groups.is_empty());
    let mut values: BTreeMap<String, BTreeMap<String, Vec<&Clip>>> = BTreeMap::new();
    let mut add = |Group { name, value }: Group, clip| {
        values.entry(name.into_owned()).or_default().entry(value).or_default().push(clip);
    };
    for &clip in usable {
        if of_lists {
            clip.groups.iter().for_each(|group| add(group.clone(), clip));
        } else if read_files {
            stop()?;
            groups_of_file(&clip.path).into_iter().for_each(|group| add(group, clip));
        }
    }
    for (name, values) in values {
        let parts = |clips: &[&Clip]| clips.iter().map(|clip| clip.part).collect::<BTreeSet<Part>>();
        let shared: Vec<(String, Vec<&Clip>)> =
            values.into_iter().filter(|(_, clips)| parts(clips).len() > 1).collect();
        if shared.is_empty() {
            continue;
        }
        let trained = |clips: &[&Clip]| clips.iter().any(|clip| clip.part == Part::Train);
        let tested: Vec<&str> = shared
            .iter()
            .filter(|(_, clips)| trained(clips))
            .flat_map(|(_, clips)| clips.iter().filter(|clip| clip.part == Part::Test).map(|clip| clip.name.as_str()))
            .collect();
        let all = usable.iter().filter(|clip| clip.part == Part::Test).count();
        let named: Vec<&String> = shared.iter().map(|(value, _)| value).collect();
        let message = format!(
            "{} values of {name} are in more than one part: {}; {} of {all} test clips share theirs with training \
             clips, which makes scores too good for new music; to avoid it, draw a split by group: \"{name}\" (--group \
             {name})",
            shared.len(),
            some(&named),
            tested.len()
        );
        let kind = match name.as_str() {
            "artist" => "artist-in-two-parts",
            "album" => "album-in-two-parts",
            _ => "group-in-two-parts",
        };
        found.add(Finding::of(kind, Severity::Warning, tested.iter().copied(), shared.len(), message));
    }
    Ok(())
}
