//! An inference plan on the CPU, which is compiled again when the parameters change.

use engine_core::backend::InferenceBackend;
use engine_core::{Holding, Segments, StepTime, Tap};
use error::Result;
use net::{Architecture, Layout, Parameters};

use crate::cpu::Cpu;
use crate::features::CpuLevel;
use crate::infer::InferencePlan;

/// A plan, and the inputs from which it was compiled.
pub(crate) struct CpuInference {
    plan: InferencePlan,
    architecture: Architecture,
    tags: usize,
    batch: usize,
    taps: Vec<Tap>,
    cpu: Cpu,
    /// Buffer for 16-bit segments converted to f32.
    samples: Vec<f32>,
}

impl CpuInference {
    /// Compiles `architecture`, which must be valid, with `parameters` of its layout, for at most `batch` segments.
    pub(crate) fn new(
        architecture: &Architecture,
        tags: usize,
        parameters: &Parameters,
        batch: usize,
        taps: &[Tap],
        cpu: Cpu,
    ) -> Result<Self> {
        let plan = compile(architecture, tags, parameters, batch, taps, cpu)?;
        let taps = taps.to_vec();
        Ok(Self { plan, architecture: architecture.clone(), tags, batch, taps, cpu, samples: Vec::new() })
    }
}

fn compile(
    architecture: &Architecture,
    tags: usize,
    parameters: &Parameters,
    batch: usize,
    taps: &[Tap],
    cpu: Cpu,
) -> Result<InferencePlan> {
    let (layout, level) = (Layout::new(architecture, tags), CpuLevel::chosen()?);
    InferencePlan::new(architecture, tags, &layout, parameters, batch, taps, cpu, level)
}

impl InferenceBackend for CpuInference {
    fn load(&mut self, parameters: &Parameters) -> Result<()> {
        self.plan = compile(&self.architecture, self.tags, parameters, self.batch, &self.taps, self.cpu)?;
        Ok(())
    }

    fn takes(&self) -> Holding {
        Holding::Samples
    }

    fn logits(&mut self, segments: Segments, n: usize) -> Result<&[f32]> {
        self.plan.logits(segments.samples(&mut self.samples)?, n)
    }

    fn tapped(&self) -> &[f32] {
        self.plan.tapped()
    }

    fn timed(&mut self, segments: &[f32], n: usize) -> Result<Vec<StepTime>> {
        self.plan.timed(segments, n)
    }
}
