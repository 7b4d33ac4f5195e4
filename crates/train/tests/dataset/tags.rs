//! Warnings about the tags of a list.

use net::Task;
use train::dataset::{Dataset, DatasetOptions};

use super::{codes, manifest, touch};

fn told(text: &str, task: Option<Task>) -> Vec<&'static str> {
    let folder = tempfile::tempdir().unwrap();
    let options = manifest(folder.path(), "m.csv", format!("path,tags,split\n{text}"));
    codes(&Dataset::load(&options, task, 0).unwrap())
}

#[test]
fn each_oddity_of_tags_is_one_warning() {
    assert!(told("a.wav,x|y,train\nb.wav,x,valid\n", None).is_empty());
    assert_eq!(told("a.wav,x|y,train\nb.wav,,valid\nc.wav,,test\n", None), ["untagged-clips"]);
    assert_eq!(told("a.wav,\"rock,pop\",train\nb.wav,rock; pop,valid\nc.wav,x|y,test\n", None), ["compound-tags"]);
    assert_eq!(told("a.wav,Noise|x,train\nb.wav,noise|x,valid\n", None), ["similar-tags"]);
    assert_eq!(told("a.wav,caf\u{e9}|x,train\nb.wav,cafe\u{301}|x,valid\n", None), ["similar-tags"]);
    assert_eq!(told("a.wav,hip hop|x,train\nb.wav,hip  hop|x,valid\n", None), ["similar-tags"]);
    assert_eq!(told("a.wav,x,train\nb.wav,y,valid\n", None), ["one-tag-each"]);
    assert!(told("a.wav,x,train\nb.wav,y,valid\n", Some(Task::MultiLabel)).is_empty());
    assert!(told("a.wav,x,train\nb.wav,y,valid\n", Some(Task::SingleLabel)).is_empty());
    assert_eq!(told("a.wav,x,train\nb.wav,x,valid\n", Some(Task::SingleLabel)), ["one-class"]);
}

#[test]
fn a_clip_of_two_classes_or_none_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    for (text, found) in [("a.wav,x,train\nb.wav,x|y,valid\n", "x, y"), ("a.wav,x,train\nb.wav,,valid\n", "none")] {
        let options = manifest(folder.path(), "m.csv", format!("path,tags,split\n{text}"));
        let message = Dataset::load(&options, Some(Task::SingleLabel), 0).unwrap_err().message;
        assert!(
            message.contains(&format!("line 3: b.wav needs exactly one tag when single-label, found {found}")),
            "{message}"
        );
    }
}

#[test]
fn class_folders_that_differ_by_case_are_told() {
    let folder = tempfile::tempdir().unwrap();
    touch(folder.path(), &["train/Rock/a.wav", "train/pop/b.wav", "test/rock/c.wav", "valid/pop/d.wav"]);
    let dataset = Dataset::load(&DatasetOptions::Folders { root: folder.path().to_path_buf() }, None, 0).unwrap();
    assert_eq!(codes(&dataset), ["similar-tags"]);
    assert_eq!(dataset.warnings[0].tags, ["Rock", "rock"]);
}
