//! What cannot be used is refused or told, with its name.

use std::sync::atomic::{AtomicBool, Ordering};

use error::{Code, WarningCode};
use library::LibraryOptions;
use lofty::tag::ItemKey;

use crate::world::{read, refused, song, tags, World};

#[test]
fn a_library_without_songs_or_without_tags_is_refused() {
    let world = World::new();
    world.text("notes.txt", "no music");
    let error = refused(&world.options());
    assert!(error.code == Code::Dataset && error.message.contains("no songs in"), "{error}");
    world.song("a.wav", &[(ItemKey::Genre, "Other")]);
    world.sound("b.wav");
    let error = refused(&world.options());
    assert!(error.code == Code::Dataset && error.message.contains("none of the 2 songs has a tag"), "{error}");
    assert!(error.message.contains("except Other") && error.message.contains("folderLevels"), "{error}");
}

#[test]
fn a_list_whose_files_are_all_gone_is_refused_with_the_first_line() {
    let world = World::new();
    let file = world.text("Late.m3u", "#EXTM3U\ngone.wav\n");
    let error = refused(&LibraryOptions { playlists: vec![file], ..LibraryOptions::default() });
    assert!(error.code == Code::Dataset && error.message.contains("line 2: gone.wav"), "{error}");
}

#[test]
fn what_does_not_exist_is_refused_with_its_name() {
    let world = World::new();
    world.song("a.wav", &[(ItemKey::Genre, "Rock")]);
    let gone = vec![world.path("gone.xml")];
    for options in [
        LibraryOptions { paths: gone.clone(), ..LibraryOptions::default() },
        LibraryOptions { manifests: vec![world.path("gone.csv")], ..world.options() },
        LibraryOptions { rekordbox: gone.clone(), ..world.options() },
        LibraryOptions { playlists: vec![world.path("gone.m3u")], ..world.options() },
        LibraryOptions { aliases_file: Some(world.path("gone.txt")), ..world.options() },
    ] {
        let error = refused(&options);
        assert!(error.code == Code::FileNotFound && error.message.contains("gone."), "{error}");
    }
}

#[test]
fn one_tag_and_songs_without_artist_are_told() {
    let world = World::new();
    world.song("a.wav", &[(ItemKey::Genre, "Rock"), (ItemKey::TrackArtist, "Ann")]);
    world.song("b.wav", &[(ItemKey::Genre, "rock")]);
    let library = world.read();
    let codes: Vec<WarningCode> = library.warnings.iter().map(|one| one.code).collect();
    assert_eq!(
        codes,
        [WarningCode::ClipsWithoutGroup, WarningCode::OneClass, WarningCode::TagsWithoutNegatives],
        "{:?}",
        library.warnings
    );
    assert_eq!(library.warnings[0].count, Some(1));
}

#[test]
fn damaged_metadata_is_a_failure_unless_another_source_has_a_tag() {
    let world = World::new();
    world.song("Rock/a.wav", &[(ItemKey::Genre, "Rock")]);
    // A FLAC file that ends inside its first block.
    world.text("Rock/b.flac", b"fLaC\x00\x00\x00\x22\x10");
    let library = world.read();
    let [failed] = library.failed.as_slice() else { panic!("{:?}", library.failed) };
    assert!(failed.code == Code::Decode && failed.path.ends_with("b.flac"), "{failed:?}");
    assert!(failed.message.contains("its metadata is damaged"), "{failed:?}");
    assert_eq!(library.songs.len(), 1);

    let mut options = world.options();
    options.folder_levels = vec![1];
    let library = read(&options).unwrap();
    assert!(library.failed.is_empty());
    assert_eq!(tags(&library, "b.flac"), ["Rock"]);
    let told = library.warnings.iter().find(|one| one.code == WarningCode::MetadataUnread).unwrap();
    assert!(told.message.contains("b.flac"), "{told:?}");
}

#[test]
fn an_empty_file_is_called_empty() {
    let world = World::new();
    world.song("a.wav", &[(ItemKey::Genre, "Rock")]);
    world.text("b.wav", b"");
    let library = world.read();
    let [failed] = library.failed.as_slice() else { panic!("{:?}", library.failed) };
    assert!(failed.code == Code::NoAudio && failed.path.ends_with("b.wav"), "{failed:?}");
    assert!(failed.message.contains("the file is empty"), "{failed:?}");
}

#[test]
fn a_format_whose_metadata_is_not_read_is_a_song_without_metadata() {
    let world = World::new();
    world.song("a.wav", &[(ItemKey::Genre, "Rock")]);
    world.text("b.mka", b"\x1a\x45\xdf\xa3 nothing else");
    let library = world.read();
    assert!(song(&library, "b.mka").tags.is_empty());
    let told = library.warnings.iter().find(|one| one.code == WarningCode::MetadataUnread).unwrap();
    assert!(told.count == Some(1) && told.message.contains("b.mka"), "{told:?}");
}

#[cfg(unix)]
#[test]
fn a_broken_link_and_a_named_pipe_are_failures() {
    let world = World::new();
    world.song("a.wav", &[(ItemKey::Genre, "Rock")]);
    std::os::unix::fs::symlink(world.path("gone.wav"), world.path("b.wav")).unwrap();
    let pipe = world.path("pipe.wav");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut options = world.options();
    options.paths.push(pipe);
    let library = read(&options).unwrap();
    let codes: Vec<Code> = library.failed.iter().map(|one| one.code).collect();
    assert_eq!(codes, [Code::FileNotFound, Code::UnsupportedFormat], "{:?}", library.failed);
}

#[test]
fn names_steer_no_terminal() {
    let world = World::new();
    let name = "a\u{1b}[2J.wav";
    world.song(name, &[(ItemKey::Genre, "Rock\u{1b}]0;x\u{7}")]);
    world.text("b\u{1b}[2J.flac", b"fLaC\x00\x00\x00\x22\x10");
    let text = world.read().summary().text();
    assert!(!text.contains('\u{1b}') && !text.contains('\u{7}'), "{text:?}");
}

#[test]
fn a_cancelled_reading_ends_with_its_code() {
    let world = World::new();
    (0..50).for_each(|number| drop(world.song(&format!("{number}.wav"), &[(ItemKey::Genre, "Rock")])));
    let cancel = AtomicBool::new(false);
    let mut told = 0;
    let refused = library::read(
        &world.options(),
        &mut |_| {
            told += 1;
            cancel.store(true, Ordering::Relaxed);
        },
        &cancel,
    );
    assert_eq!(refused.unwrap_err().code, Code::Aborted);
    assert!(told >= 1);
}
