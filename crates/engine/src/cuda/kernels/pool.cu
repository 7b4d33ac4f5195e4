// The raw output of a convolution: its moments and the extremum of every window in one pass; the gradient that comes back.
#include "portable.h"

// Means and squared deviations of every chunk, [chunk][2][channels], and of every window the value that norm and ReLU make
// the largest: the maximum, where gamma is negative the minimum, where it is 0 the first. A null pointer leaves a result out.
// Rows of the grid are chunks of all segments.
KERNEL(pool_moments, const float* raw, const float* gamma, float* peak, uint8_t* winner, float* moments, uint32_t channels,
       uint32_t pitch, Cut cut, uint32_t batch) {
  uint32_t chunk = own_row(), c = own_channel();
  if (chunk >= batch * cut.chunks || c >= channels) return;
  uint32_t n = chunk / cut.chunks, index = chunk % cut.chunks;
  uint32_t first = window_start(cut, index * cut.windows), rows = chunk_rows(cut, index);
  const float* y = raw + at(n * pitch + first, channels, c);
  if (moments) {
    float shift = y[0], sum = 0.0f, square = 0.0f;
    for (uint32_t i = 0; i < rows; i++) {
      float centred = y[(size_t)i * channels] - shift;
      sum += centred;
      square += centred * centred;
    }
    float deviations = square - sum * sum / rows;
    float* out = moments + at(chunk * 2, channels, c);
    out[0] = shift + sum / rows;
    out[channels] = deviations < 0.0f ? 0.0f : deviations;
  }
  if (!peak) return;
  float g = gamma ? gamma[c] : 1.0f;
  for (uint32_t window = index * cut.windows; window < last_window(cut, index); window++) {
    uint32_t start = window_start(cut, window), end = window_end(cut, window);
    uint32_t best_row = start;
    float best = y[(size_t)(start - first) * channels];
    for (uint32_t row = start + 1; row < end; row++) {
      float value = y[(size_t)(row - first) * channels];
      if (g > 0.0f ? value > best : g < 0.0f && value < best) best = value, best_row = row;
    }
    size_t place = at(n * cut.pooled + window, channels, c);
    peak[place] = best;
    winner[place] = (uint8_t)(best_row + cut.padding - window * cut.pool);
  }
}

// Per-channel and, of an excitation, per-segment coefficients of the backward pass.
struct Slope {
  const float* scale;
  const float* shift;
  const float* mean;
  const float* slope;
  const float* tilt;
  const float* level;
  const float* factors;  // [batch][channels], null without excitation
  const float* means;    // [batch][channels], what every position gets through the excitation's mean
};

// What arrives at a raw value of channel c that was chosen in its window.
DEVICE float arriving(const Slope& s, float peak, float gradient, uint32_t n, uint32_t channels, uint32_t c) {
  if (!(s.scale[c] * peak + s.shift[c] > 0.0f)) return 0.0f;
  return s.factors ? gradient * s.factors[at(n, channels, c)] + s.means[at(n, channels, c)] : gradient;
}

// Sums of every chunk, [chunk][2][channels]: of the gradient, and of it times the centred raw value; over windows only, as
// all other rows have none. Rows of the grid are chunks of all segments.
KERNEL(pool_sums, const float* peak, uint32_t peak_pitch, const float* gradient, uint32_t gradient_pitch, Slope slope,
       float* sums, uint32_t channels, Cut cut, uint32_t batch) {
  uint32_t chunk = own_row(), c = own_channel();
  if (chunk >= batch * cut.chunks || c >= channels) return;
  uint32_t n = chunk / cut.chunks, index = chunk % cut.chunks;
  float sum = 0.0f, product = 0.0f, mean = slope.mean[c];
  for (uint32_t window = index * cut.windows; window < last_window(cut, index); window++) {
    float value = peak[at(n * peak_pitch + window, channels, c)];
    float g = arriving(slope, value, gradient[at(n * gradient_pitch + window, channels, c)], n, channels, c);
    sum += g;
    product += g * (value - mean);
  }
  float* out = sums + at(chunk * 2, channels, c);
  out[0] = sum;
  out[channels] = product;
}

// The gradient of the raw output, in its place; zero in the rows between segments, on which the products rely.
KERNEL(pool_backward, float* raw, uint32_t pitch, const float* peak, uint32_t peak_pitch, const uint8_t* winner,
       const float* gradient, uint32_t gradient_pitch, Slope slope, uint32_t channels, Cut cut, uint32_t batch, uint32_t rows) {
  uint32_t row = own_row(), c = own_channel();
  if (row >= rows || c >= channels) return;
  uint32_t n = row / pitch, t = row % pitch;
  float* y = raw + at(row, channels, c);
  if (n >= batch || t >= cut.length) {
    *y = 0.0f;
    return;
  }
  float out = slope.tilt[c] * *y + slope.level[c];
  uint32_t window = (t + cut.padding) / cut.pool;
  if (window < cut.pooled) {
    uint32_t mine = t + cut.padding - window * cut.pool;
    if (!winner || winner[at(n * cut.pooled + window, channels, c)] == mine) {
      float value = peak[at(n * peak_pitch + window, channels, c)];
      float g = gradient[at(n * gradient_pitch + window, channels, c)];
      out += slope.slope[c] * arriving(slope, value, g, n, channels, c);
    }
  }
  *y = out;
}
