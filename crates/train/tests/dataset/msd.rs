//! The Million Song Dataset with Last.fm tags, in the files of both publications of its split.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use net::MSD_TAGS;
use train::dataset::{Dataset, DatasetOptions};

use super::{counts, failure, npy};

const IDS: [&str; 3] = ["TRAAAAW128F429D538", "TRAAADJ128F4287B47", "TRAAADZ128F9348C2E"];

fn msd(root: &Path) -> DatasetOptions {
    DatasetOptions::Msd { root: root.into(), lists: None }
}

/// The bytes of 50 numbers, 1 for `tag` and else 0, as a pickle of Python 2 writes them.
fn vector(tag: usize) -> String {
    (0..50).map(|i| if i == tag { "\\x01" } else { "\\x00" }).collect()
}

#[test]
fn lists_and_tag_vectors_of_python_pickles_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut vectors = "(dp1\n".to_owned();
    for (tag, id) in IDS.iter().enumerate() {
        // numpy.zeros([1, 50], dtype=bool), with the memo as cPickle writes it.
        write!(
            vectors,
            "S'{id}'\ncnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I1\nI50\nt\
             cnumpy\ndtype\n(S'b1'\nI0\nI1\ntR(I3\nS'|'\nNNNI-1\nI-1\nI0\ntbI00\nS'{}'\ntbs",
            vector(tag)
        )
        .unwrap();
    }
    fs::write(root.join("msd_id_to_tag_vector.cP"), vectors + ".").unwrap();
    for (name, id) in ["train", "valid", "test"].iter().zip(IDS) {
        fs::write(root.join(format!("filtered_list_{name}.cP")), format!("(lp1\nS'{id}'\np2\na.")).unwrap();
    }
    let dataset = Dataset::load(&msd(root), None, 0).unwrap();
    assert_eq!((counts(&dataset), &dataset.tags[..]), ([1, 1, 1], &MSD_TAGS.map(String::from)[..]));
    assert_eq!(dataset.clips.iter().map(|clip| clip.tags.clone()).collect::<Vec<_>>(), [[0], [1], [2]]);
    fs::write(root.join("filtered_list_test.cP"), "(lp1\nS'TRNEW'\na.").unwrap();
    let message = Dataset::load(&msd(root), None, 0).unwrap_err().message;
    assert!(message.contains("filtered_list_test.cP: entry 1: TRNEW has no tags"), "{message}");
}

#[test]
fn the_first_publication_has_texts_and_arrays() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    assert!(failure(&msd(root)).contains("filtered_list_train.cP"));
    for (part, id) in ["train", "valid", "test"].iter().zip(IDS) {
        fs::write(root.join(format!("{part}_x_msd_id.txt")), format!("{id}\n")).unwrap();
        let array = npy("|b1", "1, 50", (0..50).map(|tag| u8::from(tag == 49)));
        fs::write(root.join(format!("{part}_y.npy")), array).unwrap();
    }
    let dataset = Dataset::load(&msd(root), None, 0).unwrap();
    assert_eq!(counts(&dataset), [1, 1, 1]);
    assert!(dataset.clips.iter().all(|clip| clip.tags == [49]), "happy");
    fs::write(root.join("test_x_msd_id.txt"), "TRA\nTRB\n").unwrap();
    assert!(Dataset::load(&msd(root), None, 0).unwrap_err().message.contains("has 1 rows"));
}
