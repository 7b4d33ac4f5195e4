//! Contradictions.

use library::{Conflict, ConflictKind, Library};
use lofty::tag::{ItemKey, TagType};

use crate::world::{read, tags, write_tag, World};

fn of_kind(library: &Library, kind: ConflictKind) -> Vec<&Conflict> {
    library.conflicts.iter().filter(|one| one.kind == kind).collect()
}

#[test]
fn a_folder_that_contradicts_the_genre_is_told() {
    let world = World::new();
    world.song("Rock/a.wav", &[(ItemKey::Genre, "Rock")]);
    world.song("Rock/b.wav", &[(ItemKey::Genre, "Jazz")]);
    world.song("Jazz/c.wav", &[(ItemKey::Genre, "jazz")]);
    world.song("Sunday/d.wav", &[(ItemKey::Genre, "Rock")]);
    let mut options = world.options();
    options.folder_levels = vec![1];
    let library = read(&options).unwrap();
    let conflicts = of_kind(&library, ConflictKind::Sources);
    assert_eq!(conflicts.len(), 1, "Sunday is no genre: {conflicts:?}");
    assert!(conflicts[0].message.ends_with("Rock/b.wav: genre: Jazz; folder: Rock"), "{}", conflicts[0].message);
    assert_eq!(conflicts[0].claims[1].tags, ["Rock"]);
    assert_eq!(tags(&library, "b.wav"), ["Jazz", "Rock"]);
}

#[test]
fn the_ratings_of_two_programs_contradict_each_other() {
    let world = World::new();
    let path = world.song("a.wav", &[(ItemKey::Genre, "Rock"), (ItemKey::Popularimeter, "no@email|5|0")]);
    let xml = format!(
        "<DJ_PLAYLISTS><COLLECTION><TRACK TrackID=\"1\" Rating=\"51\" Genre=\"Rock\" Location=\"file://localhost{}\"/>\
         </COLLECTION></DJ_PLAYLISTS>",
        path.display()
    );
    let mut options = world.options();
    options.rekordbox = vec![world.text("rekordbox.xml", xml)];
    let library = read(&options).unwrap();
    assert_eq!(library.songs.len(), 1);
    let conflicts = of_kind(&library, ConflictKind::Sources);
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
    assert!(conflicts[0].message.contains("rating: rating 5; rekordbox-rating: rating 1"), "{}", conflicts[0].message);
}

#[test]
fn two_blocks_of_one_file_that_differ_are_told_and_the_first_is_used() {
    if !testbed::program("ffmpeg") {
        return;
    }
    let world = World::new();
    let sound = world.sound("x/sound.wav");
    for (name, other) in [("a.mp3", "Techno"), ("b.mp3", "HOUSE")] {
        let path = world.path(name);
        let made = std::process::Command::new("ffmpeg").args(["-v", "error", "-i"]).arg(&sound).arg(&path).status();
        assert!(made.unwrap().success());
        write_tag(&path, TagType::Id3v2, &[(ItemKey::Genre, "House")]);
        write_tag(&path, TagType::Ape, &[(ItemKey::Genre, other)]);
    }
    std::fs::remove_file(&sound).unwrap();
    let library = world.read();
    let conflicts = of_kind(&library, ConflictKind::Blocks);
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
    assert!(conflicts[0].message.ends_with("a.mp3: genre in ID3v2: House; genre in APE: Techno"), "{conflicts:?}");
    assert_eq!(tags(&library, "a.mp3"), ["House"]);
}

#[test]
fn a_song_that_occurs_twice_with_different_tags_is_told() {
    let world = World::new();
    let of =
        |artist, title, genre| [(ItemKey::TrackArtist, artist), (ItemKey::TrackTitle, title), (ItemKey::Genre, genre)];
    world.song("a.wav", &of("Ann", "One", "Rock"));
    world.song("b.wav", &of("ann", "ONE", "Pop"));
    world.song("c.wav", &of("Ann", "Two", "Rock"));
    world.song("d.wav", &of("Ann", "Two", "rock"));
    world.song("e.wav", &of("Bob", "One", "Jazz"));
    let library = world.read();
    let conflicts = of_kind(&library, ConflictKind::Twice);
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
    assert_eq!(conflicts[0].files.len(), 2);
    assert!(
        conflicts[0].message.contains("a.wav: Rock; ") && conflicts[0].message.ends_with("b.wav: Pop"),
        "{conflicts:?}"
    );
}

#[test]
fn a_file_that_a_manifest_lists_twice_with_different_tags_is_told_with_its_lines() {
    let world = World::new();
    world.sound("a.wav");
    world.sound("b.wav");
    let mut options = world.options();
    options.manifests = vec![world.text("tags.csv", "path,tags\na.wav,rock\nb.wav,pop\na.wav,jazz\nb.wav,pop\n")];
    let library = read(&options).unwrap();
    let conflicts = of_kind(&library, ConflictKind::Twice);
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
    assert!(
        conflicts[0].message.ends_with("a.wav: tags.csv: line 2: rock; tags.csv: line 4: jazz"),
        "{}",
        conflicts[0].message
    );
    assert_eq!(tags(&library, "a.wav"), ["jazz", "rock"]);
}

#[test]
fn merged_spellings_are_told_with_their_counts() {
    let world = World::new();
    for (name, genre) in [("a.wav", "Hip-Hop"), ("b.wav", "hip hop"), ("c.wav", "Hip-Hop"), ("d.wav", "Rap")] {
        world.song(name, &[(ItemKey::Genre, genre)]);
    }
    let mut options = world.options();
    let library = read(&options).unwrap();
    let [conflict] = of_kind(&library, ConflictKind::Spellings)[..] else { panic!("{:?}", library.conflicts) };
    assert_eq!(conflict.message, "Hip-Hop: also written \"hip hop\" (1 song)");
    options.aliases_file = Some(world.text("aliases.txt", "# mine\nhip hop = rap\n"));
    let library = read(&options).unwrap();
    let [conflict] = of_kind(&library, ConflictKind::Spellings)[..] else { panic!("{:?}", library.conflicts) };
    assert_eq!(conflict.message, "hip hop: also written \"Hip-Hop\" (2 songs), \"Rap\" (1 song)");
    assert_eq!(tags(&library, "d.wav"), ["hip hop"]);
}
