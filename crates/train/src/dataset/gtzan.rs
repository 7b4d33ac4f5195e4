//! GTZAN, with the fault-filtered lists of Kereliuk et al. 2015 (protocols.md 1.5).

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use error::{Result, WarningCode};
use net::Task;

use super::file_names::{letters, FileNames, Likeness};
use super::folders::{add_class, holds_audio, subfolders};
use super::text::{entries, read_text};
use super::{broken, GtzanSplit, Part, Place, RawClip, RawDataset};
use crate::event::Warning;

const GENRES: [&str; 10] =
    ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"];

/// The fault-filtered lists of jongpillee/music_dataset_split (MIT licence), in the order of the parts.
const FILTERED: [&str; 3] = [
    include_str!("gtzan/train_filtered.txt"),
    include_str!("gtzan/valid_filtered.txt"),
    include_str!("gtzan/test_filtered.txt"),
];

/// The largest depth of the genre folders below the root: `archive/Data/genres_original`.
const DEEPEST: usize = 3;

/// The location of the genre folders.
struct Audio {
    folder: PathBuf,
    genres: HashMap<&'static str, PathBuf>,
}

/// Reads the clips of `lists`, else of lists in `root` or close to the audio, else those of `split`.
pub(super) fn read(root: &Path, lists: Option<&Path>, split: GtzanSplit) -> Result<RawDataset> {
    let audio = find_audio(root)?;
    let mut source = RawDataset::new(Task::SingleLabel, "gtzan".to_owned());
    source.tags = Some(GENRES.map(str::to_owned).to_vec());
    let beside = [Some(root), Some(audio.folder.as_path()), audio.folder.parent()];
    let found = beside.into_iter().flatten().find(|folder| list(folder, Part::Train).is_file());
    if split == GtzanSplit::All && lists.or(found).is_none() {
        for genre in GENRES {
            add_class(&audio.folder, genre, &audio.genres[genre], None, &mut source)?;
        }
        let message = "GTZAN without its fault-filtered lists has duplicates and repeated artists, which makes scores \
                       too high: use the split filtered (--split filtered), or set lists (--lists DIR) to the folder \
                       with {train,valid,test}_filtered.txt";
        source.warnings.push(Warning::new(WarningCode::GtzanUnfiltered, message));
        return Ok(source);
    }
    source.split = "gtzan fault-filtered".to_owned();
    let mut names = FileNames::new(Likeness::Letters);
    for (part, built_in) in Part::ALL.into_iter().zip(FILTERED) {
        let (file, text) = match lists.or(found) {
            Some(folder) => {
                let file = list(folder, part);
                let text = read_text(&file)?;
                (file, text)
            }
            None => (PathBuf::from(format!("samplecnn's {part}_filtered.txt")), built_in.to_owned()),
        };
        read_list(&file, &text, &audio, part, &mut names, &mut source.rows)?;
    }
    source.warnings.extend(names.warning());
    Ok(source)
}

fn list(folder: &Path, part: Part) -> PathBuf {
    folder.join(format!("{part}_filtered.txt"))
}

/// The lines are `GENRE/FILE`, or only the file name, which begins with the genre.
fn read_list(
    file: &Path,
    text: &str,
    audio: &Audio,
    part: Part,
    names: &mut FileNames,
    rows: &mut Vec<RawClip>,
) -> Result<()> {
    let place: Arc<Path> = file.into();
    for (line, name) in entries(text) {
        let listed = name.replace('\\', "/");
        let (folder, base) = listed.rsplit_once('/').unwrap_or(("", &listed));
        let folder = folder.rsplit('/').next().unwrap_or_default();
        let Some(genre) = genre(folder).or_else(|| genre(base.split('.').next().unwrap_or_default())) else {
            return Err(broken(file, format!("line {line}: expected GENRE/FILE, received \"{name}\"")));
        };
        rows.push(RawClip {
            name: name.to_owned(),
            path: names.file(audio.genres[genre].join(base)),
            tags: vec![genre.to_owned()],
            part: Some(part),
            place: Some(Place { file: place.clone(), line }),
            ..RawClip::default()
        });
    }
    Ok(())
}

/// The genre that `name` stands for, in any spelling, such as `hip-hop`.
fn genre(name: &str) -> Option<&'static str> {
    let name = letters(name);
    GENRES.into_iter().find(|genre| *genre == name)
}

/// The folder with the ten genre folders: `root`, or a folder below it, as in unpacked archives. Folders that contain
/// only pictures are skipped.
fn find_audio(root: &Path) -> Result<Audio> {
    let mut here = vec![root.to_path_buf()];
    for depth in 0..=DEEPEST {
        let mut below = Vec::new();
        for folder in here {
            // Folders below the root that cannot be read do not belong to the dataset.
            let folders = match subfolders(&folder) {
                Err(_) if depth > 0 => continue,
                folders => folders?,
            };
            let genres: HashMap<&str, PathBuf> =
                folders.iter().filter_map(|(name, path)| Some((genre(name)?, path.clone()))).collect();
            if genres.len() == GENRES.len() && holds_audio(&folder)? {
                return Ok(Audio { folder, genres });
            }
            below.extend(folders.into_values().filter(|_| depth < DEEPEST));
        }
        here = below;
    }
    let found = subfolders(root)?;
    let missing: Vec<&str> =
        GENRES.into_iter().filter(|wanted| !found.keys().any(|name| genre(name) == Some(wanted))).collect();
    let message = match missing.as_slice() {
        [] => "not GTZAN: its genre folders hold no audio files".to_owned(),
        _ => format!("not GTZAN: missing the genre folders {}", missing.join(", ")),
    };
    Err(broken(root, message))
}
