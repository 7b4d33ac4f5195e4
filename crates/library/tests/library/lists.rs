//! Folders, manifests, collections and playlists together.

use error::WarningCode;
use library::{LibraryOptions, Source};
use lofty::tag::ItemKey;

use crate::world::{read, song, tags, World};

#[test]
fn the_sources_of_a_song_are_joined() {
    let world = World::new();
    let path = world.song("Rock/Ann/a.wav", &[(ItemKey::Genre, "Indie"), (ItemKey::TrackArtist, "Ann")]);
    world.sound("Pop/b.wav");
    let mut options = world.options();
    options.folder_levels = vec![1];
    options.playlists =
        vec![world.text("lists/Party.m3u8", "#EXTM3U\n#EXTINF:1,Bob - Two\n../Pop/b.wav\n../Rock/Ann/a.wav\n")];
    options.manifests = vec![world.text(
        "tags.jsonl",
        "{\"path\": \"Rock/Ann/a.wav\", \"tags\": [\"loud\"], \"artist\": \"Somebody\", \"album\": \"X\"}\n",
    )];
    let xml = format!(
        "<DJ_PLAYLISTS><COLLECTION>\
         <TRACK TrackID=\"7\" Comments=\"/* Peak / Vocal */\" Location=\"file://localhost{}\"/>\
         </COLLECTION><PLAYLISTS><NODE Type=\"1\" Name=\"Opening\"><TRACK Key=\"7\"/></NODE></PLAYLISTS>\
         </DJ_PLAYLISTS>",
        path.display()
    );
    options.rekordbox = vec![world.text("rekordbox.xml", xml)];
    options.rekordbox_playlists = true;
    let library = read(&options).unwrap();
    assert_eq!(library.songs.len(), 2, "every file is one song");
    assert_eq!(tags(&library, "a.wav"), ["Indie", "Opening", "Party", "Peak", "Rock", "Vocal", "loud"]);
    assert_eq!(tags(&library, "b.wav"), ["Party", "Pop"]);
    let a = song(&library, "a.wav");
    assert_eq!(
        a.sources,
        [
            Source::Genre,
            Source::Folder,
            Source::Manifest,
            Source::RekordboxMyTag,
            Source::RekordboxPlaylist,
            Source::Playlist
        ]
    );
    assert_eq!((a.artist.as_deref(), a.album.as_deref()), (Some("Ann"), Some("X")), "metadata comes first");
    assert_eq!(song(&library, "b.wav").artist.as_deref(), Some("Bob"), "of the playlist, as no other source has it");
    let counts: Vec<(Source, usize)> = library.sources.iter().map(|one| (one.source, one.songs)).collect();
    assert_eq!(counts[0], (Source::Genre, 1));
    assert_eq!(counts.last(), Some(&(Source::Playlist, 2)));
}

#[test]
fn lists_alone_name_the_songs() {
    let world = World::new();
    world.song("music/a.wav", &[(ItemKey::TrackArtist, "Ann")]);
    world.sound("music/b.wav");
    let file = world.text("Late.m3u", "music\\a.wav\r\nmusic\\gone.wav\r\n");
    let options = LibraryOptions { playlists: vec![file], ..LibraryOptions::default() };
    let library = read(&options).unwrap();
    assert_eq!(library.songs.len(), 1);
    assert_eq!(
        (tags(&library, "a.wav"), song(&library, "a.wav").artist.as_deref()),
        (vec!["Late".into()], Some("Ann"))
    );
    let missing = library.warnings.iter().find(|one| one.code == WarningCode::ClipsLeftOut).unwrap();
    assert!(missing.message.contains("Late.m3u: 1 of 2 files") && missing.message.contains("line 2"), "{missing:?}");
}

#[test]
fn weights_of_a_manifest_are_tags_from_one_half_on() {
    let world = World::new();
    world.sound("a.wav");
    world.sound("b.wav");
    let mut options = world.options();
    let text =
        "{\"path\": \"a.wav\", \"tags\": {\"rock\": 0.9, \"pop\": 0.2}}\n{\"path\": \"b.wav\", \"tags\": [\"pop\"]}\n";
    options.manifests = vec![world.text("soft.jsonl", text)];
    let library = read(&options).unwrap();
    assert_eq!((tags(&library, "a.wav"), tags(&library, "b.wav")), (vec!["rock".into()], vec!["pop".into()]));
}

#[cfg(unix)]
#[test]
fn links_lead_to_each_song_once() {
    let world = World::new();
    world.song("music/a.wav", &[(ItemKey::Genre, "Rock")]);
    world.song("music/b.wav", &[(ItemKey::Genre, "Pop")]);
    std::os::unix::fs::symlink(world.path("music"), world.path("music/circle")).unwrap();
    std::os::unix::fs::symlink(world.path("music/a.wav"), world.path("music/z.wav")).unwrap();
    let mut options = world.options();
    options.playlists = vec![world.text("Best.m3u", "music/z.wav\n")];
    let library = read(&options).unwrap();
    assert_eq!(library.songs.len(), 2);
    assert_eq!(tags(&library, "a.wav"), ["Best", "Rock"]);
}
