// From raw values to the activations that the next operation reads.
#include "storage.h"

template <int W>
DEVICE void activate_lanes(const real* peak, uint32_t peak_pitch, const float* scale, const float* shift, const float* factors,
                           real* out, uint32_t channels, uint32_t length, uint32_t pitch, uint32_t batch, uint32_t rows) {
  uint32_t row = own_row(), c = own_channels<W>();
  if (row >= rows || c >= channels) return;
  uint32_t n = row / pitch, t = row % pitch;
  Lanes<W> value = filled<W>(0.0f);
  if (n < batch && t < length) {
    value = load<W>(peak + at(n * peak_pitch + t, channels, c));
    Lanes<W> a = coefficients<W>(scale, c), b = coefficients<W>(shift, c);
    Lanes<W> factor = coefficients<W>(factors ? factors + at(n, channels, 0) : nullptr, c, 1.0f);
UNROLLED
    for (int i = 0; i < W; i++) value[i] = relu(a[i] * value[i] + b[i]) * factor[i];
  }
  store<W>(out + at(row, channels, c), value);
}

// out = relu(scale peak + shift), times the excitation's factors; zero in the rows between segments.
KERNEL(STORED(activate), const real* peak, uint32_t peak_pitch, const float* scale, const float* shift, const float* factors,
       real* out, uint32_t channels, uint32_t length, uint32_t pitch, uint32_t batch, uint32_t rows) {
  BY_WIDTH(activate_lanes, channels, peak, peak_pitch, scale, shift, factors, out, channels, length, pitch, batch, rows);
}

template <int W>
DEVICE void pool_activate_lanes(const real* raw, uint32_t raw_pitch, const float* scale, const float* shift, real* out,
                                uint32_t channels, Cut cut, uint32_t pitch, uint32_t batch, uint32_t rows) {
  uint32_t row = own_row(), c = own_channels<W>();
  if (row >= rows || c >= channels) return;
  uint32_t n = row / pitch, window = row % pitch;
  Lanes<W> value = filled<W>(0.0f);
  if (n < batch && window < cut.pooled) {
    Lanes<W> a = coefficients<W>(scale, c), b = coefficients<W>(shift, c);
    const real* y = raw + at(n * raw_pitch, channels, c);
    // The maximum after the ReLU: no window is below 0, and NaN comes through.
    for (uint32_t t = window_start(cut, window); t < window_end(cut, window); t++) {
      Lanes<W> one = load<W>(y + (size_t)t * channels);
UNROLLED
      for (int i = 0; i < W; i++) {
        float z = a[i] * one[i] + b[i];
        if (z > value[i] || z != z) value[i] = z;
      }
    }
  }
  store<W>(out + at(row, channels, c), value);
}

// The same from the raw output, pooling on the way: for inference, which needs no extrema.
KERNEL(STORED(pool_activate), const real* raw, uint32_t raw_pitch, const float* scale, const float* shift, real* out,
       uint32_t channels, Cut cut, uint32_t pitch, uint32_t batch, uint32_t rows) {
  BY_WIDTH(pool_activate_lanes, channels, raw, raw_pitch, scale, shift, out, channels, cut, pitch, batch, rows);
}
