//! The record `library` and its text.

use lofty::tag::ItemKey;
use serde_json::{json, Value};

use crate::world::{read, World};

#[test]
fn the_record_has_counts_tags_contradictions_and_failures() {
    let world = World::new();
    let of = |artist, genre| [(ItemKey::TrackArtist, artist), (ItemKey::AlbumTitle, "X"), (ItemKey::Genre, genre)];
    world.song("a.wav", &of("Ann", "Hip-Hop"));
    world.song("b.wav", &of("Bob", "hip hop; Unknown"));
    world.song("c.wav", &[(ItemKey::Genre, "Jazz")]);
    world.sound("d.wav");
    world.text("e.flac", b"fLaC\x00\x00\x00\x22\x10");
    let summary = read(&world.options()).unwrap().summary();
    let record: Value = serde_json::to_value(&summary).unwrap();
    for (key, value) in [
        ("schema", json!(1)),
        ("songs", json!(4)),
        ("tagged", json!(3)),
        ("artists", json!(2)),
        ("albums", json!(2)),
        ("withoutArtist", json!(2)),
        ("failedFiles", json!(1)),
        ("leftOut", json!(0)),
        ("conflictCount", json!(1)),
        ("sources", json!([{"source": "genre", "songs": 3, "tags": 2}])),
        ("ignored", json!([{"tag": "Unknown", "songs": 1}])),
    ] {
        assert_eq!(record[key], value, "{key}");
    }
    assert_eq!(
        record["tags"][0],
        json!({"tag": "Hip-Hop", "songs": 2, "artists": 2,
               "spellings": [{"text": "Hip-Hop", "songs": 1}, {"text": "hip hop", "songs": 1}]})
    );
    assert_eq!(record["conflicts"][0]["kind"], "spellings");
    assert_eq!(record["failed"][0]["code"], "ERR_DECODE");
    let text = summary.text();
    for part in [
        "songs       4 (3 with tags)",
        "artists     2 (2 songs without artist)",
        "Hip-Hop        2        2",
        "not tags: Unknown (1)",
        "spellings that were merged:\n  Hip-Hop: also written \"hip hop\" (1 song)",
        "failed:\n  ERR_DECODE ",
        "warning: no artist is known of 2 of 4 songs",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
}

#[test]
fn a_long_list_is_shortened_and_counted() {
    let world = World::new();
    for number in 0..150 {
        world.song(&format!("{number}.wav"), &[(ItemKey::Genre, &format!("Style {number}; style-{number}"))]);
    }
    let summary = read(&world.options()).unwrap().summary();
    assert_eq!((summary.tags.len(), summary.conflict_count, summary.conflicts.len()), (150, 150, 100));
    assert!(summary.text().contains("... and 130 more tags"), "{}", summary.text());
}
