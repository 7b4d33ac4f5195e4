// A convolution forward: with what its norm and its pool need in training, or up to the map in inference.
#include "../extremum.h"
#include "tile.h"

// Of a training: what is null is left out.
struct Raws {
  const float* gamma;
  real* raw;
  real* peak;
  uint8_t* winner;
  float* moments;  // [16 windows][2][channels]: mean and squared deviations
};

// Writes raw outputs, extrema and moments of a tile.
DEVICE void keep(Sums& sums, const Raws& to, const Windows& all, const Window (&windows)[2], uint32_t tile, uint32_t channels) {
  float means[COLUMNS / 4] = {}, deviations[COLUMNS / 4] = {};
UNROLLED
  for (int group = 0; group < GROUPS_OF_COLUMNS<real>; group++) {
    uint32_t c = channel_of<real>(group);
    Lanes<UNIT<real>> gamma = coefficients<UNIT<real>>(to.gamma, c, 1.0f);
UNROLLED
    for (int low = 0; low < 2; low++) {
      const Window& window = windows[low];
      Lanes<UNIT<real>> peak;
      Several<UNIT<real>, uint8_t> winner;
UNROLLED
      for (int row = 0; row < 3; row++)
UNROLLED
        for (uint32_t i = 0; i < UNIT<real>; i++) {
          // From here on it is what is stored.
          float& sum = result<real>(sums, row, low, group, i);
          real stored;
          narrow(sum, &stored);
          sum = window.exists ? widen(stored) : 0.0f;
          means[group * UNIT<real> + i] += sum;
          if (row == 0 || replaces(gamma[i], sum, peak[i])) {
            peak[i] = sum;
            winner.part[i] = (uint8_t)row;
          }
        }
      if (!window.exists) continue;
      size_t place = at(window.segment * all.pooled + window.index, channels, c);
      if (to.peak) {
        store<UNIT<real>>(to.peak + place, peak);
        *reinterpret_cast<Several<UNIT<real>, uint8_t>*>(to.winner + place) = winner;
      }
      if (to.raw)
UNROLLED
        for (int row = 0; row < 3; row++)
          store<UNIT<real>>(to.raw + at(window.first_row(all) + row, channels, c), results<real>(sums, row, low, group));
    }
  }
  if (!to.moments) return;
  uint32_t chunk = tile * (TILE_WINDOWS / WARP_WINDOWS) + warp_of(), first = chunk * WARP_WINDOWS;
  uint32_t left = first < all.total ? all.total - first : 0, rows = 3 * (left < WARP_WINDOWS ? left : WARP_WINDOWS);
  sum_over_rows(means);
UNROLLED
  for (int group = 0; group < GROUPS_OF_COLUMNS<real>; group++)
UNROLLED
    for (uint32_t i = 0; i < UNIT<real>; i++) {
      float& mean = means[group * UNIT<real> + i];
      mean = rows > 0 ? mean / rows : 0.0f;
UNROLLED
      for (int low = 0; low < 2; low++)
UNROLLED
        for (int row = 0; row < 3; row++) {
          float off = result<real>(sums, row, low, group, i) - mean;
          if (windows[low].exists) deviations[group * UNIT<real> + i] += off * off;
        }
    }
  sum_over_rows(deviations);
  if (rows == 0 || row_of() != 0) return;
UNROLLED
  for (int group = 0; group < GROUPS_OF_COLUMNS<real>; group++)
UNROLLED
    for (uint32_t i = 0; i < UNIT<real>; i++) {
      float* out = to.moments + at(chunk * 2, channels, channel_of<real>(group) + i);
      out[0] = means[group * UNIT<real> + i];
      out[channels] = deviations[group * UNIT<real> + i];
    }
}

// Of inference: the map behind norm, ReLU and pool. Rows between its segments stay as they are.
struct Maps {
  const float* scale;
  const float* shift;
  real* map;
  uint32_t pitch;
};

DEVICE void keep(Sums& sums, const Maps& to, const Windows&, const Window (&windows)[2], uint32_t, uint32_t channels) {
UNROLLED
  for (int group = 0; group < GROUPS_OF_COLUMNS<real>; group++) {
    uint32_t c = channel_of<real>(group);
    Lanes<UNIT<real>> scale = coefficients<UNIT<real>>(to.scale, c), shift = coefficients<UNIT<real>>(to.shift, c);
UNROLLED
    for (int low = 0; low < 2; low++) {
      const Window& window = windows[low];
      if (!window.exists) continue;
      Lanes<UNIT<real>> value = filled<UNIT<real>>(0.0f);
UNROLLED
      for (int row = 0; row < 3; row++) {
        Lanes<UNIT<real>> one = results<real>(sums, row, low, group);
UNROLLED
        for (uint32_t i = 0; i < UNIT<real>; i++) {
          float z = scale[i] * one[i] + shift[i];
          if (z > value[i] || z != z) value[i] = z;
        }
      }
      store<UNIT<real>>(to.map + at(window.segment * to.pitch + window.index, channels, c), value);
    }
  }
}

template <class Rows, class To>
DEVICE void forward(const typename Rows::Of& of, const uint32_t* taps, const float* shared, const Windows& all, uint32_t from,
                    uint32_t to, const To& out) {
  uint32_t* own_taps = launch_shared();
  share_taps<real>(own_taps, taps, from);
  products_barrier();
  for (uint32_t tile = blockIdx.x; tile * TILE_WINDOWS < all.total; tile += gridDim.x) {
    uint32_t number = tile * TILE_WINDOWS + warp_of() * WARP_WINDOWS + row_of();
    Window windows[2] = {Window(all, number), Window(all, number + 8)};
    Sums sums;
    convolve<real>(sums, Rows(of, all, windows[0], shared), Rows(of, all, windows[1], shared), own_taps, from);
    keep(sums, out, all, windows, tile, to);
  }
}

// The source's coefficients, behind the weights.
template <class Of>
DEVICE float* shared_source(const Of& of, uint32_t from) {
  float* shared = reinterpret_cast<float*>(launch_shared() + taps_words<real>(from));
  share_source<real>(shared, of, 0, from);
  return shared;
}

// The raw output of a map's windows, with extrema and moments. Blocks of 128 threads: columns of the grid are 64 channels each, rows share
// the tiles.
KERNEL_OF_WARPGROUP(STORED(fused_forward), const real* map, const uint32_t* taps, Windows windows, uint32_t from, uint32_t to,
                    Raws out) {
  forward<MapRows<real>>({map, from}, taps, nullptr, windows, from, to, out);
}

// The same of a map that is computed on the way, from what the pool before has kept.
KERNEL_OF_WARPGROUP(STORED(fused_forward_peaks), PooledMap<real> peaks, const uint32_t* taps, Windows windows, uint32_t from, uint32_t to,
                    Raws out) {
  forward<PeakRows<real>>(peaks, taps, shared_source(peaks, from), windows, from, to, out);
}

// The same from the waveform: the first layer's map is computed on the way.
KERNEL_OF_WARPGROUP(STORED(fused_forward_wave), Wave wave, const uint32_t* taps, Windows windows, uint32_t from, uint32_t to,
                    Raws out) {
  forward<WaveRows<real>>(wave, taps, shared_source(wave, from), windows, from, to, out);
}

// The pooled map of inference.
KERNEL_OF_WARPGROUP(STORED(fused_map), const real* map, const uint32_t* taps, Windows windows, uint32_t from, uint32_t to,
                    Maps out) {
  forward<MapRows<real>>({map, from}, taps, nullptr, windows, from, to, out);
}

KERNEL_OF_WARPGROUP(STORED(fused_map_wave), Wave wave, const uint32_t* taps, Windows windows, uint32_t from, uint32_t to,
                    Maps out) {
  forward<WaveRows<real>>(wave, taps, shared_source(wave, from), windows, from, to, out);
}
