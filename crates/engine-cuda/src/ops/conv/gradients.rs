//! Gradients of a convolution's weights and of its input, from that of its raw output: matrix products.

use engine_core::tape::{Conv, ConvId};
use error::Result;

use crate::gpu::{launch, Address, Element, Kernel, Matrix, Product, Shape};
use crate::memory::geometry::{gradient_by_rows, is_stem, Rows};
use crate::network::Network;

impl Network {
    pub(crate) fn weight_gradient(&self, id: ConvId, rows: &Rows) -> Result<()> {
        let (conv, place) = (&self.tape.convs[id], &self.memory.convs[id]);
        let size = conv.kernel * conv.from * conv.to;
        let [raw, windows, parts] = place.lists;
        let number = rows.phases * rows.splits;
        self.gpu.multiply(&Product {
            rows: conv.to,
            columns: conv.kernel * conv.from,
            inner: rows.split_rows,
            left: Matrix::plain(raw, rows.phases * conv.to, 0),
            right: Matrix::turned(windows, rows.phases * conv.stride * conv.from, 0),
            to: Matrix::plain(parts, conv.to, 0),
            count: number,
            accumulate: false,
            listed: Some(rows.phases),
            of: self.stored,
            into: Element::F32,
        })?;
        self.sum_parts(conv.weight, size, number)
    }

    /// Adds up the parts of the gradient of `size` weights from element `start` on.
    pub(crate) fn sum_parts(&self, start: usize, size: usize, number: usize) -> Result<()> {
        launch!(
            self.gpu,
            Kernel::SumParts,
            Shape::value_slices(size).moving((number + 1) * size * 4),
            [self.memory.parts, self.gradient_of(start), size as u32, number as u32],
        )
    }

    /// Lists where the partial products of all weights' gradients lie in a step of `batch` segments: those of the phases of a split
    /// are neighbours, so that its input comes from memory once.
    pub(crate) fn list_parts(&self, batch: usize) -> Result<()> {
        for (id, conv) in self.tape.convs.iter().enumerate() {
            if is_stem(&self.tape, id) || self.memory.convs[id].fused.is_some() {
                continue;
            }
            let (place, rows) = (&self.memory.convs[id], self.rows(id, batch));
            let (step, size) = (conv.stride * conv.from, conv.kernel * conv.from * conv.to);
            let (raw, input) = (self.stored.bytes(), self.element(conv.input).bytes());
            let between = |elements: usize, bytes: usize| (elements * bytes) as u64;
            let lists = [
                (place.raw, between(conv.to, raw), between(rows.split_rows * rows.phases * conv.to, raw)),
                (self.first_row(conv), between(step, input), between(rows.split_rows * rows.phases * step, input)),
                (self.memory.parts, between(size, 4), between(rows.phases * size, 4)),
            ];
            for (list, (start, phase, split)) in place.lists.into_iter().zip(lists) {
                let (phases, number) = (rows.phases as u32, (rows.phases * rows.splits) as u32);
                let shape = Shape::line(number as usize);
                launch!(self.gpu, Kernel::ListAddresses, shape, [list, start, phase, split, phases, number])?;
            }
        }
        Ok(())
    }

    pub(crate) fn data_gradient(&self, id: ConvId, batch: usize, rows: &Rows) -> Result<()> {
        let (conv, place) = (&self.tape.convs[id], &self.memory.convs[id]);
        if gradient_by_rows(conv) {
            return self.gradient_rows(conv, place.raw, place.reversed, rows);
        }
        self.gradient_columns(conv, place.raw, place.pitch, batch, rows.total())
    }

    /// The convolution with the taps in reverse, from the output's channels to the input's.
    fn gradient_rows(&self, conv: &Conv, raw: Address, reversed: Address, rows: &Rows) -> Result<()> {
        let (taps, from, to) = (conv.kernel, conv.from, conv.to);
        let before = (taps - 1 - conv.padding) * to;
        self.gpu.multiply(&Product {
            rows: from,
            columns: rows.in_phase(),
            inner: taps * to,
            left: Matrix::plain(reversed, from, 0),
            right: Matrix::plain(raw.offset(-(before as isize), self.stored), taps * to, to),
            to: Matrix::plain(self.map_place(conv.input).gradient, taps * from, from),
            count: taps,
            accumulate: conv.accumulate,
            listed: None,
            of: self.stored,
            into: self.stored,
        })
    }

    /// What every output row gives to its window, and then every input row's sum.
    fn gradient_columns(&self, conv: &Conv, raw: Address, pitch: usize, batch: usize, rows: usize) -> Result<()> {
        let width = conv.kernel * conv.from;
        self.gpu.multiply(&Product {
            rows: width,
            columns: rows,
            inner: conv.to,
            left: Matrix::turned(self.weight(conv.weight), conv.to, 0),
            right: Matrix::plain(raw, conv.to, 0),
            to: Matrix::plain(self.memory.columns, width, 0),
            count: 1,
            accumulate: false,
            listed: None,
            of: self.stored,
            into: self.stored,
        })?;
        let map = self.map_place(conv.input);
        launch!(
            self.gpu,
            Kernel::GatherColumns,
            Shape::rows(batch * conv.input_length, conv.from)
                .moving(self.moved(rows * conv.kernel + batch * conv.input_length, conv.from)),
            [
                self.memory.columns,
                map.gradient,
                conv.from as u32,
                conv.kernel as u32,
                conv.stride as u32,
                conv.padding as u32,
                conv.input_length as u32,
                map.pitch as u32,
                conv.length as u32,
                pitch as u32,
                batch as u32,
                u32::from(conv.accumulate),
            ],
        )
    }
}
