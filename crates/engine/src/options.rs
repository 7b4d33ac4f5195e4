//! The options of a plan: device, threads and arithmetic precision.

use engine_core::Precision;
use engine_cpu::check_training;
use error::{Code, Error, Result};

use crate::device::Device;

/// The options of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The device.
    pub device: Device,
    /// The number of threads of the plan's own pool; 0 for one per physical core. Results are bit-identical for the
    /// same number.
    pub threads: usize,
    /// The arithmetic precision.
    pub precision: Precision,
}

impl Options {
    /// Selects the device as [`Device::parse`] does, and checks the precision. `auto` selects the CPU for a precision
    /// that only the CPU supports. For a precision that only a GPU supports it selects the first GPU; if no GPU is
    /// usable, the error is [`Code::CudaUnavailable`] with the reason. A named device that does not support the
    /// precision is [`Code::InvalidOption`]. Other errors: those of [`Device::parse`].
    pub fn new(device: &str, threads: usize, precision: Precision) -> Result<Self> {
        Self::with(device, threads, precision, Device::parse)
    }

    /// As [`Options::new`], for training, in which the CPU supports other precisions. For bf16, `auto` selects the
    /// first GPU, or the CPU if no GPU is usable. A CPU without the instructions of bf16 is [`Code::InvalidOption`].
    pub fn for_training(device: &str, threads: usize, precision: Precision) -> Result<Self> {
        Self::for_training_with(device, threads, precision, Device::parse, check_training)
    }

    /// The options with which a network that is trained with these options is validated and tested. They differ in the
    /// precision, if the CPU supports that only for training.
    #[must_use]
    pub fn for_inference(&self) -> Self {
        let precision = match self.device {
            Device::Cpu => self.precision.of_cpu_inference(),
            Device::Cuda(_) => self.precision,
        };
        Self { precision, ..self.clone() }
    }

    /// The notice to show once if `auto` selects the CPU although this build can use a GPU: a text with the reason.
    /// `None` if a GPU is selected, if the CPU was requested, and for a build without CUDA support.
    pub fn notice(device: &str, precision: Precision) -> Option<String> {
        Self::notice_of(device, precision, Device::has_cuda(), Device::reason_for_cpu)
    }

    fn notice_of(
        device: &str,
        precision: Precision,
        has_cuda: bool,
        reason: impl FnOnce() -> Option<Error>,
    ) -> Option<String> {
        if device != "auto" || !precision.is_of_gpu() || !has_cuda {
            return None;
        }
        reason().map(|reason| format!("auto uses the CPU: {} (set device cpu to hide this notice)", reason.message))
    }

    /// As [`Options::new`], with `parse` instead of [`Device::parse`].
    fn with(
        device: &str,
        threads: usize,
        precision: Precision,
        parse: impl Fn(&str) -> Result<Device>,
    ) -> Result<Self> {
        match device {
            "cpu" => precision.check_cpu()?,
            // This error does not depend on whether there is a GPU.
            name if name == "cuda" || name.starts_with("cuda:") => precision.check_gpu()?,
            _ => {}
        }
        let device = match (device, precision.is_of_cpu(), precision.is_of_gpu()) {
            ("auto", true, false) => Device::Cpu,
            ("auto", false, true) => parse("cuda").map_err(|reason| {
                let why = format!(
                    "precision {precision} needs an NVIDIA GPU, and none can be used: {}; otherwise use precision f32",
                    reason.message
                );
                Error::new(Code::CudaUnavailable, why)
            })?,
            _ => parse(device)?,
        };
        Ok(Self { device, threads, precision })
    }

    /// As [`Options::for_training`], with `parse` instead of [`Device::parse`] and `check` for the processor.
    fn for_training_with(
        device: &str,
        threads: usize,
        precision: Precision,
        parse: impl Fn(&str) -> Result<Device>,
        check: impl Fn(Precision) -> Result<()>,
    ) -> Result<Self> {
        let on_cpu = || check(precision).map(|()| Self { device: Device::Cpu, threads, precision });
        match device {
            "cpu" => on_cpu(),
            "auto" if precision == Precision::Bf16 => match parse("cuda") {
                Ok(device) => Ok(Self { device, threads, precision }),
                Err(reason) => on_cpu().map_err(|of_cpu| {
                    let why = format!("{}; no GPU can be used: {}", of_cpu.message, reason.message);
                    Error::new(of_cpu.code, why)
                }),
            },
            _ => {
                precision.check_training()?;
                Self::with(device, threads, precision, parse)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use engine_core::backend::Backends;

    use super::*;

    fn no_gpu(text: &str) -> Result<Device> {
        match text {
            "auto" | "cpu" => Ok(Device::Cpu),
            _ => Err(Error::new(Code::CudaUnavailable, "no driver")),
        }
    }

    fn one_gpu(text: &str) -> Result<Device> {
        Ok(if text == "cpu" { Device::Cpu } else { Device::Cuda(0) })
    }

    #[test]
    fn a_precision_of_the_cpu_makes_auto_take_the_cpu() {
        for precision in [Precision::Fixed14, Precision::Int8] {
            for parse in [no_gpu, one_gpu] {
                let taken = Options::with("auto", 3, precision, parse).unwrap();
                assert_eq!(taken, Options { device: Device::Cpu, threads: 3, precision });
            }
        }
        assert_eq!(Options::new("gpu", 0, Precision::F32).unwrap_err().code, Code::InvalidOption);
    }

    #[test]
    fn a_precision_of_the_gpu_makes_auto_take_it_or_say_why_not() {
        for precision in [Precision::Tf32, Precision::Bf16] {
            let taken = Options::with("auto", 3, precision, one_gpu).unwrap();
            assert_eq!(taken, Options { device: Device::Cuda(0), threads: 3, precision });
            for (device, code) in [("auto", Code::CudaUnavailable), ("cuda", Code::CudaUnavailable)] {
                let refused = Options::with(device, 0, precision, no_gpu).unwrap_err();
                assert!(refused.code == code && refused.message.contains("no driver"), "{refused}");
            }
        }
    }

    #[test]
    fn who_asked_for_auto_hears_why_a_build_with_cuda_takes_the_cpu() {
        let of = |device: &str, precision, has_cuda, reason: Option<Code>| {
            Options::notice_of(device, precision, has_cuda, || reason.map(|code| Error::new(code, "the driver is old")))
        };
        for code in [Code::CudaUnavailable, Code::CudaOutOfMemory] {
            let told = of("auto", Precision::F32, true, Some(code)).unwrap();
            assert!(told.contains("the driver is old"), "{told}");
            for (device, precision, has_cuda) in [
                ("cpu", Precision::F32, true),
                ("cuda", Precision::F32, true),
                ("auto", Precision::Int8, true),
                ("auto", Precision::F32, false),
            ] {
                assert!(of(device, precision, has_cuda, Some(code)).is_none());
            }
        }
        assert!(of("auto", Precision::F32, true, None).is_none());
        assert_eq!(Options::notice("auto", Precision::F32).is_some(), Device::has_cuda() && Device::gpus().is_empty());
    }

    #[test]
    fn a_named_device_refuses_the_precisions_of_the_other() {
        for (device, precision, advice) in [
            ("cpu", Precision::Tf32, "device cuda"),
            ("cpu", Precision::Bf16, "training only"),
            ("cuda", Precision::Fixed14, "device cpu"),
            ("cuda:1", Precision::Int8, "device cpu"),
        ] {
            // The result must be the same with and without a GPU.
            for parse in [no_gpu, one_gpu] {
                let refused = Options::with(device, 0, precision, parse).unwrap_err();
                assert_eq!(refused.code, Code::InvalidOption, "{refused}");
                assert!(refused.message.contains(advice) && refused.message.contains("f32"), "{refused}");
            }
        }
    }

    #[test]
    fn training_in_bf16_takes_a_gpu_or_a_cpu_with_the_instructions() {
        let able = |_: Precision| Ok(());
        let unable = |precision: Precision| match precision {
            Precision::F32 => Ok(()),
            _ => Err(Error::new(Code::InvalidOption, "no AVX-512 BF16")),
        };
        let of =
            |device: &str, precision, parse: fn(&str) -> Result<Device>, check: &dyn Fn(Precision) -> Result<()>| {
                Options::for_training_with(device, 3, precision, parse, check)
            };
        let (gpu, cpu) = (Device::Cuda(0), Device::Cpu);
        assert_eq!(of("auto", Precision::Bf16, one_gpu, &unable).unwrap().device, gpu);
        assert_eq!(of("auto", Precision::Bf16, no_gpu, &able).unwrap().device, cpu);
        assert_eq!(of("cpu", Precision::Bf16, one_gpu, &able).unwrap().device, cpu);
        for device in ["auto", "cpu"] {
            let refused = of(device, Precision::Bf16, no_gpu, &unable).unwrap_err();
            assert!(refused.code == Code::InvalidOption && refused.message.contains("AVX-512 BF16"), "{refused}");
            assert_eq!(refused.message.contains("no driver"), device == "auto", "{refused}");
            assert_eq!(of(device, Precision::F32, no_gpu, &unable).unwrap().device, cpu);
        }
        assert_eq!(of("cuda", Precision::Bf16, no_gpu, &able).unwrap_err().code, Code::CudaUnavailable);
        assert_eq!(of("auto", Precision::Int8, no_gpu, &able).unwrap_err().code, Code::InvalidOption);
        let refused = Options::for_training("cpu", 0, Precision::Tf32).unwrap_err();
        assert!(refused.code == Code::InvalidOption && refused.message.contains("NVIDIA"), "{refused}");
    }

    #[test]
    fn a_network_trained_in_bf16_is_validated_in_f32_on_the_cpu_and_in_bf16_on_a_gpu() {
        for (device, precision) in [(Device::Cpu, Precision::F32), (Device::Cuda(1), Precision::Bf16)] {
            let training = Options { device, threads: 3, precision: Precision::Bf16 };
            assert_eq!(training.for_inference(), Options { device, threads: 3, precision });
        }
    }

    #[test]
    fn plans_refuse_what_their_device_or_training_does_not_have() {
        let of = |device, precision, training| {
            Options { device, threads: 1, precision }.check(training).map_err(|refused| refused.code)
        };
        for precision in Precision::ALL {
            let refused_if = |refused: bool| if refused { Err(Code::InvalidOption) } else { Ok(()) };
            assert_eq!(of(Device::Cpu, precision, false), refused_if(!precision.is_of_cpu()));
            assert_eq!(of(Device::Cuda(0), precision, false), refused_if(!precision.is_of_gpu()));
            let can = check_training(precision).is_ok();
            assert_eq!(of(Device::Cpu, precision, true), refused_if(!can));
            assert!(can || precision != Precision::F32);
            assert!(precision.trains_on_cpu() || !can);
            assert_eq!(of(Device::Cuda(0), precision, true), refused_if(!precision.is_of_gpu()));
        }
    }
}
