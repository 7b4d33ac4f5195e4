//! Convolutions going backward: the norm's sums, the raw gradient, then the weights' and the input's as matrix products.

use error::Result;

use super::geometry::{gradient_by_rows, is_stem, Rows};
use super::gpu::{launch, Address, Element, Kernel, Matrix, Product, Shape};
use super::network::Network;
use super::plan::sum_blocks;
use super::structs::NormGradient;
use crate::tape::{Conv, ConvId, Taker};

impl Network {
    /// Gradients of the norm's tensors and of the weights, and of the input where somebody wants it.
    pub(crate) fn conv_backward(&self, id: ConvId, batch: usize, input_gradient: bool) -> Result<()> {
        if is_stem(&self.tape, id) {
            return self.stem_backward(id, batch, input_gradient);
        }
        let (conv, rows) = (&self.tape.convs[id], self.rows(id, batch));
        self.norm_backward(id, batch)?;
        self.raw_backward(id, batch, rows.total())?;
        // Only the update needs it: the way back goes on beside it.
        self.gpu.fork()?;
        let done = self.weight_gradient(id, &rows);
        self.gpu.back()?;
        done?;
        if conv.input != 0 || input_gradient {
            self.data_gradient(id, batch, &rows)?;
        }
        Ok(())
    }

    /// Sums over the batch, and from them the coefficients of the raw gradient.
    fn norm_backward(&self, id: ConvId, batch: usize) -> Result<()> {
        let (conv, place) = (&self.tape.convs[id], &self.plan.convs[id]);
        let channels = conv.to as u32;
        let (sums, stride, product, chunks) = match conv.taker {
            Taker::Map(map) => {
                let chunks = batch * place.cut.chunks as usize;
                let moved = self.moved(2 * batch * conv.pooled, conv.to) + 8 * chunks * conv.to;
                let map = self.map_place(map);
                launch!(
                    self.gpu,
                    Kernel::PoolSums,
                    Shape::lanes(chunks, conv.to).moving(moved),
                    [
                        place.peak,
                        place.peak_pitch as u32,
                        map.gradient,
                        map.pitch as u32,
                        self.slope(id),
                        place.moments,
                        channels,
                        place.cut,
                        batch as u32,
                    ],
                )?;
                (place.moments, 2, 1, chunks)
            }
            Taker::Branch(join) => match self.excite_of_branch(id) {
                Some(excite) => {
                    let excite = &self.plan.excites[excite];
                    launch!(
                        self.gpu,
                        Kernel::BranchSums,
                        Shape::rows(batch, conv.to),
                        [
                            self.plan.joins[join].sums,
                            place.moments,
                            place.mean,
                            excite.factors,
                            excite.gradient,
                            excite.sums,
                            channels,
                            place.cut,
                            batch as u32,
                        ],
                    )?;
                    (excite.sums, 2, 1, batch)
                }
                None => (self.plan.joins[join].sums, 3, 1, batch * place.cut.chunks as usize),
            },
            Taker::Shortcut(join) => (self.plan.joins[join].sums, 3, 2, batch * place.cut.chunks as usize),
        };
        let (out, blocks) = (self.norm_gradient(id), sum_blocks(chunks));
        let count = (batch * conv.length) as f64;
        launch!(
            self.gpu,
            Kernel::NormSlopes,
            Shape::channel_slices(conv.to, blocks).moving(8 * chunks * conv.to),
            [
                sums,
                stride as u32,
                product as u32,
                self.affine(id),
                out,
                channels,
                chunks as u32,
                count,
                place.partial,
                place.tickets,
                blocks as u32,
            ],
        )
    }

    /// Where the gradients of a convolution's norm go, and the coefficients of its raw gradient.
    pub(crate) fn norm_gradient(&self, id: ConvId) -> NormGradient {
        let (conv, place, none) = (&self.tape.convs[id], &self.plan.convs[id], Address::NULL);
        NormGradient {
            gamma: conv.norm.as_ref().map_or(none, |norm| self.slope_of(norm.gamma)),
            beta: conv.norm.as_ref().map_or(none, |norm| self.slope_of(norm.beta)),
            bias: conv.bias.map_or(none, |bias| self.slope_of(bias)),
            slope: place.slope,
            tilt: place.tilt,
            level: place.level,
        }
    }

    /// The raw gradient in place of the raw output.
    fn raw_backward(&self, id: ConvId, batch: usize, rows: usize) -> Result<()> {
        let (conv, place) = (&self.tape.convs[id], &self.plan.convs[id]);
        let (channels, pitch, segments) = (conv.to as u32, place.pitch as u32, batch as u32);
        match conv.taker {
            Taker::Map(map) => {
                let map = self.map_place(map);
                // Windows over all rows of a segment, those behind its values too.
                let groups = (place.pitch + conv.pool_padding).div_ceil(conv.pool);
                let windows = batch * conv.pooled;
                let moved = self.moved(2 * rows + 2 * windows, conv.to) + windows * conv.to;
                launch!(
                    self.gpu,
                    Kernel::PoolBackward,
                    Shape::lanes(rows.div_ceil(place.pitch) * groups, conv.to).moving(moved),
                    [
                        place.raw,
                        pitch,
                        place.peak,
                        place.peak_pitch as u32,
                        place.winner,
                        map.gradient,
                        map.pitch as u32,
                        self.slope(id),
                        channels,
                        place.cut,
                        segments,
                        rows as u32,
                        groups as u32,
                    ]
                )
            }
            Taker::Branch(join) | Taker::Shortcut(join) => {
                let output = self.map_place(self.tape.joins[join].output);
                let windows = batch * self.tape.joins[join].pooled;
                let moved = self.moved(2 * rows + windows, conv.to) + windows * conv.to;
                let join = &self.plan.joins[join];
                let (factors, means) = self.factors(id);
                launch!(
                    self.gpu,
                    Kernel::JoinBackward,
                    Shape::lanes(rows, conv.to).moving(moved),
                    [
                        output.gradient,
                        output.pitch as u32,
                        join.winner,
                        place.raw,
                        pitch,
                        place.slope,
                        place.tilt,
                        place.level,
                        factors,
                        means,
                        channels,
                        join.cut,
                        segments,
                        rows as u32,
                    ]
                )
            }
        }
    }

    fn weight_gradient(&self, id: ConvId, rows: &Rows) -> Result<()> {
        let (conv, place) = (&self.tape.convs[id], &self.plan.convs[id]);
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
        launch!(
            self.gpu,
            Kernel::SumParts,
            Shape::value_slices(size).moving((number + 1) * size * 4),
            [self.plan.parts, self.slope_of(conv.weight), size as u32, number as u32],
        )
    }

    /// Lists where the partial products of all weights' gradients lie in a step of `batch` segments: those of the phases of a split
    /// are neighbours, so that its input comes from memory once.
    pub(crate) fn list_parts(&self, batch: usize) -> Result<()> {
        for (id, conv) in self.tape.convs.iter().enumerate() {
            if is_stem(&self.tape, id) {
                continue;
            }
            let (place, rows) = (&self.plan.convs[id], self.rows(id, batch));
            let (step, size) = (conv.stride * conv.from, conv.kernel * conv.from * conv.to);
            let (raw, input) = (self.stored.bytes(), self.element(conv.input).bytes());
            let between = |elements: usize, bytes: usize| (elements * bytes) as u64;
            let lists = [
                (place.raw, between(conv.to, raw), between(rows.split_rows * rows.phases * conv.to, raw)),
                (self.first_row(conv), between(step, input), between(rows.split_rows * rows.phases * step, input)),
                (self.plan.parts, between(size, 4), between(rows.phases * size, 4)),
            ];
            for (list, (start, phase, split)) in place.lists.into_iter().zip(lists) {
                let (phases, number) = (rows.phases as u32, (rows.phases * rows.splits) as u32);
                let shape = Shape::line(number as usize);
                launch!(self.gpu, Kernel::ListAddresses, shape, [list, start, phase, split, phases, number])?;
            }
        }
        Ok(())
    }

    fn data_gradient(&self, id: ConvId, batch: usize, rows: &Rows) -> Result<()> {
        let (conv, place) = (&self.tape.convs[id], &self.plan.convs[id]);
        if gradient_by_rows(conv) {
            return self.gradient_rows(conv, place.raw, place.reversed, rows);
        }
        self.gradient_columns(conv, place.raw, place.pitch, batch, rows.total())
    }

    /// The convolution with the taps in reverse, from the output's channels to the input's.
    fn gradient_rows(&self, conv: &Conv, raw: Address, reversed: Address, rows: &Rows) -> Result<()> {
        let (taps, from, to) = (conv.kernel, conv.from, conv.to);
        launch!(
            self.gpu,
            Kernel::ReverseTaps,
            Shape::rows(taps * to, from).moving(taps * to * from * (4 + self.stored.bytes())),
            [self.value(conv.weight), reversed, taps as u32, from as u32, to as u32],
        )?;
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
            to: Matrix::plain(self.plan.columns, width, 0),
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
                self.plan.columns,
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
