//! Damaged, tiny and unusual files of public test suites: each is a song or a coded failure.

use std::time::{Duration, Instant};

use error::Code;

#[test]
fn every_odd_file_is_a_song_or_a_coded_failure() {
    let Some(folder) = testbed::shared("data/oddities") else { return };
    let mut files = 0;
    for found in tagger::Walk::new(vec![folder.clone()], None) {
        files += usize::from(matches!(found, tagger::Found::File(_)));
    }
    assert!(files >= 600, "{files} files");
    let world = crate::world::World::new();
    let path = world.song("with a tag.wav", &[(lofty::tag::ItemKey::Genre, "Rock")]);
    let options = library::LibraryOptions { paths: vec![folder, path], ..library::LibraryOptions::default() };
    let started = Instant::now();
    let library = crate::world::read(&options).unwrap();
    assert_eq!(library.songs.len() + library.failed.len(), files + 1);
    assert!(started.elapsed() < Duration::from_secs(120), "{:?}", started.elapsed());
    for failed in &library.failed {
        let code = if failed.message.ends_with("the file is empty") { Code::NoAudio } else { Code::Decode };
        assert_eq!(failed.code, code, "{failed:?}");
        assert!(failed.message.contains(&failed.path), "{failed:?}");
    }
    println!("{} songs, {} failed, {} tags", library.songs.len(), library.failed.len(), library.tags.len());
    assert!(library.songs.len() > 300, "{} songs", library.songs.len());
}
