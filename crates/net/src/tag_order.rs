//! The tag lists of the published datasets, in the order of the networks' outputs.
//!
//! The lists are constants and are never recomputed from counts, because the order of tags with equal counts would
//! depend on the sorting.

/// The 50 most frequent tags of MagnaTagATune, by decreasing clip count (minzwon, jordipons, CLMR: order B).
pub const MTAT_TAGS: [&str; 50] = [
    "guitar",
    "classical",
    "slow",
    "techno",
    "strings",
    "drums",
    "electronic",
    "rock",
    "fast",
    "piano",
    "ambient",
    "beat",
    "violin",
    "vocal",
    "synth",
    "female",
    "indian",
    "opera",
    "male",
    "singing",
    "vocals",
    "no vocals",
    "harpsichord",
    "loud",
    "quiet",
    "flute",
    "woman",
    "male vocal",
    "no vocal",
    "pop",
    "soft",
    "sitar",
    "solo",
    "man",
    "classic",
    "choir",
    "voice",
    "new age",
    "dance",
    "male voice",
    "female vocal",
    "beats",
    "harp",
    "cello",
    "no voice",
    "weird",
    "country",
    "metal",
    "female voice",
    "choral",
];

/// The 50 most frequent Last.fm tags of the Million Song Dataset.
pub const MSD_TAGS: [&str; 50] = [
    "rock",
    "pop",
    "alternative",
    "indie",
    "electronic",
    "female vocalists",
    "dance",
    "00s",
    "alternative rock",
    "jazz",
    "beautiful",
    "metal",
    "chillout",
    "male vocalists",
    "classic rock",
    "soul",
    "indie rock",
    "Mellow",
    "electronica",
    "80s",
    "folk",
    "90s",
    "chill",
    "instrumental",
    "punk",
    "oldies",
    "blues",
    "hard rock",
    "ambient",
    "acoustic",
    "experimental",
    "female vocalist",
    "guitar",
    "Hip-Hop",
    "70s",
    "party",
    "country",
    "easy listening",
    "sexy",
    "catchy",
    "funk",
    "electro",
    "heavy metal",
    "Progressive rock",
    "60s",
    "rnb",
    "indie pop",
    "sad",
    "House",
    "happy",
];

/// The 50 most frequent tags of MTG-Jamendo, in alphabetical order.
pub const JAMENDO_TAGS: [&str; 50] = [
    "genre---alternative",
    "genre---ambient",
    "genre---atmospheric",
    "genre---chillout",
    "genre---classical",
    "genre---dance",
    "genre---downtempo",
    "genre---easylistening",
    "genre---electronic",
    "genre---experimental",
    "genre---folk",
    "genre---funk",
    "genre---hiphop",
    "genre---house",
    "genre---indie",
    "genre---instrumentalpop",
    "genre---jazz",
    "genre---lounge",
    "genre---metal",
    "genre---newage",
    "genre---orchestral",
    "genre---pop",
    "genre---popfolk",
    "genre---poprock",
    "genre---reggae",
    "genre---rock",
    "genre---soundtrack",
    "genre---techno",
    "genre---trance",
    "genre---triphop",
    "genre---world",
    "instrument---acousticguitar",
    "instrument---bass",
    "instrument---computer",
    "instrument---drummachine",
    "instrument---drums",
    "instrument---electricguitar",
    "instrument---electricpiano",
    "instrument---guitar",
    "instrument---keyboard",
    "instrument---piano",
    "instrument---strings",
    "instrument---synthesizer",
    "instrument---violin",
    "instrument---voice",
    "mood/theme---emotional",
    "mood/theme---energetic",
    "mood/theme---film",
    "mood/theme---happy",
    "mood/theme---relaxing",
];

/// The order of the outputs of a published network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagOrder {
    /// [`MTAT_TAGS`].
    Mtat,
    /// jongpillee/music_dataset_split: as [`MTAT_TAGS`] with the tied tags metal and female voice exchanged.
    MtatKaist,
    /// tae-jun's repositories: [`MTAT_TAGS`] from the last to the first.
    MtatReversed,
    /// [`MSD_TAGS`].
    Msd,
    /// [`JAMENDO_TAGS`].
    Jamendo,
}

impl TagOrder {
    /// All orders with their names.
    pub const ALL: [(TagOrder, &'static str); 5] = [
        (TagOrder::Mtat, "mtat"),
        (TagOrder::MtatKaist, "mtat-kaist"),
        (TagOrder::MtatReversed, "mtat-reversed"),
        (TagOrder::Msd, "msd"),
        (TagOrder::Jamendo, "jamendo"),
    ];

    /// The order with the given name; `None` for any other text.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(order, _)| *order)
    }

    /// The name of the order.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(order, _)| *order == self).map_or("", |(_, name)| name)
    }

    /// The 50 tags.
    pub fn tags(self) -> Vec<String> {
        let mut tags = match self {
            TagOrder::Mtat | TagOrder::MtatKaist | TagOrder::MtatReversed => MTAT_TAGS,
            TagOrder::Msd => MSD_TAGS,
            TagOrder::Jamendo => JAMENDO_TAGS,
        };
        match self {
            TagOrder::MtatKaist => tags.swap(47, 48),
            TagOrder::MtatReversed => tags.reverse(),
            _ => {}
        }
        tags.map(String::from).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_has_fifty_different_tags() {
        for (order, name) in TagOrder::ALL {
            let mut tags = order.tags();
            tags.sort_unstable();
            tags.dedup();
            assert_eq!(tags.len(), 50, "{name}");
            assert_eq!((TagOrder::named(name), order.name()), (Some(order), name));
        }
        assert_eq!(TagOrder::named("mtat-b"), None);
    }

    #[test]
    fn the_orders_differ_where_their_sources_do() {
        let (b, kaist, reversed) = (TagOrder::Mtat.tags(), TagOrder::MtatKaist.tags(), TagOrder::MtatReversed.tags());
        assert_eq!((&*b[47], &*b[48], &*kaist[47], &*kaist[48]), ("metal", "female voice", "female voice", "metal"));
        assert_eq!((&*b[0], &*reversed[49], &*reversed[0]), ("guitar", "guitar", "choral"));
        assert_eq!((MSD_TAGS[0], MSD_TAGS[49], JAMENDO_TAGS[25]), ("rock", "happy", "genre---rock"));
    }
}
