//! Clips of different parts that have the same audio, in the same file or in different ones.

use std::collections::HashMap;

use error::WarningCode;

use crate::cache::AudioHash;
use crate::dataset::Part;
use crate::event::Warning;

/// Number of groups that the message lists.
const LISTED: usize = 3;

/// Warns of audio that is in several parts; `clips` are the part, name and audio hash of every usable clip.
pub(crate) fn warning<'a>(clips: impl Iterator<Item = (Part, &'a str, AudioHash)>) -> Option<Warning> {
    let mut groups: HashMap<AudioHash, Vec<(Part, &str)>> = HashMap::new();
    for (part, name, audio) in clips {
        groups.entry(audio).or_default().push((part, name));
    }
    let mut shared: Vec<Vec<(Part, &str)>> =
        groups.into_values().filter(|group| group.iter().any(|(part, _)| *part != group[0].0)).collect();
    shared.sort_unstable();
    if shared.is_empty() {
        return None;
    }
    let named = |group: &Vec<(Part, &str)>| {
        let names: Vec<String> = group.iter().take(4).map(|(part, name)| format!("{name} ({part})")).collect();
        format!("{}{}", names.join(" = "), if group.len() > names.len() { " = ..." } else { "" })
    };
    let listed: Vec<String> = shared.iter().take(LISTED).map(named).collect();
    let message = format!(
        "the same audio is in more than one part, which makes scores too good, {} {}: {}{}; keep each clip in one part \
         only",
        shared.len(),
        if shared.len() == 1 { "time" } else { "times" },
        listed.join("; "),
        if shared.len() > LISTED { "; ..." } else { "" },
    );
    let clips = shared.iter().flatten().take(Warning::CLIPS).map(|(_, name)| (*name).to_owned()).collect();
    Some(Warning { clips, ..Warning::new(WarningCode::SameAudioInTwoParts, message) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audio_of_two_parts_is_named_and_audio_of_one_is_not() {
        let hash = |text: &str| AudioHash::of(text.as_bytes());
        let clips = |list: &[(Part, &'static str, &str)]| -> Option<Warning> {
            warning(list.iter().map(|&(part, name, audio)| (part, name, hash(audio))))
        };
        assert!(clips(&[(Part::Train, "a", "x"), (Part::Train, "b", "x"), (Part::Test, "c", "y")]).is_none());
        let found = clips(&[
            (Part::Test, "d", "y"),
            (Part::Train, "a", "x"),
            (Part::Train, "c", "y"),
            (Part::Valid, "b", "x"),
            (Part::Train, "e", "x"),
        ]);
        let found = found.unwrap();
        assert_eq!(
            (found.code, &found.clips[..]),
            (WarningCode::SameAudioInTwoParts, &["a", "b", "e", "d", "c"].map(String::from)[..])
        );
        assert!(found.message.contains("2 times: a (train) = b (valid) = e (train)"), "{}", found.message);
        let many: Vec<(Part, String)> =
            (0..400).map(|i| (if i < 200 { Part::Train } else { Part::Test }, format!("clip {i}"))).collect();
        let found =
            warning(many.iter().enumerate().map(|(i, (part, name))| (*part, &**name, hash(&(i % 200).to_string()))));
        let found = found.unwrap();
        assert!(found.clips.len() == Warning::CLIPS && found.message.len() < 500, "{}", found.message);
    }
}
