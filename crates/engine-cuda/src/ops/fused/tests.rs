//! Our own kernels with tensor cores against the CPU backend.

use engine_core::tape::Tape;
use engine_core::{initialise, Initialisation, Precision, Targets, Training};
use net::Task;

use crate::check::{architecture, difference, is_right};
use crate::emulated::Emulated;
use crate::gpu::{Cores, Element, Gpu, Kernel, Work};
use crate::memory::fused::{is_fused, source_of, MapSource};
use crate::memory::terms::{Mode, Terms};
use crate::tests::{batch, inference_on, training_on, UPDATE};

const TAGS: usize = 3;
const BATCH: usize = 5;

fn without_cores() -> Option<Emulated> {
    let mut gpu = Emulated::new()?;
    gpu.take_cores(None);
    Some(gpu)
}

#[test]
fn blocks_of_three_with_enough_windows_are_fused() {
    let tape = Tape::compile(&architecture(), TAGS).unwrap();
    let terms = |multiprocessors, shared| Terms {
        batch: BATCH,
        mode: Mode::Training,
        stored: Element::F32,
        cores: Some(Cores { multiprocessors, shared }),
    };
    let of = |terms: Terms| (0..tape.convs.len()).filter(|&id| is_fused(&tape, id, &terms)).collect::<Vec<_>>();
    assert_eq!(of(terms(2, 227 << 10)), [1, 2, 3]);
    assert_eq!(of(terms(8, 227 << 10)), [1]);
    assert!(of(Terms { cores: None, ..terms(2, 227 << 10) }).is_empty());
    // In f32 128 channels need 96 KiB for the weights alone.
    assert!(of(terms(2, 96 << 10)).is_empty());
    let sources = |terms: Terms| [1, 2, 3].map(|id: usize| source_of(&tape, tape.convs[id].input, &terms));
    assert_eq!(sources(terms(2, 227 << 10)), [MapSource::Wave(0), MapSource::Pooled(1), MapSource::Map]);
    assert_eq!(sources(terms(8, 227 << 10)), [MapSource::Wave(0), MapSource::Map, MapSource::Map]);
    let inference = Terms { mode: Mode::Inference, ..terms(2, 227 << 10) };
    assert_eq!(sources(inference), [MapSource::Wave(0), MapSource::Map, MapSource::Map]);
}

/// Both compute in the same precision, and so round the same operands: they differ by the order of their sums, which moves a maximum of the
/// head to its neighbour now and then. One of those is a fiftieth of all gradients.
#[test]
fn fused_steps_are_those_of_products_by_cublas() {
    let architecture = architecture();
    for (precision, limit) in [(Precision::Tf32, 6e-3), (Precision::Bf16, 4e-2)] {
        let plan = |gpu: Emulated| {
            let mut plan = training_on(gpu, precision, &architecture, TAGS, Task::MultiLabel, BATCH);
            plan.load(&initialise(&architecture, TAGS, Initialisation::He, 1).unwrap()).unwrap();
            plan
        };
        let (Some(with), Some(without)) = (Emulated::new(), without_cores()) else { return };
        let (mut ours, mut theirs) = (plan(with), plan(without));
        for (step, n) in [BATCH, 2].into_iter().enumerate() {
            let (input, targets) = batch(&architecture, TAGS, n, step as u64);
            let of = |training: &mut Training| training.gradients(&input, Targets::Tags(&targets), None).unwrap();
            let (a, b) = (of(&mut ours), of(&mut theirs));
            let logits = difference(&a.logits, &b.logits);
            let errors = [difference(&a.parameters, &b.parameters), difference(&a.input, &b.input)];
            assert!(logits < limit, "{precision}, batch of {n}: {logits}");
            assert!(errors.iter().all(|&error| error < 6e-2), "{precision}, batch of {n}: {errors:?}");
            let of = |training: &mut Training| {
                training.step(&input, Targets::Tags(&targets), &UPDATE, None).unwrap();
                training.parameters().unwrap()
            };
            let (a, b) = (of(&mut ours), of(&mut theirs));
            let errors = [difference(&a.trainable, &b.trainable), difference(&a.statistics, &b.statistics)];
            assert!(errors.iter().all(|&error| error < 1e-4), "{precision}, batch of {n}: {errors:?}");
            theirs.load(&a).unwrap();
            theirs.load_velocity(&ours.velocity().unwrap()).unwrap();
        }
        let parameters = ours.parameters().unwrap();
        let (input, _) = batch(&architecture, TAGS, 2, 9);
        let of = |gpu: Emulated| {
            inference_on(gpu, precision, &architecture, TAGS, &parameters, BATCH).logits(&input).unwrap().to_vec()
        };
        let error = difference(&of(Emulated::new().unwrap()), &of(without_cores().unwrap()));
        assert!(error < limit, "{precision}: {error}");
    }
}

/// Of a kernel that computes nothing, every result shows.
#[test]
fn a_gpu_on_which_our_own_kernels_are_wrong_is_found_out() {
    if Emulated::new().is_none() {
        return;
    }
    let right = |mode: Mode, broken: Option<Kernel>| {
        let open = || {
            let gpu = match broken {
                Some(kernel) => Emulated::breaking(kernel),
                None => Emulated::new(),
            };
            Ok(Box::new(gpu.unwrap()) as Box<dyn Gpu>)
        };
        is_right(open, Precision::Bf16, mode).unwrap()
    };
    assert!(right(Mode::Training, None) && right(Mode::Inference, None));
    use Kernel::*;
    let forward = [FusedTaps, FusedForward, FusedForwardPeaks, FusedForwardWave];
    let backward = [FusedData, FusedDataWave, FusedWeights, FusedWeightsPeaks, FusedWeightsWave];
    for kernel in forward.into_iter().chain(backward) {
        assert!(!right(Mode::Training, Some(kernel)), "{kernel:?}");
    }
    for kernel in [FusedTaps, FusedForward, FusedMap, FusedMapWave] {
        assert!(!right(Mode::Inference, Some(kernel)), "{kernel:?}");
    }
}
