//! The whole network as one operation of candle's autograd (cargo feature `candle`).
//!
//! For Rust users who want a loss, an optimiser or layers of their own around the network. candle's own convolution and
//! pool have wrong gradients; here the forward and backward pass are those of [`Training`].
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use candle_core::{Device, Tensor, Var};
//! use net::Architecture;
//! use engine::{candle::CandleNetwork, initialise, Initialisation, Options};
//!
//! let architecture = Architecture::preset("3^5")?;
//! let first = initialise(&architecture, 10, Initialisation::default(), 1)?;
//! let network = CandleNetwork::new(&architecture, 10, 8, &first.statistics, &Options::default())?;
//! let parameters = Var::new(first.trainable.as_slice(), &Device::Cpu)?;
//! let segments = Tensor::zeros((8, architecture.input_length), candle_core::DType::F32, &Device::Cpu)?;
//! let logits = network.forward(&segments, &parameters, Some((1, 0)))?;
//! let gradient = logits.sqr()?.mean_all()?.backward()?;
//! println!("{:?}", gradient.get(&parameters));
//! # Ok(())
//! # }
//! ```

use std::sync::{Arc, Mutex, MutexGuard};

#[cfg(feature = "candle-cuda")]
use candle_core::{
    backend::{BackendDevice, BackendStorage},
    CudaStorage,
};
use candle_core::{CpuStorage, CustomOp2, Layout, Shape, Tensor};
use engine_core::{Gradients, Targets, Training};
use error::Result;
use net::{Architecture, Parameters, Task};

use crate::options::Options;

/// A network in training mode (batch statistics) as a differentiable function of segments and of one flat parameter
/// tensor.
///
/// Clones share the plan and the running statistics.
#[derive(Clone)]
pub struct CandleNetwork {
    shared: Arc<Mutex<Shared>>,
    input_length: usize,
    tags: usize,
    batch: usize,
    trainable: usize,
}

struct Shared {
    training: Training,
    statistics: Vec<f32>,
}

impl CandleNetwork {
    /// Compiles `architecture` with `tags` outputs for batches of at most `batch` segments. The running statistics
    /// start with `statistics`, in the order of [`Parameters::statistics`].
    ///
    /// Errors: those of [`Training::new`] and [`Training::load`].
    pub fn new(
        architecture: &Architecture,
        tags: usize,
        batch: usize,
        statistics: &[f32],
        options: &Options,
    ) -> Result<Self> {
        // The task only determines the loss, and here the caller defines the loss.
        let mut training = Training::new(architecture, tags, Task::MultiLabel, batch, options)?;
        let trainable = training.parameters()?.trainable.len();
        training.load(&Parameters { trainable: vec![0.0; trainable], statistics: statistics.to_vec() })?;
        let shared = Shared { training, statistics: statistics.to_vec() };
        let input_length = architecture.input_length;
        Ok(Self { shared: Arc::new(Mutex::new(shared)), input_length, tags, batch, trainable })
    }

    /// Computes the logits `[n, tags]` of `segments` `[n, input_length]`, f32, n <= batch, with `parameters`
    /// `[trainable]` in the order of [`Parameters::trainable`]. Both arguments receive gradients, the segments only if
    /// the network takes waveforms (a mel stem is not differentiated). Dropout masks are drawn from `(seed, step)`;
    /// `None` disables dropout. The running statistics are updated once.
    ///
    /// Both tensors are on the CPU or, with the cargo feature `candle-cuda`, on one CUDA device; the logits and the
    /// gradients are on the device of the arguments. The tensors of a CUDA device pass through the memory of the host,
    /// whatever device computes the network ([`Options`]).
    pub fn forward(
        &self,
        segments: &Tensor,
        parameters: &Tensor,
        dropout: Option<(u64, u64)>,
    ) -> candle_core::Result<Tensor> {
        let rows = segments.dim(0)?;
        if segments.dims() != [rows, self.input_length] || rows == 0 || rows > self.batch {
            candle_core::bail!(
                "segments must be [1..={}, {}], received {:?}",
                self.batch,
                self.input_length,
                segments.dims()
            );
        }
        if parameters.dims() != [self.trainable] {
            candle_core::bail!("parameters must be [{}], received {:?}", self.trainable, parameters.dims());
        }
        let statistics = self.lock().statistics.clone();
        let pass = Pass { network: self.clone(), statistics, dropout };
        segments.contiguous()?.apply_op2(&parameters.contiguous()?, pass)
    }

    /// The running statistics, in the order of [`Parameters::statistics`].
    pub fn statistics(&self) -> Vec<f32> {
        self.lock().statistics.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        // A panic in another thread leaves no state behind that the next pass does not set again.
        self.shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// One application of the network: the values that its backward pass needs to repeat the same forward pass.
struct Pass {
    network: CandleNetwork,
    /// The running statistics before the pass.
    statistics: Vec<f32>,
    dropout: Option<(u64, u64)>,
}

impl Pass {
    fn run(&self, segments: &[f32], parameters: &[f32], gradient: &[f32]) -> Result<(Gradients, Vec<f32>)> {
        let training = &mut self.network.lock().training;
        training.load(&Parameters { trainable: parameters.to_vec(), statistics: self.statistics.clone() })?;
        let gradients = training.gradients(segments, Targets::LogitGradient(gradient), self.dropout)?;
        Ok((gradients, training.parameters()?.statistics))
    }
}

impl CustomOp2 for Pass {
    fn name(&self) -> &'static str {
        "samplecnn"
    }

    fn cpu_fwd(
        &self,
        segments: &CpuStorage,
        segments_layout: &Layout,
        parameters: &CpuStorage,
        parameters_layout: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        let segments = slice(segments, segments_layout)?;
        let rows = segments.len() / self.network.input_length;
        let none = vec![0.0; rows * self.network.tags];
        let (pass, statistics) =
            self.run(segments, slice(parameters, parameters_layout)?, &none).map_err(candle_core::Error::wrap)?;
        self.network.lock().statistics = statistics;
        Ok((CpuStorage::F32(pass.logits), Shape::from((rows, self.network.tags))))
    }

    #[cfg(feature = "candle-cuda")]
    fn cuda_fwd(
        &self,
        segments: &CudaStorage,
        segments_layout: &Layout,
        parameters: &CudaStorage,
        parameters_layout: &Layout,
    ) -> candle_core::Result<(CudaStorage, Shape)> {
        let device = segments.device().clone();
        let (segments, parameters) = (segments.to_cpu_storage()?, parameters.to_cpu_storage()?);
        let (logits, shape) = self.cpu_fwd(&segments, segments_layout, &parameters, parameters_layout)?;
        Ok((device.storage_from_cpu_storage_owned(logits)?, shape))
    }

    fn bwd(
        &self,
        segments: &Tensor,
        parameters: &Tensor,
        _logits: &Tensor,
        gradient: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>)> {
        // The gradients go to the device of the tensors, which may be a GPU.
        let flat = |tensor: &Tensor| tensor.flatten_all()?.to_vec1::<f32>();
        let (pass, _) =
            self.run(&flat(segments)?, &flat(parameters)?, &flat(gradient)?).map_err(candle_core::Error::wrap)?;
        let of_segments = match pass.input.is_empty() {
            true => None,
            false => Some(Tensor::from_vec(pass.input, segments.shape(), segments.device())?),
        };
        let of_parameters = Tensor::from_vec(pass.parameters, parameters.shape(), parameters.device())?;
        Ok((of_segments, Some(of_parameters)))
    }
}

/// The values of a contiguous f32 tensor.
fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> candle_core::Result<&'a [f32]> {
    match (layout.contiguous_offsets(), storage) {
        (Some((start, end)), CpuStorage::F32(values)) => Ok(&values[start..end]),
        _ => candle_core::bail!("segments and parameters must be contiguous f32 tensors"),
    }
}
