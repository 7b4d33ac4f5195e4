//! Collections that Rekordbox exported as XML (`DJ_PLAYLISTS`).

mod location;
mod xml_lines;

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use encoding_rs_io::DecodeReaderBytesBuilder;
use error::{Code, Error, Result};
use quick_xml::events::{BytesStart, Event};
use quick_xml::Reader;

use crate::list::{broken, existing, Entry, Facts, List, Missing};
use crate::metadata::{stars_of_byte, tag_of_stars};
use crate::source::Source;
use location::path_of;
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
            Event::Eof => break,
            _ => {}
        }
        buffer.clear();
    }
    collection.finish()
}

/// The part of a collection that was read so far.
struct Collection<'a> {
    file: &'a Path,
    choice: &'a Choice,
    /// Whether the root element was seen.
    begun: bool,
    in_collection: bool,
    entries: Vec<Entry>,
    missing: Missing,
    total: usize,
    /// The positions of the entries by their TrackID, and by their Location.
    by_id: HashMap<String, usize>,
    by_location: HashMap<String, usize>,
    /// The open nodes: the name of a playlist, `None` for a folder.
    nodes: Vec<Option<String>>,
}

impl<'a> Collection<'a> {
    fn new(file: &'a Path, choice: &'a Choice) -> Self {
        Self {
            file,
            choice,
            begun: false,
            in_collection: false,
            entries: Vec::new(),
            missing: Missing::default(),
            total: 0,
            by_id: HashMap::new(),
            by_location: HashMap::new(),
            nodes: Vec::new(),
        }
    }

    /// An element begins; `open` says whether it has an end.
    fn begin(&mut self, element: &BytesStart, line: u64, open: bool) -> Result<()> {
        let name = element.local_name();
        let name = name.as_ref();
        if !self.begun {
            if name != "DJ_PLAYLISTS" {
                let hint = match name {
                    "plist" => ", this is a library of iTunes or Music",
                    "NML" => ", this is a collection of Traktor",
                    "playlist" => ", this is an XSPF playlist",
                    _ => "",
                };
                let message = format!(
                    "the first element is <{name}>, expected <DJ_PLAYLISTS>{hint}; export the collection in Rekordbox \
                     with File > Export Collection in xml format"
                );
                return Err(broken(self.file, line, message));
            }
            self.begun = true;
            return Ok(());
        }
        match name {
            "COLLECTION" => self.in_collection = open,
            "NODE" if open => {
                let attributes = self.attributes(element, line)?;
                let is_playlist = attributes.get("Type").is_some_and(|kind| kind == "1");
                self.nodes.push(attributes.get("Name").filter(|_| is_playlist).cloned());
            }
            "TRACK" if self.in_collection => self.track(element, line)?,
            "TRACK" if self.choice.playlists => {
                if let Some(Some(name)) = self.nodes.last() {
                    let text = (Source::RekordboxPlaylist, name.clone());
                    let attributes = self.attributes(element, line)?;
                    // A key is a TrackID or a Location; the KeyType of the node says which, but they cannot be confused.
                    let key = attributes.get("Key").map(String::as_str).unwrap_or_default();
                    let position = self.by_id.get(key).or_else(|| self.by_location.get(key)).copied();
                    if let Some(entry) = position.and_then(|position| self.entries.get_mut(position)) {
                        if !entry.texts.contains(&text) {
                            entry.texts.push(text);
                        }
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) {
        match name {
            "COLLECTION" => self.in_collection = false,
            "NODE" => drop(self.nodes.pop()),
            _ => {}
        }
    }

    /// A track of the collection.
    fn track(&mut self, element: &BytesStart, line: u64) -> Result<()> {
        let mut attributes = self.attributes(element, line)?;
        self.total += 1;
        let location = attributes.remove("Location").unwrap_or_else(|| "a track without Location".to_owned());
        let found = path_of(&location).and_then(|path| existing(&path));
        let Some(path) = found else {
            self.missing.add(line, &location);
            return Ok(());
        };
        let mut take = |name: &str| attributes.remove(name).filter(|text| !text.trim().is_empty());
        let mut texts = Vec::new();
        texts.extend(take("Genre").map(|text| (Source::RekordboxGenre, text)));
        texts.extend(take("Grouping").map(|text| (Source::RekordboxGrouping, text)));
        let (my_tags, comment) = my_tags(&take("Comments").unwrap_or_default());
        texts.extend(my_tags.into_iter().map(|tag| (Source::RekordboxMyTag, tag)));
        if self.choice.comments && !comment.is_empty() {
            texts.push((Source::RekordboxComment, comment));
        }
        let rating =
            take("Rating").and_then(|text| text.trim().parse().ok()).and_then(|byte| tag_of_stars(stars_of_byte(byte)));
        texts.extend(rating.map(|tag| (Source::RekordboxRating, tag)));
        let facts = Facts { artist: take("Artist"), album_artist: None, album: take("Album"), title: take("Name") };
        if let Some(id) = take("TrackID") {
            self.by_id.insert(id, self.entries.len());
        }
        self.by_location.insert(location, self.entries.len());
        self.entries.push(Entry { path, line, texts, facts });
        Ok(())
    }

    fn attributes(&self, element: &BytesStart, line: u64) -> Result<HashMap<String, String>> {
        let mut attributes = HashMap::new();
        for attribute in element.attributes() {
            let attribute = attribute.map_err(|reason| broken(self.file, line, reason))?;
            let name = attribute.key.local_name().as_ref().to_owned();
            let value = attribute
                .normalized_value(quick_xml::XmlVersion::default())
                .map_err(|reason| broken(self.file, line, format!("the attribute {name} cannot be read: {reason}")))?;
            attributes.insert(name, value.into_owned());
        }
        Ok(attributes)
    }

    fn finish(self) -> Result<List> {
        if !self.begun {
            return Err(broken(self.file, 1, "it has no element <DJ_PLAYLISTS>: it is empty or not XML"));
        }
        let warnings = self.missing.warning(self.file, self.total).into_iter().collect();
        Ok(List { file: self.file.to_path_buf(), entries: self.entries, warnings })
    }
}

/// The My Tags in a comment, which Rekordbox writes as `/* Deep / Late Night */`, and the rest of the comment.
fn my_tags(comment: &str) -> (Vec<String>, String) {
    let between = comment.split_once("/*").and_then(|(before, rest)| {
        let (inside, after) = rest.split_once("*/")?;
        Some((before, inside, after))
    });
    let Some((before, inside, after)) = between else { return (Vec::new(), comment.trim().to_owned()) };
    let tags = inside.split(" / ").map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned);
    (tags.collect(), format!("{} {}", before.trim(), after.trim()).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn my_tags_are_separated_from_the_comment() {
        assert_eq!(my_tags("hello"), (vec![], "hello".into()));
        assert_eq!(my_tags("/* A */"), (vec!["A".into()], String::new()));
        assert_eq!(my_tags("x /* A / B/C */ y"), (vec!["A".into(), "B/C".into()], "x y".into()));
        assert_eq!(my_tags("/* open"), (vec![], "/* open".into()));
    }
}
