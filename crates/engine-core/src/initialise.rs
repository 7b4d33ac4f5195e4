//! Weight initialisation: the initial parameters of a network.

use error::{Code, Error, Result};
use net::{Architecture, Layout, Parameters, TensorRole, TensorSpec};
use serde::{Deserialize, Serialize};

use crate::philox::{Philox, Purpose};

/// The weight initialisation scheme of the convolutions (architectures.md 3). Each scheme draws uniformly from +-limit;
/// `in` and `out` are the numbers of input and output channels, `kernel` is the number of taps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Initialisation {
    /// sqrt(6 / (in out)): the limit of the Keras version that the paper used. The default.
    #[default]
    #[serde(rename = "keras-1.1")]
    Keras1,
    /// sqrt(6 / (kernel in^2)): the limit of the code of the SE paper.
    #[serde(rename = "keras-2.0.5")]
    Keras205,
    /// sqrt(3 / (kernel in^2)) in the stem, otherwise sqrt(6 / (kernel in^2)): the limits of the 2019 code.
    Sampleaudio,
    /// sqrt(6 / (kernel in)).
    He,
    /// 1 / sqrt(kernel in), also for biases: PyTorch's defaults.
    Torch,
    /// sqrt(6 / (kernel in + kernel out)).
    Xavier,
}

impl Initialisation {
    /// All schemes, the default first.
    pub const ALL: [Initialisation; 6] =
        [Self::Keras1, Self::Keras205, Self::Sampleaudio, Self::He, Self::Torch, Self::Xavier];

    /// The scheme's name in options and files, such as `keras-1.1`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Keras1 => "keras-1.1",
            Self::Keras205 => "keras-2.0.5",
            Self::Sampleaudio => "sampleaudio",
            Self::He => "he",
            Self::Torch => "torch",
            Self::Xavier => "xavier",
        }
    }

    /// Parses a name. An unknown name is [`Code::InvalidOption`]; the message suggests the nearest name.
    pub fn parse(text: &str) -> Result<Self> {
        if let Some(found) = Self::ALL.into_iter().find(|kind| kind.name() == text) {
            return Ok(found);
        }
        let names = Self::ALL.map(Self::name);
        let folded = text.to_lowercase();
        let nearest = names
            .into_iter()
            .map(|name| (strsim::damerau_levenshtein(&folded, name), name))
            .min()
            .filter(|(distance, name)| *distance <= (name.len() / 2).max(1));
        let advice = nearest.map(|(_, name)| format!("; did you mean \"{name}\"?")).unwrap_or_default();
        Err(Error::new(
            Code::InvalidOption,
            format!("initialisation must be one of {}, received \"{text}\"{advice}", names.join(", ")),
        ))
    }

    /// The largest absolute value of a weight of shape `[out, in, kernel]`, or `[out, in]`.
    fn limit(self, spec: &TensorSpec) -> f64 {
        let (to, from) = (spec.shape[0] as f64, spec.shape[1] as f64);
        let taps = spec.shape.get(2).map_or(1.0, |&kernel| kernel as f64);
        let glorot = (6.0 / (taps * (from + to))).sqrt();
        match (spec.role, self) {
            (_, Self::Torch) => 1.0 / (taps * from).sqrt(),
            (TensorRole::ConvWeight, Self::Keras1) => (6.0 / (from * to)).sqrt(),
            (TensorRole::ConvWeight, Self::Sampleaudio) if spec.name.starts_with("stem.") => {
                (3.0 / (taps * from * from)).sqrt()
            }
            (TensorRole::ConvWeight, Self::Keras205 | Self::Sampleaudio) => (6.0 / (taps * from * from)).sqrt(),
            (TensorRole::ConvWeight, Self::He) => (6.0 / (taps * from)).sqrt(),
            // Keras 1.1 reads the kernel [k, 1, in, out] as [out, in, ..], so that its fan-in is in out and its fan-out
            // is k in out. No published network has a shortcut with this scheme.
            (TensorRole::ShortcutWeight, Self::Keras1) => (6.0 / ((1.0 + taps) * from * to)).sqrt(),
            // Keras 2.0.5 takes k for the number of positions of the kernel, so that its fan-in is k in^2 and its
            // fan-out is k in out.
            (TensorRole::ShortcutWeight, Self::Keras205) => (6.0 / (taps * from * (from + to))).sqrt(),
            _ => glorot,
        }
    }
}

impl std::fmt::Display for Initialisation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Initialisation {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

/// Draws the initial parameters of `architecture` with `tags` outputs.
///
/// Convolution weights follow the scheme `kind`. Dense layers are Glorot uniform, sqrt(6 / (in + out)). The shortcut of
/// a residual block is Glorot uniform with the fans as the scheme's own framework counts them (architectures.md 3).
/// With `torch`, all of these and the biases are uniform in +-1 / sqrt(kernel in); with the other schemes, biases are
/// 0. Beta is 0, gamma 1, running mean 0, and running variance 1.
///
/// The same seed gives the same values. Every tensor has its own random stream, which its name selects, so a network
/// with a different head or more blocks has the same values in all other tensors.
///
/// An invalid architecture is [`Code::InvalidOption`].
pub fn initialise(architecture: &Architecture, tags: usize, kind: Initialisation, seed: u64) -> Result<Parameters> {
    architecture.validate_with(tags)?;
    let layout = Layout::new(architecture, tags);
    let mut parameters = Parameters::try_zeros(&layout)?;
    for spec in &layout.tensors {
        let values = parameters.tensor_mut(spec);
        match spec.role {
            TensorRole::ConvWeight | TensorRole::ShortcutWeight | TensorRole::DenseWeight => {
                draw(values, spec, kind.limit(spec), seed)
            }
            TensorRole::Bias if kind == Initialisation::Torch => {
                let weight = layout.find(&spec.name.replace(".bias", ".weight"));
                draw(values, spec, weight.map_or(0.0, |weight| kind.limit(weight)), seed);
            }
            TensorRole::NormWeight | TensorRole::RunningVar | TensorRole::InputDeviation | TensorRole::MelDeviation => {
                values.fill(1.0)
            }
            TensorRole::Bias
            | TensorRole::NormBias
            | TensorRole::RunningMean
            | TensorRole::InputMean
            | TensorRole::MelMean => {}
        }
    }
    Ok(parameters)
}

/// Draws values uniformly from [-limit, limit), from the random stream that the tensor's name selects.
fn draw(values: &mut [f32], spec: &TensorSpec, limit: f64, seed: u64) {
    // FNV-1a hash, 64 bits.
    let hash = |h: u64, b: u8| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01B3);
    let stream = spec.name.bytes().fold(0xCBF2_9CE4_8422_2325, hash);
    Philox::new(seed, Purpose::Initialise, stream).fill_uniform(0, values);
    values.iter_mut().for_each(|v| *v = ((2.0 * f64::from(*v) - 1.0) * limit) as f32);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn largest(parameters: &Parameters, layout: &Layout, name: &str) -> f32 {
        let values = parameters.tensor(layout.find(name).unwrap());
        values.iter().fold(0.0, |m, v| v.abs().max(m))
    }

    /// The table of architectures.md 3. Columns: kernel, in, out, then the limits of keras-1.1, keras-2.0.5,
    /// sampleaudio, he, torch.
    #[test]
    #[allow(clippy::approx_constant)]
    fn convolution_limits_are_those_of_the_table() {
        let table = [
            ("stem.conv.weight", 3, 1, 128, [0.21651, 1.41421, 1.00000, 1.41421, 0.57735]),
            ("blocks.0.conv.weight", 3, 128, 128, [0.01914, 0.01105, 0.01105, 0.12500, 0.05103]),
            ("blocks.2.conv.weight", 3, 128, 256, [0.01353, 0.01105, 0.01105, 0.12500, 0.05103]),
            ("blocks.3.conv.weight", 3, 256, 256, [0.00957, 0.00552, 0.00552, 0.08839, 0.03608]),
            ("blocks.7.conv.weight", 3, 256, 512, [0.00677, 0.00552, 0.00552, 0.08839, 0.03608]),
            ("blocks.8.conv.weight", 3, 512, 512, [0.00478, 0.00276, 0.00276, 0.06250, 0.02552]),
            ("head.conv.weight", 1, 512, 512, [0.00478, 0.00478, 0.00478, 0.10825, 0.04419]),
        ];
        for (name, kernel, from, to, limits) in table {
            let spec = TensorSpec {
                name: name.into(),
                shape: vec![to, from, kernel],
                role: TensorRole::ConvWeight,
                offset: 0,
            };
            for (kind, limit) in Initialisation::ALL.into_iter().zip(limits) {
                assert!((kind.limit(&spec) - limit).abs() < 1e-5, "{kind} {name}: {}", kind.limit(&spec));
            }
            let xavier = (6.0 / (kernel * (from + to)) as f64).sqrt();
            assert!((Initialisation::Xavier.limit(&spec) - xavier).abs() < 1e-12);
        }
    }

    #[test]
    fn shortcut_and_dense_limits_are_those_of_the_text() {
        let spec = |role, from, to| TensorSpec {
            name: "x".into(),
            shape: if role == TensorRole::DenseWeight { vec![to, from] } else { vec![to, from, 1] },
            role,
            offset: 0,
        };
        let shortcut = |kind: Initialisation, from, to| kind.limit(&spec(TensorRole::ShortcutWeight, from, to));
        for (from, to, old, new) in [(128, 256, 0.01105, 0.12500), (256, 512, 0.00552, 0.08839)] {
            assert!((shortcut(Initialisation::Keras205, from, to) - old).abs() < 1e-5);
            assert!((shortcut(Initialisation::He, from, to) - new).abs() < 1e-5);
            assert!((shortcut(Initialisation::Sampleaudio, from, to) - new).abs() < 1e-5);
        }
        for (from, to, limit) in [(512, 50, 0.10333), (512, 512, 0.07655), (1024, 1024, 0.05413)] {
            for kind in Initialisation::ALL.into_iter().filter(|kind| *kind != Initialisation::Torch) {
                assert!((kind.limit(&spec(TensorRole::DenseWeight, from, to)) - limit).abs() < 1e-5, "{kind}");
            }
        }
        assert!(
            (Initialisation::Torch.limit(&spec(TensorRole::DenseWeight, 512, 50)) - 1.0 / 512_f64.sqrt()).abs() < 1e-12
        );
    }

    #[test]
    fn values_fill_their_interval_and_constants_are_constant() {
        let (architecture, tags) = (Architecture::preset("3^4").unwrap(), 5);
        let layout = Layout::new(&architecture, tags);
        for kind in Initialisation::ALL {
            let parameters = initialise(&architecture, tags, kind, 1).unwrap();
            for spec in &layout.tensors {
                let values = parameters.tensor(spec);
                match spec.role {
                    TensorRole::ConvWeight | TensorRole::ShortcutWeight | TensorRole::DenseWeight => {
                        let (limit, found) = (kind.limit(spec), f64::from(largest(&parameters, &layout, &spec.name)));
                        assert!(found <= limit && found > 0.9 * limit, "{kind} {}: {found} of {limit}", spec.name);
                    }
                    TensorRole::NormWeight | TensorRole::RunningVar => assert!(values.iter().all(|&v| v == 1.0)),
                    TensorRole::Bias if kind == Initialisation::Torch => assert!(values.iter().any(|&v| v != 0.0)),
                    _ => assert!(values.iter().all(|&v| v == 0.0), "{}", spec.name),
                }
            }
        }
    }

    #[test]
    fn a_tensor_depends_on_seed_and_name_only() {
        let (one, other) = (Architecture::preset("3^4").unwrap(), Architecture::preset("3^5").unwrap());
        let kind = Initialisation::Keras1;
        let first = initialise(&one, 5, kind, 1).unwrap();
        assert_eq!(first, initialise(&one, 5, kind, 1).unwrap());
        assert_ne!(first, initialise(&one, 5, kind, 2).unwrap());
        let longer = initialise(&other, 7, kind, 1).unwrap();
        let (short, long) = (Layout::new(&one, 5), Layout::new(&other, 7));
        let name = "blocks.0.conv.weight";
        assert_eq!(first.tensor(short.find(name).unwrap()), longer.tensor(long.find(name).unwrap()));
        assert_ne!(first.tensor(short.find(name).unwrap()), first.tensor(short.find("blocks.1.conv.weight").unwrap()));
    }

    #[test]
    fn names_are_read_back_and_a_misspelt_one_is_suggested() {
        for kind in Initialisation::ALL {
            assert_eq!(Initialisation::parse(kind.name()).unwrap(), kind);
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(json, format!("\"{kind}\""));
        }
        let error = Initialisation::parse("keras-1").unwrap_err();
        assert_eq!(error.code, Code::InvalidOption);
        assert!(error.message.contains("\"keras-1\"; did you mean \"keras-1.1\"?"), "{}", error.message);
        assert!(!Initialisation::parse("zeros").unwrap_err().message.contains("did you mean"));
    }
}
