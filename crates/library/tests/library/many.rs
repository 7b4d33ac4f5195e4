//! Many songs: the same result with any number of threads, and progress.

use library::{LibraryOptions, LibraryProgress};
use lofty::tag::ItemKey;

use crate::world::World;

#[test]
fn a_thousand_songs_are_the_same_with_one_thread_and_with_eight() {
    let world = World::new();
    let template = world.song("template.wav", &[(ItemKey::Genre, "Rock; Pop"), (ItemKey::TrackArtist, "Ann")]);
    for number in 0..1_000 {
        std::fs::create_dir_all(world.path(&format!("{}", number % 10))).unwrap();
        std::fs::copy(&template, world.path(&format!("{}/{number}.wav", number % 10))).unwrap();
    }
    let read = |jobs: usize| {
        let mut told: Vec<LibraryProgress> = Vec::new();
        let options = LibraryOptions { jobs, folder_levels: vec![1], ..world.options() };
        let library = library::read(&options, &mut |progress| told.push(progress), &Default::default()).unwrap();
        (library, told)
    };
    let (one, told) = read(1);
    assert_eq!(one.songs.len(), 1_001);
    assert_eq!(told.last(), Some(&LibraryProgress { found: 1_001, read: 1_001, failed: 0 }));
    assert!(told.windows(2).all(|pair| pair[0].read <= pair[1].read), "{told:?}");
    assert!(told.iter().all(|one| one.read <= one.found), "{told:?}");
    assert_eq!(read(8).0, one);
    assert!(one.songs.windows(2).all(|pair| pair[0].path.to_str() != pair[1].path.to_str()));
}

/// Prints the seconds and the memory of `docs/library.md`:
/// `cargo test -p samplecnn-library --test library -- --ignored --nocapture a_hundred_thousand`.
#[test]
#[ignore = "it makes 100,000 files"]
fn a_hundred_thousand_songs_are_read_in_bounded_memory() {
    let world = World::new();
    for number in 0..100_000 {
        let (artist, album) = (format!("Artist {}", number / 50), format!("Album {}", number / 10));
        let genre = format!("Style {}; Mood {}", number % 40, number % 7);
        let items = [
            (ItemKey::Genre, genre.as_str()),
            (ItemKey::TrackArtist, &artist),
            (ItemKey::AlbumTitle, &album),
            (ItemKey::TrackTitle, "A title of the usual length"),
        ];
        world.song(&format!("{}/{album}/{number}.wav", number / 500), &items);
    }
    let before = peak_mebibytes();
    let started = std::time::Instant::now();
    let library = world.read();
    let (seconds, after) = (started.elapsed().as_secs_f64(), peak_mebibytes());
    println!("{} songs, {} tags: {seconds:.1} s, {} MiB", library.songs.len(), library.tags.len(), after - before);
    assert_eq!((library.songs.len(), library.tags.len()), (100_000, 47));
    assert!(after - before < 512, "{} MiB", after - before);
}

/// The most memory that this process has used; 0 where the system does not tell.
fn peak_mebibytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().split(' ').next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}
