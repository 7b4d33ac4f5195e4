// Squeeze-and-excitation of a map: its sums over time.
#include "storage.h"

template <int W>
DEVICE void squeeze_map_lanes(const real* peak, uint32_t peak_pitch, const real* gradient, uint32_t gradient_pitch,
                              const float* scale, const float* shift, float* sums, uint32_t channels, const Cut& cut,
                              uint32_t batch) {
  uint32_t chunk = own_row(), c = own_channels<W>();
  if (chunk >= batch * cut.chunks || c >= channels) return;
  uint32_t n = chunk / cut.chunks, index = chunk % cut.chunks;
  Lanes<W> sum = filled<W>(0.0f), a = coefficients<W>(scale, c), b = coefficients<W>(shift, c);
  for (uint32_t window = index * cut.windows; window < last_window(cut, index); window++) {
    Lanes<W> value = load<W>(peak + at(n * peak_pitch + window, channels, c)), given = filled<W>(1.0f);
    if (gradient) given = load<W>(gradient + at(n * gradient_pitch + window, channels, c));
UNROLLED
    for (int i = 0; i < W; i++) sum[i] += relu(a[i] * value[i] + b[i]) * given[i];
  }
  store<W>(sums + at(chunk * 2, channels, c), sum);
}

// Sums of the activations of every chunk, [chunk][2][channels], times the arriving gradient where there is one.
KERNEL(STORED(squeeze_map), const real* peak, uint32_t peak_pitch, const real* gradient, uint32_t gradient_pitch,
       const float* scale, const float* shift, float* sums, uint32_t channels, Cut cut, uint32_t batch) {
  BY_WIDTH(squeeze_map_lanes, channels, peak, peak_pitch, gradient, gradient_pitch, scale, shift, sums, channels, cut, batch);
}
