//! Compares the values of taps with those of the CPU.

use engine_core::backend::InferenceBackend;
use engine_core::tape::Tape;
use engine_core::{initialise, Inference, Initialisation, Mel, Precision, Reduction, Tap};
use net::Graph;

use super::{batch, on_cpu, small_networks, THREADS};
use crate::emulated::Emulated;
use crate::inference::CudaInference;

#[test]
fn levels_and_factors_are_those_of_the_cpu() {
    let tags = 4;
    for architecture in small_networks() {
        let Some(gpu) = Emulated::new() else { return };
        let graph = Graph::new(&architecture, tags);
        let levels = (1..=graph.level_count() as i32).map(|level| graph.level(-level).unwrap());
        let outputs = levels.flat_map(|node| [Reduction::Max, Reduction::Mean].map(|reduction| (node, reduction)));
        let mut taps: Vec<Tap> = outputs.map(|(node, reduction)| Tap::Output { node, reduction }).collect();
        taps.extend(graph.excitations().map(|node| Tap::Factors { node }));
        let mut parameters = initialise(&architecture, tags, Initialisation::He, 1).unwrap();
        parameters.statistics.iter_mut().filter(|value| **value == 0.0).for_each(|value| *value = 0.5);
        let (tape, mel) = (Tape::compile(&architecture, tags).unwrap(), Mel::of(&architecture).unwrap());
        let plan = CudaInference::new(Box::new(gpu), tape, mel, &parameters, 3, THREADS, Precision::F32).unwrap();
        let mut ours = plan.with_taps(&taps).unwrap();
        let mut theirs = Inference::with_taps(&architecture, tags, &parameters, 3, &taps, &on_cpu()).unwrap();
        for n in [3, 2] {
            let (input, _) = batch(&architecture, tags, n, 9);
            ours.logits(input.as_slice().into(), n).unwrap();
            theirs.logits(&input).unwrap();
            assert_eq!(ours.tapped().len(), n * theirs.width());
            for (ours, theirs) in ours.tapped().iter().zip(theirs.tapped()) {
                assert!((ours - theirs).abs() <= 1e-4 * theirs.abs().max(1.0), "{ours} {theirs} {architecture:?}");
            }
        }
    }
}
