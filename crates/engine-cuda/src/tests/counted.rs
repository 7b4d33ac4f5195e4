//! A GPU that computes nothing and counts: what a step of a full network would launch, move and multiply. For tests.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use engine_core::{LaunchTime, Precision, Targets, Training, Update};
use error::Result;
use net::{Architecture, Task};

use crate::gpu::transfer::{Event, Pinned, Queue};
use crate::gpu::{Address, Cores, Gpu, Kernel, Memory, Parameter, Product, Recorder, Recording, Shape, Streams, Work};
use crate::training::CudaTraining;

#[derive(Default)]
struct Counted {
    launches: Rc<RefCell<Vec<LaunchTime>>>,
    pinned: Vec<Vec<u8>>,
    /// Launches before the recording.
    recorded: Cell<usize>,
    recordings: RefCell<Vec<Vec<LaunchTime>>>,
}

// SAFETY: the test has one thread.
unsafe impl Send for Counted {}

impl Gpu for Counted {
    fn bind(&self) -> Result<()> {
        Ok(())
    }
}

impl Memory for Counted {
    fn free_memory(&self) -> Result<usize> {
        Ok(usize::MAX)
    }

    fn allocate(&mut self, _bytes: usize) -> Result<Address> {
        Ok(Address(256))
    }

    fn upload(&self, _to: Address, _from: &[u8]) -> Result<()> {
        Ok(())
    }

    fn download(&self, _from: Address, to: &mut [u8]) -> Result<()> {
        // As the guards want it.
        to.fill(0xFF);
        Ok(())
    }

    fn pin(&mut self, bytes: usize) -> Result<Pinned> {
        self.pinned.push(vec![0; bytes]);
        let start = self.pinned.last_mut().unwrap().as_mut_ptr();
        // SAFETY: so many bytes, handed out once.
        Ok(unsafe { Pinned::new(start, bytes) })
    }
}

impl Streams for Counted {
    fn event(&mut self) -> Result<Event> {
        Ok(Event(0))
    }

    fn copy(&self, _queue: Queue, _to: Address, _from: &Pinned, _bytes: usize) -> Result<()> {
        Ok(())
    }

    fn record(&self, _event: Event, _queue: Queue) -> Result<()> {
        Ok(())
    }

    fn wait(&self, _queue: Queue, _event: Event) -> Result<()> {
        Ok(())
    }

    fn reached(&self, _event: Event) -> Result<()> {
        Ok(())
    }

    fn fork(&self) -> Result<()> {
        Ok(())
    }

    fn back(&self) -> Result<()> {
        Ok(())
    }

    fn join(&self) -> Result<()> {
        Ok(())
    }
}

impl Work for Counted {
    /// Those of an H200.
    fn cores(&self) -> Option<Cores> {
        Some(Cores { multiprocessors: 132, shared: 227 << 10 })
    }

    fn take_cores(&mut self, _cores: Option<Cores>) {}

    fn compute_in(&mut self, _precision: Precision) -> Result<()> {
        Ok(())
    }

    fn launch(&self, kernel: Kernel, shape: Shape, _arguments: &[Parameter]) -> Result<()> {
        self.note(kernel.name().into(), shape.bytes, shape.operations);
        Ok(())
    }

    fn multiply(&self, product: &Product) -> Result<()> {
        self.note(product.name(), product.bytes(), product.operations());
        Ok(())
    }
}

impl Recorder for Counted {
    fn begin_recording(&self) -> Result<()> {
        self.recorded.set(self.launches.borrow().len());
        Ok(())
    }

    fn end_recording(&self) -> Result<Recording> {
        // What was noted is not started yet.
        let launches = self.launches.borrow_mut().split_off(self.recorded.get());
        self.recordings.borrow_mut().push(launches);
        Ok(Recording(self.recordings.borrow().len() - 1))
    }

    fn replay(&self, recording: Recording) -> Result<()> {
        self.launches.borrow_mut().extend_from_slice(&self.recordings.borrow()[recording.0]);
        Ok(())
    }
}

impl Counted {
    fn note(&self, name: String, bytes: u64, operations: u64) {
        self.launches.borrow_mut().push(LaunchTime { name, seconds: 0.0, bytes, operations });
    }
}

/// What a step of 3^9 on a batch of 23 launches.
fn step(precision: Precision) -> Vec<LaunchTime> {
    let architecture = Architecture::preset("3^9").unwrap();
    let gpu = Counted::default();
    let launches = Rc::clone(&gpu.launches);
    let make =
        |tape, mel| Ok(Box::new(CudaTraining::new(Box::new(gpu), tape, mel, 23, 0, precision, false)?) as Box<_>);
    let mut training = Training::on(&architecture, 50, Task::MultiLabel, 23, make).unwrap();
    let input = vec![0.0; 23 * architecture.input_length];
    let update = Update { learning_rate: 0.01, momentum: 0.9, weight_decay: 0.0 };
    // The first step also lists addresses.
    training.step(&input, Targets::Tags(&[0.0; 23 * 50]), &update, Some((1, 0))).unwrap();
    launches.borrow_mut().clear();
    training.step(&input, Targets::Tags(&[0.0; 23 * 50]), &update, Some((1, 1))).unwrap();
    let launches = launches.borrow().clone();
    launches
}

/// 238 GFLOP. In f32 the bytes of the plan with products by cuBLAS: 4.7 GB (kernels.md 2.1), and those of norm and ReLU on the
/// pooled maps and of the weights' partial gradients. With our own kernels no raw gradient of the first blocks is written, no map
/// that only they read, and nothing of the first layer.
#[test]
fn a_step_moves_and_multiplies_what_the_plan_says() {
    for (precision, most_gigabytes) in [(Precision::F32, 5.3), (Precision::Tf32, 2.8), (Precision::Bf16, 1.65)] {
        let launches = step(precision);
        let operations: u64 = launches.iter().map(|launch| launch.operations).sum();
        let bytes: u64 = launches.iter().map(|launch| launch.bytes).sum();
        if std::env::var_os("SHOW").is_some() {
            launches.iter().for_each(|one| {
                println!("{:9.3} GFLOP {:8.3} MB {}", one.operations as f64 / 1e9, one.bytes as f64 / 1e6, one.name)
            });
            println!(
                "{precision}: {} launches, {:.2} GB, {:.1} GFLOP",
                launches.len(),
                bytes as f64 / 1e9,
                operations as f64 / 1e9
            );
        }
        assert!((2.37e11..2.42e11).contains(&(operations as f64)), "{operations}");
        assert!((bytes as f64) < most_gigabytes * 1e9, "{bytes}");
        assert!(launches.len() < 120, "{}", launches.len());
    }
}
