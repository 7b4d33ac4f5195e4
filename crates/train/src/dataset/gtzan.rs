//! GTZAN, with the fault-filtered lists of Kereliuk et al. 2015 (protocols.md 1.5).

use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use net::Task;

use super::{broken, folders, Part, Row, Source};

const GENRES: [&str; 10] =
    ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"];

pub(super) fn read(root: &Path, lists: Option<&Path>) -> Result<Source> {
    let audio = audio_root(root)?;
    let beside = lists.is_none() && list(root, Part::Train).is_file();
    let mut source = Source {
        rows: Vec::new(),
        task: Task::SingleLabel,
        tags: Some(GENRES.map(str::to_owned).to_vec()),
        split: "gtzan".to_owned(),
        clip_seconds: None,
        warnings: Vec::new(),
    };
    let Some(lists) = lists.or(beside.then_some(root)) else {
        for genre in GENRES {
            folders::add_class(&audio, genre, &audio.join(genre), None, &mut source)?;
        }
        source.warnings.push(
            "GTZAN without its fault-filtered lists has duplicates and repeated artists: scores come out too high"
                .to_owned(),
        );
        return Ok(source);
    };
    source.split = "gtzan fault-filtered".to_owned();
    for part in Part::ALL {
        read_list(&list(lists, part), &audio, part, &mut source.rows)?;
    }
    Ok(source)
}

fn list(folder: &Path, part: Part) -> PathBuf {
    folder.join(format!("{part}_filtered.txt"))
}

fn read_list(file: &Path, audio: &Path, part: Part, rows: &mut Vec<Row>) -> Result<()> {
    let text = std::fs::read_to_string(file).map_err(|reason| Error::input(file, Code::Dataset, &reason))?;
    for (index, name) in text.lines().enumerate() {
        let name = name.trim();
        if name.is_empty() {
            continue;
        }
        let line = index as u64 + 1;
        let Some(genre) = name.split('/').next().filter(|genre| GENRES.contains(genre)) else {
            return Err(broken(file, format!("line {line}: expected GENRE/FILE, received \"{name}\"")));
        };
        let path = audio.join(name);
        let path = std::path::absolute(&path).unwrap_or(path);
        rows.push(Row {
            name: name.to_owned(),
            path,
            tags: vec![genre.to_owned()],
            part: Some(part),
            line: Some(line),
        });
    }
    Ok(())
}

/// The folder with the genre folders: `root`, or the one that the archives unpack to.
fn audio_root(root: &Path) -> Result<PathBuf> {
    let candidates = [root.to_path_buf(), root.join("genres"), root.join("genres_original")];
    let missing = |folder: &Path| GENRES.into_iter().filter(|g| !folder.join(g).is_dir()).collect::<Vec<_>>();
    candidates.iter().find(|folder| missing(folder).is_empty()).cloned().ok_or_else(|| {
        let message = format!("not GTZAN: missing the genre folders {}", missing(root).join(", "));
        broken(root, message)
    })
}
