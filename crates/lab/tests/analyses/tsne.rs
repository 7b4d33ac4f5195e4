//! Planted clusters come apart in the map and in the numbers.

use std::sync::atomic::AtomicBool;

use error::Code;
use lab::analyses::features::{ClipSet, LevelFeatures};
use lab::analyses::tsne::{tsne, TsneMap, TsneOptions};

use crate::planted::{around, clips, Noise};

const CLIPS: usize = 120;

/// 120 clips: 55 with piano, 55 with techno, 5 with both, 5 with neither.
fn set() -> ClipSet {
    clips(CLIPS, &["piano", "techno", "unused"], |i| match i {
        0..55 => vec![0],
        55..110 => vec![1],
        110..115 => vec![0, 1],
        _ => vec![],
    })
}

/// Level -1 separates the tags; level -3 is noise.
fn levels() -> Vec<LevelFeatures> {
    let mut random = Noise(9);
    let centres: Vec<Vec<f64>> = (0..2).map(|_| (0..64).map(|_| 2.0 * random.next()).collect()).collect();
    let of: Vec<usize> = (0..CLIPS).map(|i| usize::from((55..110).contains(&i))).collect();
    vec![around(-3, 64, &[vec![0.0; 64], vec![0.0; 64]], 1.0, &of), around(-1, 64, &centres, 1.0, &of)]
}

fn options(tags: &[&str]) -> TsneOptions {
    TsneOptions { tags: tags.iter().map(|tag| (*tag).to_owned()).collect(), ..TsneOptions::default() }
}

fn run(options: &TsneOptions) -> TsneMap {
    tsne(&set(), &levels(), options, &mut |_, _| {}, &AtomicBool::new(false)).unwrap()
}

#[test]
fn planted_clusters_come_apart() {
    let map = run(&options(&["piano", "techno"]));
    assert_eq!((map.clips.len(), map.groups.iter().filter(|group| group.is_none()).count()), (115, 5));
    let [noise, apart] = &map.levels[..] else { panic!("two levels") };
    assert_eq!((noise.level, apart.level, apart.width), (-3, -1, 64));
    for (index, closeness) in apart.closeness.iter().enumerate() {
        assert_eq!(closeness.clips, 60);
        assert!(closeness.purity.low > 0.8 && closeness.silhouette.unwrap().low > 0.1, "{closeness:?}");
        let chance = &noise.closeness[index];
        assert!(chance.purity.low < chance.chance && chance.chance < chance.purity.high, "{chance:?}");
    }
    // In the map, the 5 nearest neighbours of every clip of one tag have the same tag.
    let at = &apart.maps[0];
    for clip in (0..110).filter(|&clip| map.groups[clip].is_some()) {
        let far = |other: usize| (at[clip][0] - at[other][0]).hypot(at[clip][1] - at[other][1]);
        let mut others: Vec<usize> = (0..110).filter(|&other| other != clip).collect();
        others.sort_by(|&one, &other| far(one).total_cmp(&far(other)));
        assert!(others[..5].iter().all(|&other| map.groups[other] == map.groups[clip]), "clip {clip}");
    }
}

#[test]
fn the_same_features_give_the_same_bits() {
    let one = run(&options(&["piano", "techno"]));
    // In a pool of several threads too.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    assert_eq!(one, pool.install(|| run(&options(&["piano", "techno"]))));
}

#[test]
fn a_perplexity_that_the_clips_do_not_allow_is_reduced() {
    let map = run(&TsneOptions { perplexities: vec![5.0, 200.0], ..options(&["piano", "techno"]) });
    assert_eq!(map.perplexities, [5.0, 38.0]);
    assert_ne!(map.levels[0].maps[0], map.levels[0].maps[1]);
}

#[test]
fn several_starts_show_the_same_clusters_at_other_places() {
    let options = TsneOptions { maps: 3, perplexities: vec![10.0, 30.0], seed: 4, ..options(&["piano", "techno"]) };
    let map = run(&options);
    let starts: Vec<Option<u64>> = map.settings.iter().map(|setting| setting.start).collect();
    assert_eq!(starts, [None, Some(4), Some(5), None, Some(4), Some(5)]);
    let [noise, apart] = &map.levels[..] else { panic!("two levels") };
    assert_eq!((apart.maps.len(), apart.in_maps.len()), (6, 6));
    assert!(apart.maps[0] != apart.maps[1] && apart.maps[1] != apart.maps[2]);
    for numbers in &apart.in_maps {
        assert!(numbers.iter().all(|tag| tag.purity.low > 0.8), "{numbers:?}");
    }
    for tag in noise.in_maps.iter().flatten() {
        assert!(tag.purity.value < 0.75, "no cluster where there is none: {tag:?}");
    }
    // The first map of a perplexity is the one without other starts.
    let alone = run(&TsneOptions { maps: 1, ..options });
    assert_eq!((&alone.levels[1].maps[0], &alone.levels[1].maps[1]), (&apart.maps[0], &apart.maps[3]));
}

#[test]
fn tags_and_features_that_cannot_be_shown_are_refused_by_name() {
    let refused = |options: &TsneOptions, levels: &[LevelFeatures]| {
        let failure = tsne(&set(), levels, options, &mut |_, _| {}, &AtomicBool::new(false)).unwrap_err();
        assert_eq!(failure.code, Code::InvalidOption);
        failure.message
    };
    let levels = levels();
    assert!(refused(&options(&["opera"]), &levels).contains("no tag \"opera\"; it has piano, techno, unused"));
    assert!(refused(&options(&["unused"]), &levels).contains("no clip has the tag \"unused\""));
    assert!(refused(&options(&["piano", "piano"]), &levels).contains("named twice"));
    assert!(refused(&options(&[]), &levels).contains("name at least one tag"));
    let flat = TsneOptions { perplexities: vec![0.0], ..options(&["piano"]) };
    assert!(refused(&flat, &levels).contains("above 0, received 0"));
    let same = vec![LevelFeatures { level: -1, width: 64, values: vec![0.5; 64 * CLIPS] }];
    assert!(refused(&options(&["piano"]), &same).contains("the same features"));
    let mut broken = levels.clone();
    broken[1].values[64 * 2 + 7] = f32::NAN;
    assert!(refused(&options(&["piano"]), &broken).contains("feature 7 of clip 2 at level -1"));
}
