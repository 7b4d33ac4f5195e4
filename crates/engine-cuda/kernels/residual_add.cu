// The end of a residual block: branch (times its excitation) plus shortcut, ReLU, pool.
#include "storage.h"

#define CLOSED 255

// A convolution's raw output and its coefficients.
struct Raw {
  const real* values;
  const float* scale;
  const float* shift;
  const float* mean;
  uint32_t pitch;
};

template <int W>
DEVICE void residual_add_forward_lanes(const Raw& branch, const Raw& shortcut, const float* factors, real* out, uint8_t* winner,
                               uint32_t channels, const Cut& cut, uint32_t pitch, uint32_t batch, uint32_t rows) {
  uint32_t row = own_row(), c = own_channels<W>();
  if (row >= rows || c >= channels) return;
  uint32_t n = row / pitch, window = row % pitch;
  Lanes<W> best = filled<W>(0.0f);
  if (n < batch && window < cut.pooled) {
    Lanes<W> scale = coefficients<W>(branch.scale, c), shift = coefficients<W>(branch.shift, c);
    Lanes<W> other_scale = coefficients<W>(shortcut.scale, c, 1.0f), other_shift = coefficients<W>(shortcut.shift, c);
    Lanes<W> factor = coefficients<W>(factors ? factors + at(n, channels, 0) : nullptr, c, 1.0f);
    uint8_t* chosen = winner + at(n * cut.pooled + window, channels, c);
    uint8_t rows_of[W];
UNROLLED
    for (int i = 0; i < W; i++) rows_of[i] = CLOSED;
    for (uint32_t t = window_start(cut, window); t < window_end(cut, window); t++) {
      Lanes<W> mine = load<W>(branch.values + at(n * branch.pitch + t, channels, c));
      Lanes<W> other = load<W>(shortcut.values + at(n * shortcut.pitch + t, channels, c));
UNROLLED
      for (int i = 0; i < W; i++) {
        float sum = (scale[i] * mine[i] + shift[i]) * factor[i] + (other_scale[i] * other[i] + other_shift[i]);
        // NaN must come through.
        if (sum > best[i] || sum != sum) best[i] = sum, rows_of[i] = (uint8_t)(t + cut.padding - window * cut.pool);
      }
    }
UNROLLED
    for (int i = 0; i < W; i++) chosen[i] = rows_of[i];
  }
  store<W>(out + at(row, channels, c), best);
}

// Forward. The shortcut is another convolution, or (its scale null) the block's input as it is. `cut` is that of the pool.
KERNEL(STORED(residual_add_forward), Raw branch, Raw shortcut, const float* factors, real* out, uint8_t* winner,
       uint32_t channels, Cut cut, uint32_t pitch, uint32_t batch, uint32_t rows) {
  BY_WIDTH(residual_add_forward_lanes, channels, branch, shortcut, factors, out, winner, channels, cut, pitch, batch, rows);
}

// The output's gradient as it reaches row t of the sum.
template <int W>
DEVICE Lanes<W> residual_add_gradient(const real* gradient, uint32_t gradient_pitch, const uint8_t* winner, uint32_t channels,
                              const Cut& cut, uint32_t n, uint32_t t, uint32_t c) {
  uint32_t window = (t + cut.padding) / cut.pool;
  if (window >= cut.pooled) return filled<W>(0.0f);
  Lanes<W> g = load<W>(gradient + at(n * gradient_pitch + window, channels, c));
  const uint8_t* chosen = winner + at(n * cut.pooled + window, channels, c);
UNROLLED
  for (int i = 0; i < W; i++)
    if (chosen[i] != t + cut.padding - window * cut.pool) g[i] = 0.0f;
  return g;
}

template <int W>
DEVICE void residual_add_sums_lanes(const real* gradient, uint32_t gradient_pitch, const uint8_t* winner, const Raw& branch,
                            const Raw& shortcut, float* sums, uint32_t channels, const Cut& cut, uint32_t part_rows,
                            uint32_t chunks, uint32_t batch) {
  uint32_t chunk = own_row(), c = own_channels<W>();
  if (chunk >= batch * chunks || c >= channels) return;
  uint32_t n = chunk / chunks, first = chunk % chunks * part_rows;
  uint32_t end = first + part_rows < cut.length ? first + part_rows : cut.length;
  Lanes<W> sum = filled<W>(0.0f), product = sum, other = sum;
  Lanes<W> mean = coefficients<W>(branch.mean, c), other_mean = coefficients<W>(shortcut.mean, c);
  for (uint32_t t = first; t < end; t++) {
    Lanes<W> g = residual_add_gradient<W>(gradient, gradient_pitch, winner, channels, cut, n, t, c);
    Lanes<W> mine = load<W>(branch.values + at(n * branch.pitch + t, channels, c)), theirs = other_mean;
    if (shortcut.scale) theirs = load<W>(shortcut.values + at(n * shortcut.pitch + t, channels, c));
UNROLLED
    for (int i = 0; i < W; i++) {
      sum[i] += g[i];
      product[i] += g[i] * (mine[i] - mean[i]);
      other[i] += g[i] * (theirs[i] - other_mean[i]);
    }
  }
  float* out = sums + at(chunk * 3, channels, c);
  store<W>(out, sum);
  store<W>(out + channels, product);
  store<W>(out + 2 * channels, other);
}

// Sums of every chunk of `part_rows` rows, [chunk][3][channels]: of the gradient, of it times the centred branch, and times
// the centred shortcut where that is a convolution. Rows of the grid are chunks of all segments, `chunks` in each.
KERNEL(STORED(residual_add_sums), const real* gradient, uint32_t gradient_pitch, const uint8_t* winner, Raw branch,
       Raw shortcut, float* sums, uint32_t channels, Cut cut, uint32_t part_rows, uint32_t chunks, uint32_t batch) {
  BY_WIDTH(residual_add_sums_lanes, channels, gradient, gradient_pitch, winner, branch, shortcut, sums, channels, cut,
           part_rows, chunks, batch);
}

template <int W>
DEVICE void residual_add_identity_lanes(const real* gradient, uint32_t gradient_pitch, const uint8_t* winner, real* out,
                                        uint32_t pitch, uint32_t channels, const Cut& cut, uint32_t batch,
                                        uint32_t accumulate) {
  uint32_t row = own_row(), c = own_channels<W>();
  if (row >= batch * cut.length || c >= channels) return;
  uint32_t n = row / cut.length, t = row % cut.length;
  Lanes<W> g = residual_add_gradient<W>(gradient, gradient_pitch, winner, channels, cut, n, t, c);
  real* to = out + at(n * pitch + t, channels, c);
  if (accumulate) {
    Lanes<W> before = load<W>(to);
UNROLLED
    for (int i = 0; i < W; i++) g[i] += before[i];
  }
  store<W>(to, g);
}

// The share of an identity shortcut. Rows of the grid are those of all segments, `cut.length` in each.
KERNEL(STORED(residual_add_identity), const real* gradient, uint32_t gradient_pitch, const uint8_t* winner, real* out,
       uint32_t pitch, uint32_t channels, Cut cut, uint32_t batch, uint32_t accumulate) {
  BY_WIDTH(residual_add_identity_lanes, channels, gradient, gradient_pitch, winner, out, pitch, channels, cut, batch,
           accumulate);
}

template <int W>
DEVICE void residual_add_backward_lanes(const real* gradient, uint32_t gradient_pitch, const uint8_t* winner, real* raw,
                                        uint32_t pitch, const float* gradient_scale, const float* raw_scale,
                                        const float* gradient_shift, const float* factors, const float* means,
                                        uint32_t channels, const Cut& cut, uint32_t batch, uint32_t rows) {
  uint32_t row = own_row(), c = own_channels<W>();
  if (row >= rows || c >= channels) return;
  uint32_t n = row / pitch, t = row % pitch;
  real* y = raw + at(row, channels, c);
  Lanes<W> out = filled<W>(0.0f);
  if (n < batch && t < cut.length) {
    Lanes<W> g = residual_add_gradient<W>(gradient, gradient_pitch, winner, channels, cut, n, t, c), value = load<W>(y);
    Lanes<W> factor = coefficients<W>(factors ? factors + at(n, channels, 0) : nullptr, c, 1.0f);
    Lanes<W> mean = coefficients<W>(factors ? means + at(n, channels, 0) : nullptr, c);
    Lanes<W> a = coefficients<W>(gradient_scale, c), b = coefficients<W>(raw_scale, c);
    Lanes<W> offset = coefficients<W>(gradient_shift, c);
UNROLLED
    for (int i = 0; i < W; i++) out[i] = a[i] * (factor[i] * g[i] + mean[i]) + (b[i] * value[i] + offset[i]);
  }
  store<W>(y, out);
}

// The gradient of a convolution's raw output, in its place; zero in the rows between segments.
KERNEL(STORED(residual_add_backward), const real* gradient, uint32_t gradient_pitch, const uint8_t* winner, real* raw,
       uint32_t pitch, const float* gradient_scale, const float* raw_scale, const float* gradient_shift, const float* factors,
       const float* means, uint32_t channels, Cut cut, uint32_t batch, uint32_t rows) {
  BY_WIDTH(residual_add_backward_lanes, channels, gradient, gradient_pitch, winner, raw, pitch, gradient_scale, raw_scale,
           gradient_shift, factors, means, channels, cut, batch, rows);
}
