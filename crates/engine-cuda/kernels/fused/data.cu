// The gradient of a convolution's input: the convolution of the raw output's gradient with the taps in reverse.
#include "tile.h"

// A block's share of the tiles; `keep` takes the sums of each.
template <class Keep>
DEVICE void data_gradient(const Back<real>& back, const uint32_t* taps, const Windows& all, Keep keep) {
  uint32_t* own_taps = launch_shared();
  float* shared = reinterpret_cast<float*>(own_taps + taps_words<real>(back.channels));
  share_taps<real>(own_taps, taps, back.channels);
  share_norm_backward<real>(shared, back.norm, 0, back.channels);
  products_barrier();
  for (uint32_t tile = blockIdx.x; tile * TILE_WINDOWS < all.total; tile += gridDim.x) {
    uint32_t number = tile * TILE_WINDOWS + warp_of() * WARP_WINDOWS + row_of();
    Window windows[2] = {Window(all, number), Window(all, number + 8)};
    Sums sums;
    convolve<real>(sums, BackRows<real>(back, all, windows[0], shared), BackRows<real>(back, all, windows[1], shared), own_taps,
                   back.channels);
    keep(sums, windows);
  }
}

DEVICE void store_gradient(const Sums& sums, const Windows& all, const Window (&windows)[2], real* gradient, uint32_t channels) {
UNROLLED
  for (int low = 0; low < 2; low++)
    if (windows[low].exists)
UNROLLED
      for (int row = 0; row < 3; row++)
UNROLLED
        for (int group = 0; group < GROUPS_OF_COLUMNS<real>; group++)
          store<UNIT<real>>(gradient + at(windows[low].first_row(all) + row, channels, channel_of<real>(group)),
                            results<real>(sums, row, low, group));
}

// The gradient of a map. The grid is that of fused_forward, by the input's channels.
KERNEL_OF_WARPGROUP(STORED(fused_data), Back<real> back, const uint32_t* taps, Windows windows, real* gradient, uint32_t channels) {
  data_gradient(back, taps, windows, [&](const Sums& sums, const Window(&own)[2]) {
    store_gradient(sums, windows, own, gradient, channels);
  });
}

// Of the gradient of the first layer's map what that layer needs (stem_sums): [row of the grid][4][channels]. The gradient itself is
// written where `gradient` is not null.
KERNEL_OF_WARPGROUP(STORED(fused_data_wave), Back<real> back, const uint32_t* taps, Windows windows, real* gradient, Wave wave,
                    float* parts) {
  float* shared = reinterpret_cast<float*>(launch_shared() + taps_words<real>(back.channels)) +
                  coefficient_place<real>(back.channels);
  share_source<real>(shared, wave, blockIdx.y * COLUMNS, COLUMNS);
  Lanes<8> totals = filled<8>(0.0f);
  data_gradient(back, taps, windows, [&](const Sums& sums, const Window(&own)[2]) {
    if (gradient) store_gradient(sums, windows, own, gradient, wave.channels);
    // Values of a lane's 16 channels: of the gradient, and of it times each sample.
    float values[64] = {};
UNROLLED
    for (int low = 0; low < 2; low++) {
      WaveRows<real> rows(wave, windows, own[low], nullptr);
UNROLLED
      for (int group = 0; group < GROUPS_OF_COLUMNS<real>; group++)
UNROLLED
        for (uint32_t i = 0; i < UNIT<real>; i++) {
          const float* coefficient = shared + coefficient_place<real>(column_of<real>(group) + i);
          int place = group * UNIT<real> + i;
UNROLLED
          for (int row = 0; row < 3; row++) {
            const float* x = rows.samples[row + 1];
            float d = result<real>(sums, row, low, group, i);
            float passed = own[low].exists && before_relu(coefficient, x) > 0.0f ? d : 0.0f;
            values[place] += passed;
UNROLLED
            for (int k = 0; k < 3; k++) values[16 * (1 + k) + place] = fmaf(passed, x[k], values[16 * (1 + k) + place]);
          }
        }
    }
    Lanes<8> sum = scatter_sums(values);
UNROLLED
    for (int i = 0; i < 8; i++) totals[i] += sum[i];
  });
  // Over the four warps, in the weights' place: [warp][4][columns].
  float* of_warps = reinterpret_cast<float*>(launch_shared());
  barrier();
UNROLLED
  for (int i = 0; i < 8; i++) {
    uint32_t place = 8 * row_of() + i, own = place % 16;
    uint32_t column = column_of<real>(own / UNIT<real>) + own % UNIT<real>;
    of_warps[(warp_of() * 4 + place / 16) * COLUMNS + column] = totals[i];
  }
  barrier();
  for (uint32_t i = threadIdx.x; i < 4 * COLUMNS; i += blockDim.x) {
    float sum = 0.0f;
    for (uint32_t warp = 0; warp < 4; warp++) sum += of_warps[warp * 4 * COLUMNS + i];
    parts[at(blockIdx.x * 4 + i / COLUMNS, wave.channels, blockIdx.y * COLUMNS + i % COLUMNS)] = sum;
  }
}
