//! Damaged copies of good files: every one ends in a song, a failure or a coded error, and never in a crash.

use error::Code;
use library::LibraryOptions;
use lofty::tag::{ItemKey, TagType};

use crate::world::{read, write_tag, World};

/// Numbers from a fixed seed (xorshift).
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    /// `bytes` with a few bytes changed, removed or repeated, or its end cut off.
    fn damaged(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut damaged = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(damaged.len());
            match self.below(4) {
                0 => damaged.truncate(at),
                1 => drop(damaged.drain(at..(at + self.below(16)).min(damaged.len()))),
                2 => damaged.insert(at.min(damaged.len()), [0, 0xff, b'<', b'"', b'&'][self.below(5)]),
                _ => damaged.iter_mut().skip(at).take(1 + self.below(4)).for_each(|byte| *byte ^= 1 << self.below(8)),
            }
        }
        damaged
    }
}

#[test]
fn damaged_metadata_ends_in_a_song_or_a_coded_failure() {
    let world = World::new();
    let items = [(ItemKey::Genre, "Rock; Pop"), (ItemKey::TrackArtist, "Ann"), (ItemKey::Comment, "slow")];
    let mut seeds = vec![world.song("seeds/a.wav", &items)];
    if testbed::program("ffmpeg") {
        let sound = world.sound("sound.wav");
        for (name, kind) in [
            ("a.mp3", TagType::Id3v2),
            ("b.mp3", TagType::Ape),
            ("c.flac", TagType::VorbisComments),
            ("d.ogg", TagType::VorbisComments),
            ("e.m4a", TagType::Mp4Ilst),
            ("f.aiff", TagType::Id3v2),
        ] {
            let path = world.path(&format!("seeds/{name}"));
            assert!(std::process::Command::new("ffmpeg")
                .args(["-v", "error", "-i"])
                .arg(&sound)
                .args(["-ar", "48000"])
                .arg(&path)
                .status()
                .unwrap()
                .success());
            write_tag(&path, kind, &items);
            seeds.push(path);
        }
    }
    let (mut draw, each) = (Draw(0x9e37_79b9_7f4a_7c15), 150);
    for seed in &seeds {
        let (bytes, suffix) = (std::fs::read(seed).unwrap(), seed.extension().unwrap().to_str().unwrap());
        for number in 0..each {
            world.text(&format!("damaged/{suffix} {number} {}.{suffix}", bytes.len()), draw.damaged(&bytes));
        }
    }
    let good = world.song("damaged/good.wav", &items);
    assert!(good.exists());
    let options = LibraryOptions { paths: vec![world.path("damaged")], ..world.options() };
    let library = read(&options).unwrap();
    assert_eq!(library.songs.len() + library.failed.len(), seeds.len() * each + 1);
    for failed in &library.failed {
        // A file of which nothing is left is called empty.
        let code = if failed.message.ends_with("the file is empty") { Code::NoAudio } else { Code::Decode };
        assert_eq!(failed.code, code, "{failed:?}");
    }
}

#[test]
fn damaged_lists_end_in_songs_or_a_coded_error() {
    let world = World::new();
    let song = world.song("a.wav", &[(ItemKey::Genre, "Rock")]);
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DJ_PLAYLISTS Version=\"1.0.0\">\n<COLLECTION Entries=\"1\">\n\
         <TRACK TrackID=\"1\" Name=\"A &amp; B\" Genre=\"Rock\" Comments=\"/* x / y */\" Rating=\"204\" \
         Location=\"file://localhost{}\"/>\n</COLLECTION>\n<PLAYLISTS><NODE Type=\"1\" Name=\"P\"><TRACK Key=\"1\"/>\
         </NODE></PLAYLISTS>\n</DJ_PLAYLISTS>\n",
        song.display()
    );
    let m3u = "#EXTM3U\r\n#PLAYLIST:Late\r\n#EXTINF:1,Ann - One\r\na.wav\r\nsub\\b.wav\r\n";
    let mut draw = Draw(0x2545_f491_4f6c_dd1d);
    for number in 0..1_000 {
        let is_xml = number % 2 == 0;
        let bytes = draw.damaged(if is_xml { xml.as_bytes() } else { m3u.as_bytes() });
        let file = world.text(if is_xml { "list.xml" } else { "list.m3u" }, &bytes);
        let mut options = LibraryOptions { paths: vec![song.clone()], rekordbox_playlists: is_xml, ..world.options() };
        let lists = if is_xml { &mut options.rekordbox } else { &mut options.playlists };
        lists.push(file);
        match read(&options) {
            Ok(library) => assert_eq!(library.songs.len(), 1, "{}", String::from_utf8_lossy(&bytes)),
            Err(error) => {
                assert_eq!(error.code, Code::Dataset, "{error}");
                assert!(error.message.contains(": line "), "{error}");
            }
        }
    }
}
