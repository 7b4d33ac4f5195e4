// The raw output of a convolution: its moments and the extremum of every window in one pass; the gradient that comes back.
#include "extremum.h"
#include "norm_backward.h"
#include "storage.h"

// The extremum of a window so far, and the row that it lies in.
template <int W>
struct Extremum {
  Lanes<W> value;
  uint32_t row[W];
};

// One row more, the first of its window or a later one.
template <int W>
DEVICE void consider(Extremum<W>& best, const Lanes<W>& y, const Lanes<W>& gamma, uint32_t row, bool is_first) {
UNROLLED
  for (int i = 0; i < W; i++)
    if (is_first || replaces(gamma[i], y[i], best.value[i]))
      best.value[i] = y[i], best.row[i] = row;
}

// Bytes of neighbouring channels.
template <int W>
DEVICE void store_bytes(uint8_t* to, const uint32_t (&bytes)[W]) {
  if constexpr (W == 4)
    *reinterpret_cast<uint32_t*>(to) = bytes[0] | bytes[1] << 8 | bytes[2] << 16 | bytes[3] << 24;
  else
    *to = (uint8_t)bytes[0];
}

template <int W>
DEVICE void pool_moments_lanes(const real* raw, const float* gamma, real* peak, uint8_t* winner, float* moments,
                               uint32_t channels, uint32_t pitch, const Cut& cut, uint32_t batch) {
  uint32_t chunk = own_row(), c = own_channels<W>();
  if (chunk >= batch * cut.chunks || c >= channels) return;
  uint32_t n = chunk / cut.chunks, index = chunk % cut.chunks;
  uint32_t first = window_start(cut, index * cut.windows), rows = chunk_rows(cut, index);
  const real* y = raw + at(n * pitch + first, channels, c);
  Lanes<W> shift = load<W>(y), sum = filled<W>(0.0f), square = filled<W>(0.0f);
  Lanes<W> sign = coefficients<W>(gamma, c, 1.0f);
  uint32_t window = index * cut.windows, last = peak ? last_window(cut, index) : window, done = 0;
  // Every row is read once; rows behind the last window only have moments, as all have where no extrema are wanted.
  while (done < rows) {
    uint32_t start = window < last ? window_start(cut, window) - first : done;
    uint32_t end = window < last ? window_end(cut, window) - first : rows;
    Extremum<W> best = {};
#ifdef __CUDACC__
#pragma unroll 3
#endif
    for (uint32_t row = start; row < end; row++) {
      Lanes<W> one = load<W>(y + (size_t)row * channels);
UNROLLED
      for (int i = 0; i < W; i++) {
        float centred = one[i] - shift[i];
        sum[i] += centred;
        square[i] += centred * centred;
      }
      consider<W>(best, one, sign, row - start, row == start);
    }
    if (peak && window < last) {
      size_t place = at(n * cut.pooled + window, channels, c);
      store<W>(peak + place, best.value);
      // Rows are counted from where the window would begin without the segment's edge.
      uint32_t before = window_start(cut, window) + cut.padding - window * cut.pool;
UNROLLED
      for (int i = 0; i < W; i++) best.row[i] += before;
      store_bytes<W>(winner + place, best.row);
    }
    done = end;
    window++;
  }
  if (!moments) return;
  Lanes<W> mean, deviations;
UNROLLED
  for (int i = 0; i < W; i++) {
    mean[i] = shift[i] + sum[i] / rows;
    float spread = square[i] - sum[i] * sum[i] / rows;
    deviations[i] = spread < 0.0f ? 0.0f : spread;
  }
  float* out = moments + at(chunk * 2, channels, c);
  store<W>(out, mean);
  store<W>(out + channels, deviations);
}

// Means and squared deviations of every chunk, [chunk][2][channels], and of every window the value that norm and ReLU make
// the largest. A null pointer leaves a result out. Rows of the grid are chunks of all segments.
KERNEL(STORED(pool_moments), const real* raw, const float* gamma, real* peak, uint8_t* winner, float* moments,
       uint32_t channels, uint32_t pitch, Cut cut, uint32_t batch) {
  BY_WIDTH(pool_moments_lanes, channels, raw, gamma, peak, winner, moments, channels, pitch, cut, batch);
}

// What arrives at raw values that were chosen in their windows, of one segment.
template <int W>
struct Arriving {
  Lanes<W> scale, shift, factor, mean;

  DEVICE_MEMBER Arriving(const NormBackward& norm, uint32_t n, uint32_t channels, uint32_t c)
      : scale(coefficients<W>(norm.scale, c)),
        shift(coefficients<W>(norm.shift, c)),
        factor(coefficients<W>(norm.factors ? norm.factors + at(n, channels, 0) : nullptr, c, 1.0f)),
        mean(coefficients<W>(norm.factors ? norm.means + at(n, channels, 0) : nullptr, c)) {}

  DEVICE_MEMBER float operator()(int i, float peak, float gradient) const {
    return arriving(scale[i], shift[i], peak, gradient, factor[i], mean[i]);
  }
};

template <int W>
DEVICE void pool_sums_lanes(const real* peak, uint32_t peak_pitch, const real* gradient, uint32_t gradient_pitch,
                            const NormBackward& norm, float* sums, uint32_t channels, const Cut& cut, uint32_t batch) {
  uint32_t chunk = own_row(), c = own_channels<W>();
  if (chunk >= batch * cut.chunks || c >= channels) return;
  uint32_t n = chunk / cut.chunks, index = chunk % cut.chunks;
  Arriving<W> arriving(norm, n, channels, c);
  Lanes<W> sum = filled<W>(0.0f), product = filled<W>(0.0f), mean = coefficients<W>(norm.mean, c);
#ifdef __CUDACC__
#pragma unroll 2
#endif
  for (uint32_t window = index * cut.windows; window < last_window(cut, index); window++) {
    Lanes<W> value = load<W>(peak + at(n * peak_pitch + window, channels, c));
    Lanes<W> given = load<W>(gradient + at(n * gradient_pitch + window, channels, c));
UNROLLED
    for (int i = 0; i < W; i++) {
      float g = arriving(i, value[i], given[i]);
      sum[i] += g;
      product[i] += g * (value[i] - mean[i]);
    }
  }
  float* out = sums + at(chunk * 2, channels, c);
  store<W>(out, sum);
  store<W>(out + channels, product);
}

// Sums of every chunk, [chunk][2][channels]: of the gradient, and of it times the centred raw value; over windows only, as
// all other rows have none. Rows of the grid are chunks of all segments.
KERNEL(STORED(pool_sums), const real* peak, uint32_t peak_pitch, const real* gradient, uint32_t gradient_pitch,
       NormBackward norm, float* sums, uint32_t channels, Cut cut, uint32_t batch) {
  BY_WIDTH(pool_sums_lanes, channels, peak, peak_pitch, gradient, gradient_pitch, norm, sums, channels, cut, batch);
}

template <int W>
DEVICE void pool_backward_lanes(real* raw, uint32_t pitch, const real* peak, uint32_t peak_pitch, const uint8_t* winner,
                                const real* gradient, uint32_t gradient_pitch, const NormBackward& norm, uint32_t channels,
                                const Cut& cut, uint32_t batch, uint32_t rows, uint32_t groups) {
  uint32_t group = own_row(), c = own_channels<W>();
  uint32_t n = group / groups, window = group % groups;
  if ((size_t)n * pitch >= rows || c >= channels) return;
  // Rows of the window, but those of the segment and of the batch.
  uint32_t first = window_start(cut, window), end = (window + 1) * cut.pool - cut.padding;
  end = end < pitch ? end : pitch;
  end = n * pitch + end < rows ? end : rows - n * pitch;
  Lanes<W> raw_scale = coefficients<W>(norm.raw_scale, c), gradient_shift = coefficients<W>(norm.gradient_shift, c);
  Lanes<W> arrived = filled<W>(0.0f);
  uint32_t chosen[W];
UNROLLED
  for (int i = 0; i < W; i++) chosen[i] = cut.pool;
  if (n < batch && window < cut.pooled) {
    Arriving<W> arriving(norm, n, channels, c);
    size_t place = at(n * cut.pooled + window, channels, c);
    Lanes<W> value = load<W>(peak + at(n * peak_pitch + window, channels, c));
    Lanes<W> given = load<W>(gradient + at(n * gradient_pitch + window, channels, c));
    Lanes<W> factor = coefficients<W>(norm.gradient_scale, c);
UNROLLED
    for (int i = 0; i < W; i++) {
      arrived[i] = factor[i] * arriving(i, value[i], given[i]);
      chosen[i] = winner ? winner[place + i] : 0;
    }
  }
#ifdef __CUDACC__
#pragma unroll 3
#endif
  for (uint32_t t = first; t < end; t++) {
    real* y = raw + at(n * pitch + t, channels, c);
    Lanes<W> out = filled<W>(0.0f);
    if (n < batch && t < cut.length) {
      Lanes<W> value = load<W>(y);
UNROLLED
      for (int i = 0; i < W; i++) {
        out[i] = raw_scale[i] * value[i] + gradient_shift[i];
        if (chosen[i] == t + cut.padding - window * cut.pool) out[i] += arrived[i];
      }
    }
    store<W>(y, out);
  }
}

// The gradient of the raw output, in its place; zero in the rows between segments, on which the products rely. Rows of the grid
// are windows, `groups` for each segment: enough for all of its `pitch` rows. Without a pool every row is a window.
KERNEL(STORED(pool_backward), real* raw, uint32_t pitch, const real* peak, uint32_t peak_pitch, const uint8_t* winner,
       const real* gradient, uint32_t gradient_pitch, NormBackward norm, uint32_t channels, Cut cut, uint32_t batch,
       uint32_t rows, uint32_t groups) {
  BY_WIDTH(pool_backward_lanes, channels, raw, pitch, peak, peak_pitch, winner, gradient, gradient_pitch, norm, channels, cut,
           batch, rows, groups);
}
