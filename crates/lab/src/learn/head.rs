//! A head that was learnt on features, and the model that it makes of the base model.

use engine::segment_scores;
use error::Result;
use net::{Architecture, Head, HeadKind, Layout, Model, Parameters, Pooling, Task, TensorSpec};

use super::linear::Linear;

/// Most blocks whose outputs are features: the last three, as in the papers' feature experiments (protocols.md 6).
const MOST_BLOCKS: usize = 3;

/// The features of a segment: the outputs of the last blocks in the order of the network, then the hidden layer of the
/// head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FeatureLayout {
    /// The levels of the network, counted from the end, in the order of their values.
    pub(super) levels: Vec<i32>,
    /// Number of values of the blocks.
    pub(super) blocks: usize,
    /// Number of values of the hidden layer.
    pub(super) hidden: usize,
}

impl FeatureLayout {
    /// The features of a model with this architecture and number of tags.
    pub(super) fn of(architecture: &Architecture, tags: usize) -> Result<Self> {
        let blocks = architecture.blocks.len().min(MOST_BLOCKS) as i32;
        let levels: Vec<i32> = (-1 - blocks..=-1).collect();
        let embedding = engine::Embedding { levels: levels.clone(), ..engine::Embedding::default() };
        let widths = embedding.widths(architecture, tags)?;
        let (hidden, blocks) = widths.split_last().map_or((0, &[][..]), |(last, rest)| (*last, rest));
        Ok(Self { levels, blocks: blocks.iter().sum(), hidden })
    }

    /// Number of values of a segment.
    pub(super) fn width(&self) -> usize {
        self.blocks + self.hidden
    }

    /// Number of blocks.
    pub(super) fn block_count(&self) -> usize {
        self.levels.len() - 1
    }

    /// The values of `set` in the features of a segment.
    pub(super) fn range(&self, set: FeatureSet) -> std::ops::Range<usize> {
        match set {
            FeatureSet::Hidden => self.blocks..self.width(),
            FeatureSet::Blocks => 0..self.blocks,
        }
    }
}

/// The features that a head reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FeatureSet {
    /// The hidden layer of the base model's head.
    Hidden,
    /// The maximum over time of the outputs of the last blocks.
    Blocks,
}

/// What a head computes from the features of a segment.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum LearntHead {
    /// A logistic regression on a set of features.
    Linear(FeatureSet, Linear),
    /// One hidden layer with ReLU on the features of the blocks, and the output layer.
    Hidden(Linear, Linear),
}

impl LearntHead {
    /// The logits of a segment with the features `values`.
    pub(super) fn logits(&self, layout: &FeatureLayout, values: &[f32]) -> Vec<f32> {
        match self {
            Self::Linear(set, linear) => linear.apply(&values[layout.range(*set)]),
            Self::Hidden(first, out) => {
                let mut hidden = first.apply(&values[layout.range(FeatureSet::Blocks)]);
                hidden.iter_mut().for_each(|value| *value = value.max(0.0));
                out.apply(&hidden)
            }
        }
    }

    /// The scores of a song with the features `segments` `[segments, width]`, as the engine computes them: the means of
    /// the sigmoids over the segments, or of the softmaxes in a single-label `task`.
    pub(super) fn scores(&self, layout: &FeatureLayout, segments: &[f32], task: Task) -> Vec<f32> {
        let (mut sums, mut of_segment) = (Vec::new(), Vec::new());
        let mut count = 0usize;
        for values in segments.chunks_exact(layout.width()) {
            let logits = self.logits(layout, values);
            sums.resize(logits.len(), 0.0f64);
            of_segment.resize(logits.len(), 0.0);
            segment_scores(task, &logits, &mut of_segment);
            sums.iter_mut().zip(&of_segment).for_each(|(sum, score)| *sum += score);
            count += 1;
        }
        sums.into_iter().map(|sum| (sum / count.max(1) as f64) as f32).collect()
    }

    /// The base model with this head for `tags` of a `task`: one model file that computes [`LearntHead::scores`]. A
    /// head on the hidden layer replaces the output layer. A head on the blocks becomes a dense head without norm; a
    /// regression then has two hidden units for each tag, the logit and its negative, whose difference after ReLU is
    /// the logit.
    ///
    /// # Errors
    /// [`error::Code::InvalidOption`] if the network would be larger than a model can be.
    pub(super) fn model(&self, base: &Model, layout: &FeatureLayout, tags: &[String], task: Task) -> Result<Model> {
        let mut architecture = base.architecture.clone();
        let mut replaced: Vec<(&str, Vec<f32>)> = Vec::new();
        match self {
            Self::Linear(FeatureSet::Hidden, linear) => {
                replaced.push(("head.out.weight", linear.weights.clone()));
                replaced.push(("head.out.bias", linear.biases.clone()));
            }
            Self::Linear(FeatureSet::Blocks, linear) => {
                let negative = |values: &[f32]| values.iter().map(|value| -value).collect::<Vec<f32>>();
                let count = linear.outputs;
                let mut difference = vec![0.0; 2 * count * count];
                for tag in 0..count {
                    difference[2 * count * tag + tag] = 1.0;
                    difference[2 * count * tag + count + tag] = -1.0;
                }
                replaced.push(("head.hidden.weight", [linear.weights.clone(), negative(&linear.weights)].concat()));
                replaced.push(("head.hidden.bias", [linear.biases.clone(), negative(&linear.biases)].concat()));
                replaced.push(("head.out.weight", difference));
                replaced.push(("head.out.bias", vec![0.0; count]));
                architecture.head = dense_head(layout, 2 * count);
            }
            Self::Hidden(first, out) => {
                replaced.push(("head.hidden.weight", first.weights.clone()));
                replaced.push(("head.hidden.bias", first.biases.clone()));
                replaced.push(("head.out.weight", out.weights.clone()));
                replaced.push(("head.out.bias", out.biases.clone()));
                architecture.head = dense_head(layout, first.outputs);
            }
        }
        architecture.validate_with(tags.len())?;
        let from = Layout::new(&base.architecture, base.tags.len());
        let to = Layout::new(&architecture, tags.len());
        let mut parameters = Parameters::try_zeros(&to)?;
        for spec in &to.tensors {
            let values = parameters.tensor_mut(spec);
            match replaced.iter().find(|(name, _)| *name == spec.name) {
                Some((_, learnt)) => values.copy_from_slice(learnt),
                None => values.copy_from_slice(base_tensor(base, &from, spec)?),
            }
        }
        Ok(Model { licence: base.licence.clone(), ..Model::new(architecture, tags.to_vec(), task, parameters) })
    }
}

/// A dense head on the maximum over time of the blocks of `layout`, with `channels` hidden units.
fn dense_head(layout: &FeatureLayout, channels: usize) -> Head {
    Head {
        kind: HeadKind::Dense,
        channels,
        kernel: 1,
        levels: layout.block_count(),
        dropout: 0.0,
        pooling: Pooling::Max,
        norm: false,
    }
}

/// The values of the tensor of the base model that `spec` names.
fn base_tensor<'a>(base: &'a Model, layout: &Layout, spec: &TensorSpec) -> Result<&'a [f32]> {
    match layout.find(&spec.name) {
        Some(found) if found.shape == spec.shape => Ok(base.parameters.tensor(found)),
        _ => {
            let message = format!("the base model has no tensor {} of shape {:?}", spec.name, spec.shape);
            Err(error::Error::new(error::Code::Internal, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::{ClipScorer, Embedding, Inference, Initialisation, Options, Philox, Purpose};

    use super::*;

    fn noise(count: usize, step: u64) -> Vec<f32> {
        let mut values = vec![0.0; count];
        Philox::new(7, Purpose::Synthesise, step).fill_uniform(0, &mut values);
        values.iter_mut().for_each(|value| *value -= 0.5);
        values
    }

    fn linear(inputs: usize, outputs: usize, step: u64) -> Linear {
        let weights = noise(inputs * outputs, step);
        Linear { inputs, outputs, weights, biases: noise(outputs, step + 1) }
    }

    #[test]
    fn the_model_file_computes_the_scores_of_every_kind_of_head() {
        for name in ["3^5@8000", "3^4@8000+standardise", "basic@8000", "rese1-multi@8000", "raw:3,9,9"] {
            let architecture = Architecture::preset(name).unwrap();
            let names = |count: usize| (0..count).map(|tag| format!("tag {tag}")).collect::<Vec<String>>();
            let kind = Initialisation::default();
            let base = engine::untrained(architecture.clone(), names(4), Task::SingleLabel, kind, 3).unwrap();
            let layout = FeatureLayout::of(&architecture, 4).unwrap();
            let segments: Vec<Vec<f32>> = (0..3).map(|step| noise(architecture.input_length, 100 + step)).collect();
            let embedding = Embedding { levels: layout.levels.clone(), ..Embedding::default() };
            let taps = embedding.taps(&architecture, 4).unwrap();
            let options = Options::default();
            let network = Inference::with_taps(&architecture, 4, &base.parameters, 2, &taps, &options).unwrap();
            let mut scorer = ClipScorer::new(network, base.task).each_segment();
            let score = |scorer: &mut ClipScorer| {
                scorer.begin(0);
                segments.iter().for_each(|segment| scorer.push(0, segment).unwrap());
                scorer.end(0);
                scorer.flush().unwrap();
                scorer.finished().remove(0)
            };
            let features = score(&mut scorer).embedding;
            assert_eq!(features.len(), 3 * layout.width(), "{name}");
            let tags = names(6);
            let heads = [
                LearntHead::Linear(FeatureSet::Hidden, linear(layout.hidden, 6, 10)),
                LearntHead::Linear(FeatureSet::Blocks, linear(layout.blocks, 6, 20)),
                LearntHead::Hidden(linear(layout.blocks, 8, 30), linear(8, 6, 40)),
            ];
            for (head, task) in heads.iter().flat_map(|head| [(head, Task::MultiLabel), (head, Task::SingleLabel)]) {
                let expected = head.scores(&layout, &features, task);
                let bytes = head.model(&base, &layout, &tags, task).unwrap().to_bytes().unwrap();
                let model = Model::from_bytes(&bytes).unwrap();
                assert_eq!((model.task, model.tags.len()), (task, 6));
                let network = Inference::new(&model.architecture, 6, &model.parameters, 2, &options).unwrap();
                let found = score(&mut ClipScorer::new(network, model.task)).scores;
                for (found, expected) in found.iter().zip(&expected) {
                    assert!((found - expected).abs() < 2e-5, "{name}: {found} instead of {expected}");
                }
                assert!(
                    expected.iter().any(|&score| (score - expected[0]).abs() > 1e-3),
                    "{name}: all scores are equal"
                );
            }
        }
    }
}
