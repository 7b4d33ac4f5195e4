// What a convolution needs around its matrix products.
#include "storage.h"
#include "taps.h"

// The weights as the data gradient multiplies with them: taps in reverse, [taps][to][from]. Rows are those of the result, layers of the grid
// the convolutions of the list.
KERNEL(STORED(reverse_taps), TapsList list) {
  Taps of = list.of[blockIdx.z];
  uint32_t row = own_row(), i = own_channel();
  if (row >= of.taps * of.to || i >= of.from) return;
  uint32_t tap = of.taps - 1 - row / of.to, o = row % of.to;
  narrow(of.weights[at(tap * of.from + i, of.to, o)], static_cast<real*>(of.out) + at(row, of.from, i));
}

// The data gradient of a strided convolution from its columns [batch * column_pitch][taps][channels]: every input row adds
// those that it went into.
KERNEL(STORED(gather_columns), const real* columns, real* gradient, uint32_t channels, uint32_t taps, uint32_t stride,
       uint32_t padding, uint32_t input_length, uint32_t pitch, uint32_t length, uint32_t column_pitch, uint32_t batch,
       uint32_t accumulate) {
  uint32_t row = own_row(), c = own_channel();
  if (row >= batch * input_length || c >= channels) return;
  uint32_t n = row / input_length, j = row % input_length;
  real* out = gradient + at(n * pitch + j, channels, c);
  float sum = accumulate ? widen(*out) : 0.0f;
  for (uint32_t tap = 0; tap < taps && tap <= j + padding; tap++) {
    uint32_t top = j + padding - tap;
    if (top % stride != 0 || top / stride >= length) continue;
    sum += widen(columns[(at(n * column_pitch + top / stride, taps, tap)) * channels + c]);
  }
  narrow(sum, out);
}

// Rows of f32 as the products read them; `count` elements.
KERNEL(STORED(narrow_values), const float* from, real* to, uint64_t count) {
  uint64_t i = (uint64_t)blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) narrow(from[i], to + i);
}

// The first row of every segment of a map in f32, for the dense layers, which compute in it.
KERNEL(STORED(widen_rows), const real* map, uint32_t pitch, float* out, uint32_t channels, uint32_t batch) {
  uint32_t n = own_row(), c = own_channel();
  if (n >= batch || c >= channels) return;
  out[at(n, channels, c)] = widen(map[at(n * pitch, channels, c)]);
}

// Their gradient, back into the map's.
KERNEL(STORED(narrow_rows), const float* from, real* gradient, uint32_t pitch, uint32_t channels, uint32_t batch) {
  uint32_t n = own_row(), c = own_channel();
  if (n >= batch || c >= channels) return;
  narrow(from[at(n, channels, c)], gradient + at(n * pitch, channels, c));
}
