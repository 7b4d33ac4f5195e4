//! ESC-50 in the layout of its repository, and the class folders of ESC-10.

use std::fs;
use std::path::Path;

use train::dataset::{Dataset, DatasetOptions, EscSubset, Part, Selection};

use super::{codes, counts, failure, touch};
use crate::shared::shared;

fn esc50(root: &Path, subset: Option<EscSubset>, fold: Option<usize>) -> DatasetOptions {
    let plain = DatasetOptions::Esc50 { root: root.into(), subset };
    plain.selected(Selection { fold, ..Selection::default() })
}

/// Two clips in each of five folds.
fn table(root: &Path) {
    let mut text = "filename,fold,target,category,esc10,src_file,take\n".to_owned();
    for fold in 1..=5 {
        text +=
            &format!("{fold}-10-A-0.wav,{fold},0,dog,True,10{fold},A\n{fold}-20-A-1.wav,{fold},1,rain,False,20,A\n");
        touch(root, &[&format!("audio/{fold}-10-A-0.wav"), &format!("audio/{fold}-20-A-1.wav")]);
    }
    fs::create_dir_all(root.join("meta")).unwrap();
    fs::write(root.join("meta/esc50.csv"), text).unwrap();
}

#[test]
fn the_fold_is_the_test_and_the_next_one_validates() {
    let folder = tempfile::tempdir().unwrap();
    table(folder.path());
    for (fold, test, valid) in [(None, '1', '2'), (Some(3), '3', '4'), (Some(5), '5', '1')] {
        let dataset = Dataset::load(&esc50(folder.path(), None, fold), None, 0).unwrap();
        assert_eq!((counts(&dataset), codes(&dataset)), ([6, 2, 2], vec![]));
        assert_eq!(dataset.split, format!("esc50; fold {test} of 5, validation on fold {valid}"));
        for (part, fold) in [(Part::Test, test), (Part::Valid, valid)] {
            assert!(dataset.part(part).all(|clip| clip.name.starts_with(&format!("audio/{fold}-"))));
        }
        assert_eq!(dataset.tags, ["dog", "rain"]);
    }
    let ten = Dataset::load(&esc50(folder.path(), Some(EscSubset::Esc10), None), None, 0).unwrap();
    assert_eq!((counts(&ten), &ten.tags[..]), ([3, 1, 1], &["dog".to_owned()][..]));
}

#[test]
fn an_empty_fold_is_refused_with_the_others() {
    let folder = tempfile::tempdir().unwrap();
    table(folder.path());
    let message = failure(&esc50(folder.path(), None, Some(6)));
    assert!(message.contains("fold 6 is empty: its folds are 1, 2, 3, 4, 5"), "{message}");
    let file = folder.path().join("meta/esc50.csv");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen(",1,0,dog", ",one,0,dog", 1)).unwrap();
    let refused = Dataset::load(&esc50(folder.path(), None, None), None, 0).unwrap_err();
    assert!(refused.message.contains("esc50.csv: line 2"), "{refused}");
    let nothing = tempfile::tempdir().unwrap();
    assert!(failure(&esc50(nothing.path(), None, None)).contains("neither ESC-50"));
}

#[test]
fn the_class_folders_of_esc_10_have_their_folds() {
    let Some(root) = shared("data/esc10") else { return };
    let dataset = Dataset::load(&esc50(&root, None, Some(2)), None, 0).unwrap();
    assert_eq!(counts(&dataset), [240, 80, 80]);
    assert_eq!((dataset.tags.len(), dataset.tags[1].as_str()), (10, "Chainsaw"));
    let recordings = |part| -> std::collections::BTreeSet<String> {
        dataset.part(part).map(|clip| clip.groups[0].value.clone()).collect()
    };
    assert!(recordings(Part::Train).is_disjoint(&recordings(Part::Test)), "folds keep recordings together");
}
