//! The examples of `docs/library.md` are what the code prints. With `SAMPLECNN_GENERATE` the test writes them.

use std::path::{Path, PathBuf};

use lofty::tag::ItemKey;
use serde_json::Value;

use crate::world::{read, World};

/// The summary of a small library, with `music` in place of the folder of the test.
fn summaries(world: &World) -> (String, String) {
    let of =
        |artist, title, genre| [(ItemKey::TrackArtist, artist), (ItemKey::TrackTitle, title), (ItemKey::Genre, genre)];
    for (name, artist, title, genre) in [
        ("Rock/Ann/One.wav", "Ann", "One", "Rock; Indie"),
        ("Rock/Ann/Two.wav", "Ann", "Two", "(17)"),
        ("Rock/Bob/Low.wav", "Bob", "Low", "Jazz"),
        ("Jazz/Cleo/Blue.wav", "Cleo", "Blue", "jazz / Soul"),
        ("Jazz/Cleo/Noon.wav", "Cleo", "Noon", "Jazz"),
        ("Hip-Hop/Dan/Beat.wav", "Dan", "Beat", "Hip-Hop"),
        ("Hip-Hop/Dan/Rhyme.wav", "Dan", "Rhyme", "hip hop, Other"),
        ("Hip-Hop/Eve/Rhyme.wav", "Dan", "Rhyme", "Rap"),
    ] {
        world.song(&format!("music/{name}"), &of(artist, title, genre));
    }
    world.sound("music/Jazz/unknown.wav");
    world.text("music/Rock/cut.flac", b"fLaC\x00\x00\x00\x22\x10");
    let mut options = world.options();
    options.paths = vec![world.path("music")];
    options.folder_levels = vec![1];
    options.playlists = vec![world.text("Sunday.m3u", "#EXTM3U\nmusic/Jazz/Cleo/Blue.wav\nmusic/Jazz/Cleo/gone.wav\n")];
    let summary = read(&options).unwrap().summary();
    let mut record = serde_json::to_value(&summary).unwrap();
    for (list, most) in [("tags", 1), ("conflicts", 1), ("warnings", 1)] {
        record[list].as_array_mut().unwrap().truncate(most);
    }
    let json = serde_json::to_string_pretty(&record).unwrap();
    let folder = format!("{}/", world.path("").display().to_string().trim_end_matches('/'));
    (summary.text().replace(&folder, ""), json.replace(&folder, ""))
}

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/library.md")
}

/// The first block of `page` that begins with the line `fence` after `heading`.
fn block<'a>(page: &'a str, heading: &str, fence: &str) -> &'a str {
    let after = &page[page.find(heading).unwrap_or_else(|| panic!("no {heading} in the page"))..];
    let inside = &after[after.find(fence).unwrap_or_else(|| panic!("no {fence} in the page")) + fence.len()..];
    &inside[..inside.find("```").unwrap()]
}

/// `page` with `content` in that block.
fn with_block(page: &str, heading: &str, fence: &str, content: &str) -> String {
    let old = block(page, heading, fence);
    let begin = old.as_ptr() as usize - page.as_ptr() as usize;
    format!("{}{content}{}", &page[..begin], &page[begin + old.len()..])
}

#[cfg(unix)] // The page shows paths with `/`.
#[test]
fn the_examples_of_the_page_are_what_is_printed() {
    let (text, json) = summaries(&World::new());
    let before = std::fs::read_to_string(page()).unwrap();
    let after = with_block(&before, "## Example", "```text\n", &text);
    let after = with_block(&after, "## Example", "```json\n", &format!("{json}\n"));
    if std::env::var_os("SAMPLECNN_GENERATE").is_some() {
        std::fs::write(page(), &after).unwrap();
    } else {
        // The formatter of the pages arranges JSON in its own way.
        let value = |page: &str| serde_json::from_str::<Value>(block(page, "## Example", "```json\n")).unwrap();
        let same = block(&before, "## Example", "```text\n") == text && value(&before) == value(&after);
        assert!(same, "docs/library.md is out of date; it must show:\n{text}\n{json}");
    }
}
