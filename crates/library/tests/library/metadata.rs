//! Metadata in every format.

use std::path::Path;
use std::process::Command;

use library::{MetadataField, Source};
use lofty::config::WriteOptions;
use lofty::id3::v2::{
    CommentFrame, ExtendedTextFrame, Frame, FrameId, Id3v2Tag, PopularimeterFrame, TextInformationFrame,
};
use lofty::tag::{ItemKey, TagExt, TagType};
use lofty::TextEncoding;

use crate::world::{song, tags, write_tag, World};

const ITEMS: [(ItemKey, &str); 7] = [
    (ItemKey::Genre, "Rock / Indie; Pop"),
    (ItemKey::Mood, "calm"),
    (ItemKey::ContentGroup, "Evening"),
    (ItemKey::TrackArtist, "Ann"),
    (ItemKey::AlbumArtist, "Ann & Bob"),
    (ItemKey::AlbumTitle, "First"),
    (ItemKey::TrackTitle, "One"),
];

/// Makes a sound file of the format of its suffix.
fn convert(from: &Path, to: &Path) {
    let done =
        Command::new("ffmpeg").args(["-v", "error", "-y", "-i"]).arg(from).args(["-ar", "48000"]).arg(to).status();
    assert!(done.unwrap().success(), "ffmpeg made no {}", to.display());
}

#[test]
fn every_format_gives_its_tags_and_its_artist() {
    if !testbed::program("ffmpeg") {
        return;
    }
    let world = World::new();
    let sound = world.path("sound.raw.wav");
    testbed::write_wav(&sound, 44_100, &testbed::tone(44_100, 440.0, 0.3));
    for (name, kind) in [
        ("a.mp3", TagType::Id3v2),
        ("b.mp3", TagType::Ape),
        ("c.flac", TagType::VorbisComments),
        ("d.ogg", TagType::VorbisComments),
        ("e.opus", TagType::VorbisComments),
        ("f.m4a", TagType::Mp4Ilst),
        ("g.wv", TagType::Ape),
        ("h.wav", TagType::Id3v2),
        ("i.aiff", TagType::Id3v2),
    ] {
        let path = world.path(name);
        convert(&sound, &path);
        write_tag(&path, kind, &ITEMS);
    }
    std::fs::remove_file(&sound).unwrap();
    let library = world.read();
    assert_eq!(library.songs.len(), 9, "{:?}", library.failed);
    for one in &library.songs {
        let name = one.path.file_name().unwrap().to_str().unwrap();
        assert_eq!(tags(&library, name), ["Evening", "Indie", "Pop", "Rock", "calm"], "{name}");
        assert_eq!(one.sources, [Source::Genre, Source::Mood, Source::Grouping], "{name}");
        let facts = [&one.artist, &one.album_artist, &one.album, &one.title];
        assert_eq!(
            facts.map(|fact| fact.as_deref().unwrap_or_default()),
            ["Ann", "Ann & Bob", "First", "One"],
            "{name}"
        );
    }
    assert_eq!((library.tags[0].songs, library.tags[0].artists), (9, 1));
}

#[test]
fn id3v2_has_numbers_for_genres_ratings_and_free_fields() {
    let world = World::new();
    let path = world.sound("a.wav");
    let mut tag = Id3v2Tag::new();
    let text = |id: &'static str, value: &'static str| {
        Frame::Text(TextInformationFrame::new(FrameId::Valid(id.into()), TextEncoding::UTF8, value))
    };
    tag.insert(text("TCON", "(17)\0(31)Hard Trance\08"));
    tag.insert(Frame::UserText(ExtendedTextFrame::new(TextEncoding::UTF8, "MOOD", "dark")));
    tag.insert(Frame::Popularimeter(PopularimeterFrame::new("Windows Media Player 9 Series", 196, 3)));
    let comment = |description: &'static str, text: &'static str| {
        Frame::Comment(CommentFrame::new(TextEncoding::UTF8, lofty::tag::items::ENGLISH, description, text))
    };
    tag.insert(comment("", "#summer; #beach"));
    tag.insert(comment("iTunNORM", " 00000A"));
    tag.save_to_path(&path, WriteOptions::default()).unwrap();
    let expected = ["Hard Trance", "Jazz", "Rock", "Trance", "dark", "rating 4"];
    assert_eq!(tags(&world.read(), "a.wav"), expected);

    let mut options = world.options();
    options.metadata = vec![MetadataField::Comment];
    let library = crate::world::read(&options).unwrap();
    assert_eq!(tags(&library, "a.wav"), ["beach", "summer"]);
    assert_eq!(song(&library, "a.wav").sources, [Source::Comment]);
}

#[test]
fn vorbis_ratings_and_words_of_comments_are_read() {
    if !testbed::program("ffmpeg") {
        return;
    }
    let world = World::new();
    let sound = world.sound("x/sound.wav");
    for (name, key, value) in [
        ("a.flac", "RATING", "80"),
        ("b.flac", "RATING:me@example.org", "0.6"),
        ("c.flac", "FMPS_RATING", "1.0"),
        ("d.flac", "RATING", "0"),
    ] {
        let mut made = Command::new("ffmpeg");
        made.args(["-v", "error", "-i"]).arg(&sound).args([
            "-metadata",
            &format!("{key}={value}"),
            "-metadata",
            "comment=Warm and slow, for the evening",
        ]);
        assert!(made.arg(world.path(name)).status().unwrap().success());
    }
    std::fs::remove_file(&sound).unwrap();
    let library = world.read();
    let of = |name| tags(&library, name);
    assert_eq!(
        (of("a.flac"), of("b.flac"), of("c.flac")),
        (vec!["rating 4".into()], vec!["rating 3".into()], vec!["rating 5".into()])
    );
    assert!(of("d.flac").is_empty());
    let mut options = world.options();
    options.metadata = vec![MetadataField::Comment];
    options.comment_words = true;
    let library = crate::world::read(&options).unwrap();
    assert_eq!(tags(&library, "d.flac"), ["Warm", "and", "evening", "for", "slow", "the"]);
}

#[test]
fn id3v1_is_used_only_where_no_other_block_has_the_field() {
    if !testbed::program("ffmpeg") {
        return;
    }
    let world = World::new();
    let sound = world.sound("x/sound.wav");
    for name in ["a.mp3", "b.mp3"] {
        convert(&sound, &world.path(name));
        write_tag(&world.path(name), TagType::Id3v1, &[(ItemKey::Genre, "Jazz"), (ItemKey::TrackArtist, "Ann Tru")]);
    }
    lofty::tag::TagType::Id3v2.remove_from_path(world.path("b.mp3"), WriteOptions::default()).unwrap();
    write_tag(
        &world.path("a.mp3"),
        TagType::Id3v2,
        &[(ItemKey::Genre, "Acid Jazz"), (ItemKey::TrackArtist, "Ann Truncated")],
    );
    std::fs::remove_file(&sound).unwrap();
    let library = world.read();
    assert_eq!((tags(&library, "a.mp3"), tags(&library, "b.mp3")), (vec!["Acid Jazz".into()], vec!["Jazz".into()]));
    assert_eq!(song(&library, "a.mp3").artist.as_deref(), Some("Ann Truncated"));
    assert!(library.conflicts.is_empty(), "{:?}", library.conflicts);
}
