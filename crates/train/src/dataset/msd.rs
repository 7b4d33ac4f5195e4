//! The Million Song Dataset with Last.fm tags (protocols.md 1.4).

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use error::Result;
use net::{Task, MSD_TAGS};

use super::lists::{read_array, read_dict, read_names, Item};
use super::msd_files::MsdFiles;
use super::{broken, Part, Place, RawClip, RawDataset};

/// How many ids of the published training list are the training part; the following ones are the validation part.
const TRAINING: usize = 201_680;
/// The lists of ids in jongpillee/music_dataset_split; the second one is optional.
const LISTS: [&str; 3] = ["filtered_list_train.cP", "filtered_list_valid.cP", "filtered_list_test.cP"];
/// The tags of each track in jongpillee/music_dataset_split.
const VECTORS: &str = "msd_id_to_tag_vector.cP";

/// Where a track is listed, its part and its tags.
struct Listed {
    id: String,
    part: Part,
    place: Place,
    /// One number per tag: above 0 where the track has it.
    tags: Vec<f64>,
}

/// Reads the lists of jongpillee/music_dataset_split (`filtered_list_{train,test}.cP` and the tag vectors), or those of
/// keunwoochoi/MSD_split_for_tagging (`{train,valid,test}_x_msd_id.txt` and `{train,valid,test}_y.npy`).
pub(super) fn read(root: &Path, lists: Option<&Path>) -> Result<RawDataset> {
    let lists = lists.unwrap_or(root);
    let (listed, split) = if lists.join(LISTS[0]).is_file() {
        (of_kaist(lists)?, "msd, clips of at least 29.1 s")
    } else if lists.join("train_x_msd_id.txt").is_file() {
        (of_choi(lists)?, "msd, the split of its first publication")
    } else {
        let message = format!(
            "no lists of the Million Song Dataset in it: expected filtered_list_train.cP, filtered_list_test.cP and \
             {VECTORS}, or train_x_msd_id.txt and train_y.npy; set lists (--lists DIR) to their folder"
        );
        return Err(broken(lists, message));
    };
    let mut files = MsdFiles::open(root, lists)?;
    let mut source = RawDataset::new(Task::MultiLabel, split.to_owned());
    for Listed { id, part, place, tags } in listed {
        if tags.len() != MSD_TAGS.len() {
            let message = format!("{id} has {} tags, expected {}", tags.len(), MSD_TAGS.len());
            return Err(place.broken(&message));
        }
        let (name, path) = files.of(&id);
        let has = MSD_TAGS.into_iter().zip(&tags).filter(|(_, value)| **value > 0.0);
        source.rows.push(RawClip {
            name,
            path,
            tags: has.map(|(tag, _)| tag.to_owned()).collect(),
            part: Some(part),
            place: Some(place),
            ..RawClip::default()
        });
    }
    files.warn(&mut source);
    source.tags = Some(MSD_TAGS.map(str::to_owned).to_vec());
    Ok(source)
}

fn of_kaist(lists: &Path) -> Result<Vec<Listed>> {
    let file = lists.join(VECTORS);
    let mut vectors: HashMap<String, Vec<f64>> = HashMap::new();
    for (id, item) in read_dict(&file)? {
        let Item::Numbers(values) = item else {
            return Err(broken(&file, format!("the value of {id} is a text, expected 50 numbers")));
        };
        vectors.insert(id, values);
    }
    let mut listed = Vec::new();
    for (id, part, place) in cut_lists(lists, LISTS, TRAINING)? {
        let Some(tags) = vectors.remove(&id) else {
            return Err(place.broken(&format!("{id} has no tags in {VECTORS}, or is listed twice")));
        };
        listed.push(Listed { id, part, place, tags });
    }
    Ok(listed)
}

fn of_choi(lists: &Path) -> Result<Vec<Listed>> {
    let mut listed = Vec::new();
    for part in Part::ALL {
        let file = lists.join(format!("{part}_x_msd_id.txt"));
        let labels = lists.join(format!("{part}_y.npy"));
        let (ids, array) = (read_names(&file)?, read_array(&labels)?);
        let rows = array.values.len() / array.columns;
        if rows != ids.len() {
            let message = format!("it has {rows} rows, but {} has {} ids", file.display(), ids.len());
            return Err(broken(&labels, message));
        }
        let place: Arc<Path> = file.into();
        for ((line, id), tags) in ids.into_iter().zip(array.values.chunks_exact(array.columns)) {
            listed.push(Listed { id, part, place: Place { file: place.clone(), line }, tags: tags.to_vec() });
        }
    }
    Ok(listed)
}

/// The ids of the lists `names` for train, valid and test. If there is no list for valid, the first `training` ids of
/// the training list are the training part and its other ids the validation part, as published.
///
/// # Errors
/// Those of [`read_names`]; [`error::Code::Dataset`] if no id is left for the validation part.
pub(super) fn cut_lists(lists: &Path, names: [&str; 3], training: usize) -> Result<Vec<(String, Part, Place)>> {
    let cut = !lists.join(names[1]).is_file();
    let mut listed = Vec::new();
    for (part, name) in Part::ALL.into_iter().zip(names) {
        if part == Part::Valid && cut {
            continue;
        }
        let file: Arc<Path> = lists.join(name).into();
        let ids = read_names(&file)?;
        if part == Part::Train && cut && ids.len() <= training {
            let message = format!(
                "it lists {} ids; the first {training} are the training part, so that none is left for the \
                 validation part: use the published list unchanged, or add {}",
                ids.len(),
                names[1]
            );
            return Err(broken(&file, message));
        }
        for (position, (line, id)) in ids.into_iter().enumerate() {
            let part = if part == Part::Train && cut && position >= training { Part::Valid } else { part };
            listed.push((id, part, Place { file: file.clone(), line }));
        }
    }
    Ok(listed)
}
