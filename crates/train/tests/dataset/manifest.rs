//! Manifests as people and programs write them.

use std::fs;
use std::path::Path;

use net::Task;
use train::dataset::{join_tags, Dataset, Part};

use super::{codes, counts, failure, manifest, touch};

/// Names, tags and parts of the clips of a list.
fn rows(name: &str, text: impl AsRef<[u8]>) -> Vec<(String, Vec<String>, Part)> {
    let folder = tempfile::tempdir().unwrap();
    let dataset = Dataset::load(&manifest(folder.path(), name, text), None, 0).unwrap();
    let tags = |tags: &[u32]| tags.iter().map(|&tag| dataset.tags[tag as usize].clone()).collect();
    dataset.clips.iter().map(|clip| (clip.name.clone(), tags(&clip.tags), clip.part)).collect()
}

#[test]
fn a_csv_manifest_gives_clips_tags_and_parts() {
    let folder = tempfile::tempdir().unwrap();
    let text = "\u{feff}path,tags,split\na.wav,zither|slow,train\n\"b, c.wav\", slow ,valid\nd.wav,zither,test\n";
    let dataset = Dataset::load(&manifest(folder.path(), "m.csv", text), None, 0).unwrap();
    assert_eq!(dataset.tags, ["slow", "zither"]);
    assert_eq!(dataset.task, Task::MultiLabel);
    let clips: Vec<(&str, &[u32], Part)> =
        dataset.clips.iter().map(|c| (c.name.as_str(), c.tags.as_slice(), c.part)).collect();
    assert_eq!(
        clips,
        [("a.wav", &[0, 1][..], Part::Train), ("b, c.wav", &[0], Part::Valid), ("d.wav", &[1], Part::Test)]
    );
    assert_eq!(dataset.clips[0].path, folder.path().join("a.wav"));
    assert!(dataset.warnings.is_empty());
}

#[test]
fn a_jsonl_manifest_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let text = "{\"path\":\"a.wav\",\"tags\":[\"Zither\",\"é\"],\"split\":\"train\",\"label\":\"x\"}\n\n\
                {\"path\":\"/b.wav\",\"tags\":[\"é\"],\"split\":\"valid\"}\n";
    let dataset = Dataset::load(&manifest(folder.path(), "m.jsonl", text), None, 0).unwrap();
    assert_eq!(dataset.tags, ["Zither", "é"], "code points");
    assert_eq!(dataset.clips[1].path, Path::new("/b.wav"));
    assert_eq!(codes(&dataset), ["unused-columns"]);
    assert_eq!(dataset.warnings[0].message, "not used in the manifest: label");
}

#[test]
fn lists_of_spreadsheets_and_editors_are_read() {
    let plain = "path,tags,split\na b.wav,x|y,train\n\"c\nd.wav\",y,valid\n";
    let expected = rows("m.csv", plain);
    assert_eq!(expected[1].0, "c\nd.wav", "a newline in quotes is part of the name");
    let utf16 = |text: &str, unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        "\u{feff}"
            .chars()
            .chain(text.chars())
            .flat_map(|c| c.encode_utf16(&mut [0; 2]).to_vec())
            .flat_map(unit)
            .collect()
    };
    let same: [(&str, Vec<u8>); 9] = [
        ("crlf.csv", plain.replace('\n', "\r\n").replace("c\r\nd", "c\nd").into()),
        ("bom.csv", format!("\u{feff}{plain}").into()),
        ("semicolon.csv", plain.replace(',', ";").into()),
        ("tab.tsv", plain.replace(',', "\t").into()),
        ("capitals.csv", plain.replace("path,tags,split", "Path, Tags ,SPLIT").into()),
        ("little.csv", utf16(plain, u16::to_le_bytes)),
        ("big.csv", utf16(plain, u16::to_be_bytes)),
        ("blanks.csv", format!("{plain}\n   \n , ,\n  ").into()),
        ("words.csv", plain.replace(",train", ",Training").replace(",valid", ",dev").into()),
    ];
    for (name, text) in same {
        assert_eq!(rows(name, text), expected, "{name}");
    }
}

#[test]
fn a_bar_in_a_tag_is_escaped() {
    let tags = ["rock|pop", "back\\slash", "x"];
    let text = format!("path,tags,split\na.wav,{},train\nb.wav,x,valid\n", join_tags(&tags));
    let mut sorted = tags.map(str::to_owned);
    sorted.sort();
    assert_eq!(rows("m.csv", text)[0].1, sorted);
}

#[test]
fn the_usual_words_for_parts_are_known() {
    for (words, parts) in [
        (["Train", "val", "TEST"], [1, 1, 1]),
        (["training", "validation", "testing"], [1, 1, 1]),
        (["train", "dev", "eval"], [1, 1, 1]),
        (["train", "eval", "test"], [1, 1, 1]),
        (["train", "train", "evaluation"], [2, 0, 1]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let text: String =
            words.iter().zip("abc".chars()).map(|(word, name)| format!("{name}.wav,x|y,{word}\n")).collect();
        let options = manifest(folder.path(), "m.csv", format!("path,tags,split\n{text}"));
        assert_eq!(counts(&Dataset::load(&options, None, 0).unwrap()), parts, "{words:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let unclear = manifest(folder.path(), "m.csv", "path,tags,split\na.wav,x,dev\nb.wav,x,eval\n");
    assert!(failure(&unclear).contains("line 2"));
}

#[test]
fn every_bad_row_is_named_by_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let bad = |name: &str, text: &str| failure(&manifest(folder.path(), name, text));
    assert!(bad("a.csv", "path,tags,split\na.wav,x,train\nb.wav,x,trian\n").contains("line 3"));
    assert!(bad("a.csv", "path,tags,split\na.wav,x,train\nb.wav,x\n").contains("line 3: 2 columns, expected 3"));
    assert!(bad("a.csv", "path,tags,split\na.wav,x,train\nb,c.wav,x,train\n").contains("contains a comma"));
    assert!(bad("a.csv", "path;tags;split\na.wav;x;train\nb;c.wav;x;train\n").contains("contains a semicolon"));
    assert!(bad("a.csv", "path,tags,split\na.wav,x,train\n,x,train\n").contains("line 3: the path is empty"));
    assert!(bad("a.csv", "file,tags\na.wav,x\n").contains("file,tags"));
    assert!(bad("a.csv", "path,tags,path\na.wav,x,b.wav\n").contains("path occurs twice"));
    assert!(
        bad("a.jsonl", "{\"path\":\"a.wav\",\"tags\":[]}\n{\"path\":\"b.wav\",\"tags\":\"x\"}\n").contains("line 2")
    );
    assert!(bad("a.jsonl", "{\"path\":\"a.wav\"}\n").contains("line 1: missing field `tags`"));
    assert!(bad("a.jsonl", "[{\"path\":\"a.wav\",\"tags\":[\"x\"]},\n").contains("line 1"));
    assert!(bad("a.jsonl", "{\"path\":\"a.wav\",\"tags\":[\"x\"]}\n\n{\"path\":\"b.wav\",\"tags\":[\"x\"\n")
        .contains("line 3"));
    let line = "{\"path\":\"a.wav\",\"tags\":[\"x\"]}";
    assert!(bad("a.jsonl", &format!("[{line},\n{line}]\n")).contains("line 1: it begins a JSON list, but each line"));
    assert!(bad("a.jsonl", &format!("{line}\n{line},\n")).contains("line 2: there is a comma behind the object"));
    assert!(bad("a.jsonl", "{\n\"path\":\"a.wav\"\n}\n").contains("line 1: the object does not end on this line"));
    let weight = bad("a.jsonl", "{\"path\":\"a.wav\",\"tags\":{\"x\":null}}\n");
    assert!(weight.contains("expected a number from 0 to 1"), "{weight}");
    assert!(bad("a.csv", "path,tags,split\n").contains("no audio files"));
    assert!(bad("a.csv", "").contains("it is empty"));
    assert!(bad("a.csv", "\u{feff}\r\n \r\n").contains("it is empty"));
    assert!(bad("a.jsonl", "").contains("no audio files"));
    assert!(bad("a.txt", "path,tags,split\n").contains(".csv or .jsonl"));
    let not_text = failure(&manifest(folder.path(), "b.csv", b"path,tags\na.wav,x\nb\xff.wav,x\n"));
    assert!(not_text.contains("line 3"), "{not_text}");
    let several = manifest(folder.path(), "c.csv", "path,tags\na.wav,x|y\n");
    let failure = Dataset::load(&several, Some(Task::SingleLabel), 0).unwrap_err();
    assert!(failure.message.contains("line 2") && failure.message.contains("x, y"), "{failure}");
}

#[test]
fn two_splits_that_share_a_file_are_refused_under_any_name() {
    let folder = tempfile::tempdir().unwrap();
    touch(folder.path(), &["a.wav", "sub/c.wav"]);
    let whole = folder.path().join("a.wav").display().to_string();
    for other in ["./a.wav", "sub/../a.wav", whole.as_str()] {
        let text = format!("path,tags,split\na.wav,x,train\n{other},x,test\nb.wav,x,valid\n");
        let message = failure(&manifest(folder.path(), "m.csv", text));
        assert!(message.contains("is in two splits, train and test (lines 2 and 3)"), "{message}");
    }
    for text in ["a.wav,x,train\na.wav,y,train\nb.wav,x,valid\n", "no.wav,x,train\nno.wav,y,train\n"] {
        let message = failure(&manifest(folder.path(), "m.csv", format!("path,tags,split\n{text}")));
        assert!(message.contains("listed twice (lines 2 and 3)"), "{message}");
    }
}

#[test]
fn paths_of_windows_and_of_converted_files_are_found() {
    let folder = tempfile::tempdir().unwrap();
    touch(folder.path(), &["sub/a.wav", "b.flac", "c.mp3", "c.ogg", "d.wav", "e\u{301}.wav"]);
    let text = "path,tags,split\n\
                sub\\a.wav,x|y,train\nb.wav,x,train\nc.wav,x,train\nd.wav,x,valid\nd.flac,x,test\n\u{e9}.wav,x,test\n";
    let dataset = Dataset::load(&manifest(folder.path(), "m.csv", text), None, 0).unwrap();
    let found: Vec<String> =
        dataset.clips.iter().map(|clip| clip.path.strip_prefix(folder.path()).unwrap().display().to_string()).collect();
    let why = "c could be either file, and d.wav is in the list itself";
    assert_eq!(found, ["sub/a.wav", "b.flac", "c.wav", "d.wav", "d.flac", "e\u{301}.wav"], "{why}");
    assert_eq!(codes(&dataset), ["other-suffix"]);
    assert!(dataset.warnings[0].message.contains("b.flac for b.wav"));
    assert_eq!(dataset.clips[0].name, "sub\\a.wav", "clips keep their names from the list");
    fs::remove_file(folder.path().join("b.flac")).unwrap();
    assert!(codes(&Dataset::load(&manifest(folder.path(), "m.csv", text), None, 0).unwrap()).is_empty());
}
