//! The joined features of the papers: the levels of a model, and several models (protocols.md 6).

use error::{Code, Error, Result};

/// The levels that the papers join, in this order within each model: module n-1, module n, and the last hidden layer.
pub const PAPER_LEVELS: [i32; 3] = [-3, -2, -1];

/// The models of the paper's Table 4, in the order in which their features are joined: presets, trained on the source
/// task. Row k of the table joins the first k of them; the paper has rows of 1, 2, 4 and 8 models.
pub const PAPER_MODELS: [&str; 8] = ["2^13", "2^14", "3^8", "3^9", "4^6", "4^7", "5^5", "5^6"];

/// The features of the same clips from one model.
#[derive(Clone, Copy, Debug)]
pub struct FeaturesOfModel<'a> {
    /// The name of the model, for messages.
    pub model: &'a str,
    /// Each level with its width and its features `[clips, width]`, in any order.
    pub levels: &'a [Level<'a>],
}

/// The features of one level.
#[derive(Clone, Copy, Debug)]
pub struct Level<'a> {
    /// The level: -1 is the last hidden layer.
    pub level: i32,
    /// Number of features of a clip.
    pub width: usize,
    /// `[clips, width]`.
    pub features: &'a [f32],
}

/// Joined features.
#[derive(Clone, Debug, PartialEq)]
pub struct Joined {
    /// The sum of the widths.
    pub width: usize,
    /// `[clips, width]`.
    pub features: Vec<f32>,
}

/// Joins the features of `clips` clips: model by model in the given order, within each model the `levels` in the given
/// order; the papers join [`PAPER_LEVELS`].
///
/// # Errors
/// [`Code::InvalidOption`] if there are no models or no levels; [`Code::Dataset`] for a model without one of the
/// levels, and for features that are not rows of `clips` clips; the message names the model and the level.
pub fn join(models: &[FeaturesOfModel], levels: &[i32], clips: usize) -> Result<Joined> {
    if models.is_empty() || levels.is_empty() {
        return Err(Error::new(Code::InvalidOption, "nothing to join: name at least one model and one level"));
    }
    let mut parts: Vec<&Level> = Vec::with_capacity(models.len() * levels.len());
    for model in models {
        for level in levels {
            let Some(found) = model.levels.iter().find(|found| found.level == *level) else {
                let known: Vec<i32> = model.levels.iter().map(|known| known.level).collect();
                let message = format!("the model {} has no features of level {level}, only of {known:?}", model.model);
                return Err(Error::new(Code::Dataset, message));
            };
            if found.features.len() != clips * found.width {
                let message = format!(
                    "the features of the model {}, level {level}, are {} values, expected {clips} clips of width {}",
                    model.model,
                    found.features.len(),
                    found.width
                );
                return Err(Error::new(Code::Dataset, message));
            }
            parts.push(found);
        }
    }
    let width = parts.iter().map(|part| part.width).sum();
    let mut features = Vec::with_capacity(clips * width);
    for clip in 0..clips {
        parts.iter().for_each(|part| features.extend(&part.features[clip * part.width..(clip + 1) * part.width]));
    }
    Ok(Joined { width, features })
}

#[cfg(test)]
mod tests {
    use super::*;
    use net::Architecture;

    #[test]
    fn models_come_in_their_order_and_levels_in_theirs() {
        let [a1, a2, b1, b2] = [[1.0, 2.0], [11.0, 12.0], [3.0, 4.0], [13.0, 14.0]];
        let a = [Level { level: -1, width: 1, features: &a1 }, Level { level: -2, width: 1, features: &a2 }];
        let b = [Level { level: -2, width: 1, features: &b2 }, Level { level: -1, width: 1, features: &b1 }];
        let models = [FeaturesOfModel { model: "a", levels: &a }, FeaturesOfModel { model: "b", levels: &b }];
        let joined = join(&models, &[-2, -1], 2).unwrap();
        assert_eq!(joined, Joined { width: 4, features: vec![11.0, 1.0, 13.0, 3.0, 12.0, 2.0, 14.0, 4.0] });
        assert_eq!(join(&models[..1], &[-1], 2).unwrap().features, a1);
        let refused = |models: &[FeaturesOfModel], levels: &[i32], clips, code, names: &[&str]| {
            let failure = join(models, levels, clips).unwrap_err();
            assert!(failure.code == code && names.iter().all(|name| failure.message.contains(name)), "{failure}");
        };
        refused(&models, &[-3], 2, Code::Dataset, &["model a", "level -3", "[-1, -2]"]);
        refused(&models, &[-1], 3, Code::Dataset, &["model a", "2 values", "3 clips"]);
        refused(&[], &[-1], 2, Code::InvalidOption, &["model"]);
        refused(&models, &[], 2, Code::InvalidOption, &["level"]);
    }

    #[test]
    fn the_widths_of_the_papers_models_are_those_of_protocols_6() {
        // The channels of the last two blocks and of the head are the widths of the three levels.
        let width = |name: &str| -> usize {
            let architecture = Architecture::preset(name).unwrap();
            let blocks = architecture.blocks.iter().rev().take(2).map(|block| block.channels);
            blocks.sum::<usize>() + architecture.head.channels
        };
        let joined = |prefix: &str, models: usize| -> usize {
            PAPER_MODELS[..models].iter().map(|name| width(&format!("{prefix}{name}"))).sum()
        };
        assert_eq!([1, 2, 4, 8].map(|models| joined("", models)), [1536, 3072, 6144, 12288]);
        assert_eq!([1, 2, 4, 8].map(|models| joined("2017:", models)), [1280, 2560, 5120, 10240]);
    }
}
