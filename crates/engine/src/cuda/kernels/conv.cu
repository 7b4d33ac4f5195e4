// What a convolution needs around its matrix products.
#include "portable.h"

// The first layer: y[row][c] = sum over k of w[k][c] x[row * stride + k]. Too thin for a matrix product.
KERNEL(stem_forward, const float* x, const float* w, float* y, uint32_t taps, uint32_t stride, uint32_t channels,
       uint32_t rows) {
  uint32_t row = own_row(), c = own_channel();
  if (row >= rows || c >= channels) return;
  const float* samples = x + (size_t)row * stride;
  float sum = 0.0f;
  for (uint32_t k = 0; k < taps; k++) sum += w[k * channels + c] * samples[k];
  y[at(row, channels, c)] = sum;
}

// Its weight gradient: parts[p][k][c] = sum over the rows of part p of x[row * stride + k] dy[row][c]; at most 8 taps.
KERNEL(stem_weights, const float* x, const float* dy, float* parts, uint32_t taps, uint32_t stride, uint32_t channels,
       uint32_t rows, uint32_t part_rows, uint32_t number) {
  uint32_t part = own_row(), c = own_channel();
  if (part >= number || c >= channels) return;
  uint32_t first = part * part_rows, end = first + part_rows < rows ? first + part_rows : rows;
  float sums[8] = {};
  for (uint32_t row = first; row < end; row++) {
    const float* samples = x + (size_t)row * stride;
    float g = dy[at(row, channels, c)];
UNROLLED
    for (uint32_t k = 0; k < 8; k++)
      if (k < taps) sums[k] += samples[k] * g;
  }
UNROLLED
  for (uint32_t k = 0; k < 8; k++)
    if (k < taps) parts[((size_t)part * taps + k) * channels + c] = sums[k];
}

// The weights as the data gradient multiplies with them: taps in reverse, [taps][to][from]. Rows are those of the result.
KERNEL(reverse_taps, const float* w, float* out, uint32_t taps, uint32_t from, uint32_t to) {
  uint32_t row = own_row(), i = own_channel();
  if (row >= taps * to || i >= from) return;
  uint32_t tap = taps - 1 - row / to, o = row % to;
  out[at(row, from, i)] = w[at(tap * from + i, to, o)];
}

// The data gradient of a strided convolution from its columns [batch * column_pitch][taps][channels]: every input row adds
// those that it went into.
KERNEL(gather_columns, const float* columns, float* gradient, uint32_t channels, uint32_t taps, uint32_t stride,
       uint32_t padding, uint32_t input_length, uint32_t pitch, uint32_t length, uint32_t column_pitch, uint32_t batch,
       uint32_t accumulate) {
  uint32_t row = own_row(), c = own_channel();
  if (row >= batch * input_length || c >= channels) return;
  uint32_t n = row / input_length, j = row % input_length;
  float* out = gradient + at(n * pitch + j, channels, c);
  float sum = accumulate ? *out : 0.0f;
  for (uint32_t tap = 0; tap < taps && tap <= j + padding; tap++) {
    uint32_t top = j + padding - tap;
    if (top % stride != 0 || top / stride >= length) continue;
    sum += columns[(at(n * column_pitch + top / stride, taps, tap)) * channels + c];
  }
  *out = sum;
}
