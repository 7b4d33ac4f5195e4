// The end of a residual block: branch (times its excitation) plus shortcut, ReLU, pool.
#include "portable.h"

#define CLOSED 255

// A convolution's raw output and its coefficients.
struct Raw {
  const float* values;
  const float* scale;
  const float* shift;
  const float* mean;
  uint32_t pitch;
};

// Forward. The shortcut is another convolution, or (its scale null) the block's input as it is. `cut` is that of the pool.
KERNEL(join_forward, Raw branch, Raw shortcut, const float* factors, float* out, uint8_t* winner, uint32_t channels, Cut cut,
       uint32_t pitch, uint32_t batch, uint32_t rows) {
  uint32_t row = own_row(), c = own_channel();
  if (row >= rows || c >= channels) return;
  uint32_t n = row / pitch, window = row % pitch;
  float best = 0.0f;
  if (n < batch && window < cut.pooled) {
    uint8_t chosen = CLOSED;
    for (uint32_t t = window_start(cut, window); t < window_end(cut, window); t++) {
      float sum = branch.scale[c] * branch.values[at(n * branch.pitch + t, channels, c)] + branch.shift[c];
      if (factors) sum *= factors[at(n, channels, c)];
      float other = shortcut.values[at(n * shortcut.pitch + t, channels, c)];
      sum += shortcut.scale ? shortcut.scale[c] * other + shortcut.shift[c] : other;
      // NaN must come through.
      if (sum > best || sum != sum) best = sum, chosen = (uint8_t)(t + cut.padding - window * cut.pool);
    }
    winner[at(n * cut.pooled + window, channels, c)] = chosen;
  }
  out[at(row, channels, c)] = best;
}

// The output's gradient as it reaches row t of the sum.
DEVICE float join_gradient(const float* gradient, uint32_t gradient_pitch, const uint8_t* winner, uint32_t channels,
                           const Cut& cut, uint32_t n, uint32_t t, uint32_t c) {
  uint32_t window = (t + cut.padding) / cut.pool;
  if (window >= cut.pooled) return 0.0f;
  if (winner[at(n * cut.pooled + window, channels, c)] != t + cut.padding - window * cut.pool) return 0.0f;
  return gradient[at(n * gradient_pitch + window, channels, c)];
}

// Sums of every chunk of `part_rows` rows, [chunk][3][channels]: of the gradient, of it times the centred branch, and times
// the centred shortcut where that is a convolution. Rows of the grid are chunks of all segments, `chunks` in each.
KERNEL(join_sums, const float* gradient, uint32_t gradient_pitch, const uint8_t* winner, Raw branch, Raw shortcut, float* sums,
       uint32_t channels, Cut cut, uint32_t part_rows, uint32_t chunks, uint32_t batch) {
  uint32_t chunk = own_row(), c = own_channel();
  if (chunk >= batch * chunks || c >= channels) return;
  uint32_t n = chunk / chunks, first = chunk % chunks * part_rows;
  uint32_t end = first + part_rows < cut.length ? first + part_rows : cut.length;
  float sum = 0.0f, product = 0.0f, other = 0.0f, mean = branch.mean[c];
  for (uint32_t t = first; t < end; t++) {
    float g = join_gradient(gradient, gradient_pitch, winner, channels, cut, n, t, c);
    sum += g;
    product += g * (branch.values[at(n * branch.pitch + t, channels, c)] - mean);
    if (shortcut.scale) other += g * (shortcut.values[at(n * shortcut.pitch + t, channels, c)] - shortcut.mean[c]);
  }
  float* out = sums + at(chunk * 3, channels, c);
  out[0] = sum;
  out[channels] = product;
  out[2 * channels] = other;
}

// The share of an identity shortcut. Rows of the grid are those of all segments, `cut.length` in each.
KERNEL(join_identity, const float* gradient, uint32_t gradient_pitch, const uint8_t* winner, float* out, uint32_t pitch,
       uint32_t channels, Cut cut, uint32_t batch, uint32_t accumulate) {
  uint32_t row = own_row(), c = own_channel();
  if (row >= batch * cut.length || c >= channels) return;
  uint32_t n = row / cut.length, t = row % cut.length;
  float g = join_gradient(gradient, gradient_pitch, winner, channels, cut, n, t, c);
  float* to = out + at(n * pitch + t, channels, c);
  *to = accumulate ? *to + g : g;
}

// The gradient of a convolution's raw output, in its place; zero in the rows between segments.
KERNEL(join_backward, const float* gradient, uint32_t gradient_pitch, const uint8_t* winner, float* raw, uint32_t pitch,
       const float* slope, const float* tilt, const float* level, const float* factors, const float* means,
       uint32_t channels, Cut cut, uint32_t batch, uint32_t rows) {
  uint32_t row = own_row(), c = own_channel();
  if (row >= rows || c >= channels) return;
  uint32_t n = row / pitch, t = row % pitch;
  float* y = raw + at(row, channels, c);
  if (n >= batch || t >= cut.length) {
    *y = 0.0f;
    return;
  }
  float g = join_gradient(gradient, gradient_pitch, winner, channels, cut, n, t, c);
  if (factors) g = factors[at(n, channels, c)] * g + means[at(n, channels, c)];
  *y = slope[c] * g + (tilt[c] * *y + level[c]);
}
