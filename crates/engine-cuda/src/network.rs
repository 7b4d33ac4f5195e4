//! A network on a GPU: its tape, its places in memory, and what every operation launches with.

use engine_core::tape::{Conv, ConvId, ExciteId, Excited, MapId, ResidualAddId, Shortcut, Tape, Value};
use engine_core::Precision;
use error::Result;

use crate::gpu::arguments::{Affine, Norm, NormBackward, Raw};
use crate::gpu::{launch, Address, Element, Gpu, Kernel, Shape};
use crate::memory::budget::MemoryBudget;
use crate::memory::geometry::{extent, Rows};
use crate::memory::measure::element;
use crate::memory::places::{ConvPlace, MapPlace};
use crate::memory::terms::{Mode, Terms};
use crate::memory::MemoryLayout;

/// A network laid out on a GPU. Operations are in the files beside this one.
pub(crate) struct Network {
    pub(crate) gpu: Box<dyn Gpu>,
    pub(crate) tape: Tape,
    pub(crate) memory: MemoryLayout,
    pub(crate) mode: Mode,
    /// What maps, raw outputs and their gradients are.
    pub(crate) stored: Element,
    /// Segments it has room for.
    pub(crate) batch: usize,
    pub(crate) budget: MemoryBudget,
}

impl Network {
    /// Lays `tape` out for `batch` segments, if there is room for it and for a plan `beside` it. Too little memory is
    /// [`error::Code::CudaOutOfMemory`], with the batch that fits.
    pub(crate) fn new(
        mut gpu: Box<dyn Gpu>,
        tape: Tape,
        batch: usize,
        mode: Mode,
        beside: Option<Mode>,
        precision: Precision,
    ) -> Result<Self> {
        gpu.bind()?;
        gpu.compute_in(precision)?;
        let stored = Element::stored(precision);
        // Tensor cores have no f32.
        let cores = gpu.cores().filter(|_| precision != Precision::F32);
        let terms = |mode, batch| Terms { batch, mode, stored, cores };
        let bytes = |mode, batch| MemoryLayout::new(&tape, terms(mode, batch), Address::NULL).bytes;
        let another = gpu.taken_by_another();
        let both = |batch| bytes(mode, batch) + beside.map_or(0, |other| another + bytes(other, batch));
        let what = match (mode, beside) {
            (Mode::Training, None) => "training",
            (Mode::Training, Some(_)) => "training, with validation beside it,",
            (Mode::Inference, _) => "inference",
        };
        let budget = MemoryBudget::check(&*gpu, batch, what, both)?;
        let base = gpu.allocate(bytes(mode, batch))?;
        let memory = MemoryLayout::new(&tape, terms(mode, batch), base);
        Ok(Self { gpu, tape, memory, mode, stored, batch, budget })
    }

    pub(crate) fn is_training(&self) -> bool {
        self.mode == Mode::Training
    }

    /// Element `start` of the trainable values.
    pub(crate) fn value(&self, start: usize) -> Address {
        self.memory.values.floats(start as isize)
    }

    /// The weights from element `start` on, as products on maps read them.
    pub(crate) fn weight(&self, start: usize) -> Address {
        match self.stored {
            Element::F32 => self.value(start),
            stored => self.memory.narrow.offset(start as isize, stored),
        }
    }

    /// Makes `count` values of f32 such as maps are of.
    pub(super) fn narrow(&self, from: Address, to: Address, count: usize) -> Result<()> {
        let shape = Shape::line(count).moving(count * (4 + self.stored.bytes()));
        launch!(self.gpu, Kernel::NarrowValues, shape, [from, to, count as u64])
    }

    /// Bytes of so many rows of a map or a raw output.
    pub(crate) fn moved(&self, rows: usize, channels: usize) -> usize {
        rows * channels * self.stored.bytes()
    }

    /// What the elements of a map and its gradient are.
    pub(crate) fn element(&self, map: MapId) -> Element {
        element(&self.tape, map, self.stored)
    }

    /// Element `start` of their gradients.
    pub(crate) fn gradient_of(&self, start: usize) -> Address {
        self.memory.gradients.floats(start as isize)
    }

    fn statistic(&self, start: usize) -> Address {
        self.memory.statistics.floats(start as isize)
    }

    /// How `conv` is multiplied in a step of `batch` segments.
    pub(crate) fn rows(&self, id: ConvId, batch: usize) -> Rows {
        Rows::new(&self.tape.convs[id], self.memory.convs[id].pitch, batch)
    }

    /// Rows of a map that its readers see in a step of `batch` segments.
    pub(crate) fn extent(&self, map: MapId, batch: usize) -> usize {
        extent(&self.tape, map, batch, |id, _| self.rows(id, batch).total())
    }

    /// The row of a map at which `conv`'s first window begins.
    pub(crate) fn first_row(&self, conv: &Conv) -> Address {
        let back = conv.padding * conv.from;
        self.memory.maps[conv.input].data.offset(-(back as isize), self.element(conv.input))
    }

    /// The tensors of a convolution's norm.
    pub(crate) fn norm(&self, conv: &Conv) -> Norm {
        let bias = conv.bias.map_or(Address::NULL, |start| self.value(start));
        match &conv.norm {
            Some(norm) => Norm {
                gamma: self.value(norm.gamma),
                beta: self.value(norm.beta),
                bias,
                running_mean: self.statistic(norm.mean),
                running_variance: self.statistic(norm.variance),
            },
            None => {
                let none = Address::NULL;
                Norm { gamma: none, beta: none, bias, running_mean: none, running_variance: none }
            }
        }
    }

    /// The factors of a convolution's excitation and the gradient through its mean, null without one.
    pub(crate) fn factors(&self, id: ConvId) -> (Address, Address) {
        match self.tape.excites.iter().position(|excite| excite.conv == id) {
            Some(excite) => (self.memory.excites[excite].factors, self.memory.excites[excite].gradient),
            None => (Address::NULL, Address::NULL),
        }
    }

    /// The excitation of a residual block's branch.
    pub(crate) fn excite_of_branch(&self, id: ConvId) -> Option<ExciteId> {
        self.tape.excites.iter().position(|excite| excite.conv == id && matches!(excite.of, Excited::Branch(_)))
    }

    pub(crate) fn backward_coefficients(&self, id: ConvId) -> NormBackward {
        let place = &self.memory.convs[id];
        let (factors, means) = self.factors(id);
        let ConvPlace { scale, shift, mean, gradient_scale, raw_scale, gradient_shift, .. } = *place;
        NormBackward { scale, shift, mean, gradient_scale, raw_scale, gradient_shift, factors, means }
    }

    /// Writes what a convolution's map holds: norm, ReLU and factors of the windows' extrema.
    pub(crate) fn activate(&self, map: MapId, batch: usize) -> Result<()> {
        let spec = &self.tape.maps[map];
        let Value::Conv(id) = spec.value else { return Ok(()) };
        let (place, conv) = (&self.memory.maps[map], &self.memory.convs[id]);
        if place.data == Address::NULL {
            // Whoever reads it computes it on the way.
            return Ok(());
        }
        let rows = self.extent(map, batch);
        launch!(
            self.gpu,
            Kernel::Activate,
            Shape::lanes(rows, spec.channels).moving(self.moved(batch * spec.length + rows, spec.channels)),
            [
                conv.peak,
                conv.peak_pitch as u32,
                conv.scale,
                conv.shift,
                self.factors(id).0,
                place.data,
                spec.channels as u32,
                spec.length as u32,
                place.pitch as u32,
                batch as u32,
                rows as u32,
            ],
        )
    }

    /// Copies the staged batch, `[batch, length, channels]`, into the input map.
    pub(crate) fn feed(&self, batch: usize) -> Result<()> {
        let (spec, place) = (&self.tape.maps[0], &self.memory.maps[0]);
        // All rows that any batch can reach: what lay behind a short one is cleared.
        let rows = self.extent(0, self.batch);
        launch!(
            self.gpu,
            Kernel::Feed,
            Shape::rows(rows, spec.channels),
            [
                self.memory.staging,
                self.memory.fed,
                spec.channels as u32,
                spec.length as u32,
                place.pitch as u32,
                batch as u32,
                rows as u32,
            ],
        )?;
        self.narrow_input(rows)
    }

    /// Makes the input map of what was fed, where it is not that itself.
    pub(crate) fn narrow_input(&self, rows: usize) -> Result<()> {
        if self.element(0) == Element::F32 {
            return Ok(());
        }
        self.narrow(self.memory.fed, self.memory.maps[0].data, rows * self.tape.maps[0].channels)
    }

    /// Cuts the packet's segments out of their audio into the input map.
    pub(crate) fn cut(&self, batch: usize) -> Result<()> {
        let (length, place, packet) = (self.tape.maps[0].length, &self.memory.maps[0], &self.memory.packet);
        let rows = self.extent(0, self.batch);
        launch!(
            self.gpu,
            Kernel::CutSegments,
            Shape::rows(rows, 1).moving(rows * 4 + batch * length * 2),
            [
                packet.start,
                packet.places,
                self.memory.fed,
                length as u32,
                place.pitch as u32,
                batch as u32,
                rows as u32
            ]
        )?;
        self.narrow_input(rows)
    }

    pub(crate) fn download(&self, from: Address, count: usize) -> Result<Vec<f32>> {
        let mut values = vec![0.0f32; count];
        self.gpu.download(from, bytemuck::cast_slice_mut(&mut values))?;
        Ok(values)
    }

    /// The same of values that are stored as `element`.
    pub(crate) fn download_as(&self, from: Address, count: usize, element: Element) -> Result<Vec<f32>> {
        if element == Element::F32 {
            return self.download(from, count);
        }
        let mut values = vec![0u16; count];
        self.gpu.download(from, bytemuck::cast_slice_mut(&mut values))?;
        Ok(values.into_iter().map(|bits| f32::from_bits(u32::from(bits) << 16)).collect())
    }

    pub(crate) fn map_place(&self, map: MapId) -> &MapPlace {
        &self.memory.maps[map]
    }

    /// Branch and shortcut of a residual addition as its kernels take them.
    pub(crate) fn sides(&self, id: ResidualAddId) -> (Raw, Raw) {
        let addition = &self.tape.residual_adds[id];
        let raw = |id: ConvId| {
            let place = &self.memory.convs[id];
            let ConvPlace { raw, scale, shift, mean, pitch, .. } = *place;
            Raw { values: raw, scale, shift, mean, pitch: pitch as u32 }
        };
        let shortcut = match addition.shortcut {
            Shortcut::Conv(id) => raw(id),
            Shortcut::Identity { map, .. } => {
                let (none, place) = (Address::NULL, &self.memory.maps[map]);
                Raw { values: place.data, scale: none, shift: none, mean: none, pitch: place.pitch as u32 }
            }
        };
        (raw(addition.branch), shortcut)
    }

    pub(crate) fn affine(&self, id: ConvId) -> Affine {
        let ConvPlace { scale, shift, mean, inverse, .. } = self.memory.convs[id];
        Affine { scale, shift, mean, inverse }
    }
}
