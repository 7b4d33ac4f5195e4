//! Collections that Rekordbox exported as XML (`DJ_PLAYLISTS`).

mod collection;
mod location;
mod my_tags;
mod xml_lines;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use encoding_rs_io::DecodeReaderBytesBuilder;
use error::{Code, Error, Result};
use quick_xml::events::Event;
use quick_xml::Reader;

use crate::list::{broken, List};
use collection::Collection;
use xml_lines::XmlLines;

/// The largest collection, in bytes; a track has about 1,000.
const LARGEST: u64 = 512 << 20;
/// The deepest nesting of elements.
const DEEPEST: usize = 256;

/// What is read of a collection.
pub(crate) struct Choice {
    pub(crate) comments: bool,
    pub(crate) playlists: bool,
}

/// Reads a collection: genre, grouping, rating and My Tags of its tracks, and by `choice` comments and the playlists.
/// Entities other than those of XML itself are refused, so that none can grow.
///
/// # Errors
/// [`Code::Dataset`] with the line for a file that is not well-formed XML or not a Rekordbox collection, and for one
/// larger than 512 MiB; [`Code::FileNotFound`]; [`Code::Io`].
pub(crate) fn read(file: &Path, choice: &Choice) -> Result<List> {
    let failed = |reason: &std::io::Error| Error::input(file, Code::Dataset, reason);
    let length = std::fs::metadata(file).map_err(|reason| failed(&reason))?.len();
    if length > LARGEST {
        return Err(broken(
            file,
            1,
            format!("it has {} MiB; a collection has at most {}", length >> 20, LARGEST >> 20),
        ));
    }
    let opened = File::open(file).map_err(|reason| failed(&reason))?.take(LARGEST);
    let decoded = DecodeReaderBytesBuilder::new().bom_override(true).strip_bom(true).utf8_passthru(true).build(opened);
    let mut reader = Reader::from_reader(XmlLines::new(BufReader::new(decoded)));
    let mut collection = Collection::new(file, choice);
    let (mut buffer, mut depth) = (Vec::new(), 0_usize);
    loop {
        let line = reader.get_ref().line();
        let event = reader.read_event_into(&mut buffer).map_err(|reason| match &reason {
            quick_xml::Error::Io(reason) if error::is_passing(reason) => failed(reason),
            _ => broken(file, line, format!("not well-formed XML: {reason}")),
        })?;
        match event {
            Event::Start(element) => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(broken(file, line, format!("more than {DEEPEST} elements inside each other")));
                }
                collection.begin(&element, line, true)?;
            }
            Event::Empty(element) => collection.begin(&element, line, false)?,
            Event::End(element) => {
                depth = depth.saturating_sub(1);
                collection.end(element.local_name().as_ref());
            }
            Event::Eof if depth > 0 => {
                return Err(broken(file, line, "the file ends inside an element: export the collection again"));
            }
            Event::Eof => break,
            _ => {}
        }
        buffer.clear();
    }
    collection.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    const BOTH: Choice = Choice { comments: true, playlists: true };

    fn read_text(text: &str) -> Result<List> {
        let folder = tempfile::tempdir().unwrap();
        for name in ["R&B 100%.mp3", "b.mp3"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let file = folder.path().join("rekordbox.xml");
        let address = format!("file://localhost{}", folder.path().display());
        std::fs::write(&file, text.replace("FOLDER", &address)).unwrap();
        read(&file, &BOTH)
    }

    const TRACKS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<DJ_PLAYLISTS Version="1.0.0">
  <PRODUCT Name="rekordbox" Version="6.0.0" Company="AlphaTheta"/>
  <COLLECTION Entries="3">
    <TRACK TrackID="1" Name="One &amp; Only" Artist="A" Album="X" Genre="House; Techno" Grouping=""
      Comments="/* Deep / Late Night */ from the fair" Rating="204" Location="FOLDER/R%26B%20100%25.mp3">
      <TEMPO Inizio="0.025" Bpm="128.00"/>
    </TRACK>
    <TRACK TrackID="2" Genre="House" Rating="0" Location="FOLDER/b.mp3"/>
    <TRACK TrackID="3" Genre="House" Location="file://localhost/C:/Users/me/gone.mp3"/>
  </COLLECTION>
  <PLAYLISTS>
    <NODE Type="0" Name="ROOT" Count="1">
      <NODE Name="Peak Time" Type="1" KeyType="0" Entries="2"><TRACK Key="1"/><TRACK Key="1"/><TRACK Key="3"/></NODE>
      <NODE Name="By Place" Type="1" KeyType="1" Entries="1"><TRACK Key="FOLDER/b.mp3"/></NODE>
    </NODE>
  </PLAYLISTS>
</DJ_PLAYLISTS>"#;

    #[test]
    fn tracks_and_playlists_are_read() {
        let list = read_text(TRACKS).unwrap();
        let [first, second] = list.entries.as_slice() else { panic!("{:?}", list.entries) };
        assert!(first.path.ends_with("R&B 100%.mp3") && first.line == 5, "{first:?}");
        let text = |source: Source, text: &str| (source, text.to_owned());
        assert_eq!(
            first.texts,
            [
                text(Source::RekordboxGenre, "House; Techno"),
                text(Source::RekordboxMyTag, "Deep"),
                text(Source::RekordboxMyTag, "Late Night"),
                text(Source::RekordboxComment, "from the fair"),
                text(Source::RekordboxRating, "rating 4"),
                text(Source::RekordboxPlaylist, "Peak Time"),
            ]
        );
        assert_eq!(first.facts.title.as_deref(), Some("One & Only"));
        assert_eq!(second.texts, [text(Source::RekordboxGenre, "House"), text(Source::RekordboxPlaylist, "By Place")]);
        let message = &list.warnings[0].message;
        assert!(
            message.contains("1 of 3 files") && message.contains("line 10: file://localhost/C:/Users"),
            "{message}"
        );
    }

    #[test]
    fn the_xml_of_another_program_is_refused() {
        for (text, part) in [
            ("<?xml version=\"1.0\"?>\n<plist version=\"1.0\"><dict/></plist>", "line 2: the first element is <plist>"),
            ("<NML VERSION=\"19\"/>", "Traktor"),
            ("", "no element"),
            ("just a text", "no element"),
        ] {
            let error = read_text(text).err().unwrap();
            assert!(error.code == Code::Dataset && error.message.contains(part), "{error}");
        }
    }

    #[test]
    fn damaged_xml_is_refused_with_its_line() {
        let track = |attributes: &str| {
            format!("<DJ_PLAYLISTS>\n<COLLECTION>\n<TRACK {attributes}/></COLLECTION></DJ_PLAYLISTS>")
        };
        for (text, part) in [
            ("<DJ_PLAYLISTS>\n<COLLECTION></PLAYLISTS>".to_owned(), "line 2: not well-formed"),
            (track("Name=\"&big;\" Location=\"FOLDER/b.mp3\""), "line 3: the attribute Name"),
            ("<DJ_PLAYLISTS>".to_owned() + &"<a>".repeat(1_000), "inside each other"),
            ("<DJ_PLAYLISTS>\n<COLLECTION>\n".to_owned(), "line 3: the file ends inside an element"),
        ] {
            let error = read_text(&text).err().unwrap();
            assert!(error.code == Code::Dataset && error.message.contains(part), "{error}");
        }
    }

    #[test]
    fn entities_do_not_grow() {
        let bomb = format!(
            "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>\n<DJ_PLAYLISTS><COLLECTION>\n\
             <TRACK Name=\"{}\" Location=\"FOLDER/b.mp3\"/></COLLECTION></DJ_PLAYLISTS>",
            "&b;".repeat(1_000)
        );
        let error = read_text(&bomb).err().unwrap();
        assert!(error.message.contains("line 3") && error.message.len() < 4_100, "{error}");
    }
}
