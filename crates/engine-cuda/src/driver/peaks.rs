//! What a GPU can do at most: its own copy of a large map, and a large matrix product.

use engine_core::{Peaks, Philox, Precision, Purpose};
use error::{Code, Error, Result};

use crate::driver::devices::open;
use crate::gpu::{launch, Address, Element, Gpu, Kernel, Matrix, Product, Shape};

/// Rows and channels of the map that is copied.
const ROWS: usize = 1 << 20;
const CHANNELS: usize = 256;
/// Rows of the square matrices.
const SIZE: usize = 8192;
/// Of so many repeats the fastest counts.
const REPEATS: usize = 8;

/// Measures the GPU with this index, with products of `precision`; takes some seconds. Errors: [`Code::CudaUnavailable`] and
/// [`Code::CudaOutOfMemory`].
pub fn peaks(index: usize, precision: Precision) -> Result<Peaks> {
    let mut gpu = open(index)?;
    gpu.bind()?;
    gpu.compute_in(precision)?;
    let stored = Element::stored(precision);
    let seconds = |gpu: &mut Box<dyn Gpu>, start: &dyn Fn(&dyn Gpu) -> Result<()>| {
        start(gpu.as_ref())?;
        gpu.trace(true)?;
        for _ in 0..REPEATS {
            start(gpu.as_ref())?;
        }
        let fastest = gpu.trace(false)?.into_iter().map(|launch| launch.seconds).min_by(f64::total_cmp);
        fastest.ok_or_else(|| Error::new(Code::Internal, "a measurement had no launches"))
    };
    let bytes = ROWS * CHANNELS * stored.bytes();
    let (from, to, ones) = (gpu.allocate(bytes)?, gpu.allocate(bytes)?, gpu.allocate(CHANNELS * 4)?);
    let copy = seconds(&mut gpu, &|gpu| {
        let (rows, channels, none) = (ROWS as u32, CHANNELS as u32, Address::NULL);
        let shape = Shape::lanes(ROWS, CHANNELS);
        launch!(gpu, Kernel::Activate, shape, [from, rows, ones, ones, none, to, channels, rows, rows, 1u32, rows])
    })?;
    let (left, right) = (numbers(gpu.as_mut(), stored)?, numbers(gpu.as_mut(), stored)?);
    let result = gpu.allocate(SIZE * SIZE * stored.bytes())?;
    let product = Product {
        rows: SIZE,
        columns: SIZE,
        inner: SIZE,
        left: Matrix::plain(left, SIZE, 0),
        right: Matrix::plain(right, SIZE, 0),
        to: Matrix::plain(result, SIZE, 0),
        count: 1,
        accumulate: false,
        listed: None,
        of: stored,
        into: stored,
    };
    let multiply = seconds(&mut gpu, &|gpu| gpu.multiply(&product))?;
    Ok(Peaks {
        bytes_per_second: 2.0 * bytes as f64 / copy,
        operations_per_second: product.operations() as f64 / multiply,
    })
}

/// A square matrix of numbers from -1 to 1: products of zeros would be faster than those of a network.
fn numbers(gpu: &mut dyn Gpu, of: Element) -> Result<Address> {
    let matrix = gpu.allocate(SIZE * SIZE * of.bytes())?;
    let mut row = vec![0.0f32; SIZE];
    for index in 0..SIZE {
        Philox::new(1, Purpose::Synthesise, 0).fill_uniform((index % 64 * SIZE) as u64, &mut row);
        row.iter_mut().for_each(|value| *value = 2.0 * *value - 1.0);
        let to = matrix.offset((index * SIZE) as isize, of);
        match of {
            Element::F32 => gpu.upload(to, bytemuck::cast_slice(&row))?,
            Element::Bf16 => {
                let narrow: Vec<u16> = row.iter().map(|value| (value.to_bits() >> 16) as u16).collect();
                gpu.upload(to, bytemuck::cast_slice(&narrow))?;
            }
        }
    }
    Ok(matrix)
}
