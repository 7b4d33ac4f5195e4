//! The same audio in several clips: byte copies, and the same samples in different containers.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::hash::Hash;
use std::io::Read;
use std::path::Path;

use error::Result;
use sha2::{Digest, Sha256};

use super::{Finding, Findings, Severity};
use crate::cache::AudioHash;
use crate::dataset::Clip;

/// Number of groups that a message lists.
const LISTED: usize = 3;

/// Compares the decoded audio.
pub(super) fn check_audio(usable: &[&Clip], hashes: &HashMap<String, AudioHash>, found: &mut Findings) {
    let keyed = usable.iter().filter_map(|clip| Some((*hashes.get(&clip.name)?, *clip)));
    tell(groups(keyed), "audio", found);
}

/// Compares the bytes of the files.
pub(super) fn check_files(usable: &[&Clip], found: &mut Findings, stop: &dyn Fn() -> Result<()>) -> Result<()> {
    let sized = usable.iter().filter_map(|clip| Some((std::fs::metadata(&clip.path).ok()?.len(), *clip)));
    let mut keyed = Vec::new();
    for clip in groups(sized).into_iter().flatten() {
        stop()?;
        // A file that cannot be read now is not compared.
        if let Some(hash) = hash_of_file(&clip.path) {
            keyed.push((hash, clip));
        }
    }
    tell(groups(keyed.into_iter()), "file", found);
    Ok(())
}

/// The clips with equal keys, of which there are at least two, in the order of the dataset.
fn groups<'a, Key: Eq + Hash>(keyed: impl Iterator<Item = (Key, &'a Clip)>) -> Vec<Vec<&'a Clip>> {
    let mut places: HashMap<Key, usize> = HashMap::new();
    let mut groups: BTreeMap<usize, Vec<&Clip>> = BTreeMap::new();
    for (key, clip) in keyed {
        let next = places.len();
        groups.entry(*places.entry(key).or_insert(next)).or_default().push(clip);
    }
    groups.into_values().filter(|group| group.len() > 1).collect()
}

fn hash_of_file(path: &Path) -> Option<[u8; 32]> {
    let mut file = File::open(path).ok()?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; 1 << 16];
    loop {
        match file.read(&mut piece).ok()? {
            0 => return Some(hash.finalize().into()),
            count => hash.update(&piece[..count]),
        }
    }
}

fn tell(groups: Vec<Vec<&Clip>>, what: &str, found: &mut Findings) {
    let (across, within): (Vec<_>, Vec<_>) =
        groups.into_iter().partition(|group| group.iter().any(|clip| clip.part != group[0].part));
    let (conflicting, repeated): (Vec<_>, Vec<_>) =
        within.into_iter().partition(|group| group.iter().any(|clip| clip.tags != group[0].tags));
    let parts = "is in more than one part, which makes scores too good: keep each recording in one part";
    add(&format!("same-{what}-in-two-parts"), Severity::Error, &across, what, parts, found);
    let tags = "has different tags within one part: correct the tags, or remove one of the clips";
    add(&format!("same-{what}-with-other-tags"), Severity::Warning, &conflicting, what, tags, found);
    let twice = "is repeated within one part, and counts several times";
    add(&format!("same-{what}-in-one-part"), Severity::Note, &repeated, what, twice, found);
}

fn add(kind: &str, severity: Severity, groups: &[Vec<&Clip>], what: &str, why: &str, found: &mut Findings) {
    if groups.is_empty() {
        return;
    }
    let named = |group: &Vec<&Clip>| {
        let names: Vec<String> = group.iter().take(4).map(|clip| format!("{} ({})", clip.name, clip.part)).collect();
        format!("{}{}", names.join(" = "), if group.len() > names.len() { " = ..." } else { "" })
    };
    let listed: Vec<String> = groups.iter().take(LISTED).map(named).collect();
    let more = if groups.len() > LISTED { "; ..." } else { "" };
    let message = format!("the same {what} {why}; {} times: {}{more}", groups.len(), listed.join("; "));
    let clips: Vec<&str> = groups.iter().flatten().map(|clip| clip.name.as_str()).collect();
    let count = clips.len();
    found.add(Finding::of(kind, severity, clips, count, message));
}
