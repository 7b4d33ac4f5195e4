//! The number types in which a model file holds its weights. The engine always computes with the values as f32.

use error::{Code, Error, Result};
use half::f16;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Model;
use crate::layout::Layout;
use crate::tensor::TensorSpec;

/// The number types of the weights in a model file. Running statistics are F32 in either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub enum WeightType {
    /// 32 bits for every weight.
    F32,
    /// 16 bits for every weight.
    F16,
    /// 16 bits for the weights of some tensors, 32 bits for others.
    #[serde(rename = "mixed")]
    Mixed,
}

impl Model {
    /// The model with its weights rounded to F16, which its file then holds in 16 bits. Running statistics keep their
    /// values: they are a small part of the file, and an error in a variance changes a whole channel.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for a weight outside the range of F16, with the name of its tensor.
    pub fn into_half(mut self) -> Result<Self> {
        let layout = Layout::new(&self.architecture, self.tags.len());
        for spec in layout.tensors.iter().filter(|spec| !spec.role.is_statistic()) {
            for value in self.parameters.tensor_mut(spec) {
                let rounded = f16::from_f32(*value);
                if !rounded.is_finite() {
                    let message = format!(
                        "half: tensor {} holds {value}, outside the range of F16 ({} to {}): leave out half",
                        spec.name,
                        f16::MIN,
                        f16::MAX
                    );
                    return Err(Error::new(Code::InvalidOption, message));
                }
                *value = rounded.to_f32();
            }
        }
        self.half = true;
        Ok(self)
    }

    /// The number types in which the file of the model holds its weights.
    pub fn weight_type(&self) -> WeightType {
        let layout = Layout::new(&self.architecture, self.tags.len());
        let weights = layout.tensors.iter().filter(|spec| !spec.role.is_statistic());
        let (mut halves, mut singles) = (0, 0);
        weights.for_each(|spec| *(if self.holds_half(spec) { &mut halves } else { &mut singles }) += 1);
        match (halves, singles) {
            (0, _) => WeightType::F32,
            (_, 0) => WeightType::F16,
            _ => WeightType::Mixed,
        }
    }

    /// Whether the file holds this tensor as F16: only values that F16 represents exactly, so that a model never
    /// changes when it is written.
    pub(super) fn holds_half(&self, spec: &TensorSpec) -> bool {
        let exact = |value: &f32| f16::from_f32(*value).to_f32().to_bits() == value.to_bits();
        self.half && !spec.role.is_statistic() && self.parameters.tensor(spec).iter().all(exact)
    }
}
