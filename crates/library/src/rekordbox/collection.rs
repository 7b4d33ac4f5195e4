//! The elements of a collection: tracks, and playlists that name them.

use std::collections::HashMap;
use std::path::Path;

use error::Result;
use quick_xml::events::BytesStart;

use super::location::path_of;
use super::my_tags::my_tags;
use super::Choice;
use crate::list::{broken, existing, Entry, Facts, List, Missing};
use crate::metadata::{stars_of_byte, tag_of_stars};
use crate::source::Source;

/// The part of a collection that was read so far.
pub(super) struct Collection<'a> {
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
    /// Nothing was read yet of the collection `file`.
    pub(super) fn new(file: &'a Path, choice: &'a Choice) -> Self {
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
    ///
    /// # Errors
    /// [`error::Code::Dataset`] for another first element, and for attributes that cannot be read.
    pub(super) fn begin(&mut self, element: &BytesStart, line: u64, open: bool) -> Result<()> {
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
                    // A key is a TrackID or a Location; the KeyType of the node says which, but they cannot be
                    // confused.
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

    /// The element `name` ends.
    pub(super) fn end(&mut self, name: &str) {
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

    /// The list of what was found.
    ///
    /// # Errors
    /// [`error::Code::Dataset`] if no element was seen.
    pub(super) fn finish(self) -> Result<List> {
        if !self.begun {
            return Err(broken(self.file, 1, "it has no element <DJ_PLAYLISTS>: it is empty or not XML"));
        }
        let warnings = self.missing.warning(self.file, self.total).into_iter().collect();
        Ok(List { file: self.file.to_path_buf(), entries: self.entries, warnings })
    }
}
