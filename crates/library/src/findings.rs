//! What a learner of the tags should know: warnings about the whole library, and the error if it has no tag.

use error::{Code, Error, WarningCode};
use train::Warning;

use crate::song::Song;
use crate::vocabulary::Vocabulary;

/// The error for songs without any tag.
pub(crate) fn without_tags(songs: &[Song], vocabulary: &Vocabulary) -> Error {
    let ignored: Vec<&str> = vocabulary.ignored.iter().take(3).map(|one| one.tag.as_str()).collect();
    let ignored = if ignored.is_empty() { String::new() } else { format!(" except {}", ignored.join(", ")) };
    let message = format!(
        "none of the {} songs has a tag: their metadata has no genre, mood, grouping or rating that is read{ignored}; \
         take the names of folders (folderLevels), comments (metadata), a manifest, playlists or a Rekordbox \
         collection",
        songs.len()
    );
    Error::new(Code::Dataset, message).shown()
}

/// What a learner of these tags should know.
pub(crate) fn findings(songs: &[Song], vocabulary: &Vocabulary) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let nameless = songs.iter().filter(|song| song.artist_key().is_none()).count();
    if nameless > 0 {
        let message = format!(
            "no artist is known of {nameless} of {} songs: they cannot be kept together by artist; write the artists \
             into the metadata or into a manifest",
            songs.len()
        );
        warnings.push(Warning::new(WarningCode::ClipsWithoutGroup, message).of_count(nameless));
    }
    if let [only] = vocabulary.tags.as_slice() {
        let message = format!(
            "the library has only one tag, {}: nothing tells it from other tags, only from songs without tags",
            only.tag
        );
        warnings.push(Warning::new(WarningCode::OneClass, message).of_tags(vec![only.tag.clone()]));
    }
    let everywhere: Vec<String> =
        vocabulary.tags.iter().filter(|tag| tag.songs == songs.len()).map(|tag| tag.tag.clone()).collect();
    if !everywhere.is_empty() {
        let message = format!("every song has {}: there is no song without it to learn from", everywhere.join(", "));
        warnings.push(Warning::new(WarningCode::TagsWithoutNegatives, message).of_tags(everywhere));
    }
    warnings
}
