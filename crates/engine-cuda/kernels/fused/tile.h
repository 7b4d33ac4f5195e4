// A tile: the sums of 64 windows and 64 columns of a convolution with three taps, and the 16 bytes of results that a lane has.
#pragma once
#include "rows.h"

// Words of the weights of a block's columns, behind which there is room for coefficients.
template <class R>
DEVICE uint32_t taps_words(uint32_t from) {
  return from / GROUP<R> * 2 * 3 * STEP_WORDS;
}

// All threads of the block copy their columns' weights, which are the first in shared memory.
template <class R>
DEVICE void share_taps(uint32_t* shared, const uint32_t* taps, uint32_t from) {
  uint32_t words = taps_words<R>(from);
  const Words* of = reinterpret_cast<const Words*>(taps + (size_t)blockIdx.y * words);
  for (uint32_t i = threadIdx.x; i < words / 4; i += blockDim.x) reinterpret_cast<Words*>(shared)[i] = of[i];
}

// A lane's operands of a group of channels, from its upper and lower window.
template <class R, class Rows>
DEVICE void gather(uint32_t (&a)[2][5][4], const Rows& upper, const Rows& lower, uint32_t group) {
  uint32_t c = group * GROUP<R> + quarter_of() * UNIT<R>;
UNROLLED
  for (int i = 0; i < 5; i++) {
    Words high = upper.words(i, c), low = lower.words(i, c);
UNROLLED
    for (int step = 0; step < 2; step++) {
      a[step][i][0] = high.at[2 * step];
      a[step][i][1] = low.at[2 * step];
      a[step][i][2] = high.at[2 * step + 1];
      a[step][i][3] = low.at[2 * step + 1];
    }
  }
}

// sums[row of the window] for the two windows of a lane. A group's operands come while the group before is multiplied.
template <class R, class Rows>
DEVICE void convolve(Sums& sums, const Rows& upper, const Rows& lower, const uint32_t* taps, uint32_t from) {
  uint32_t even[2][5][4], odd[2][5][4], groups = from / GROUP<R>;
  sums = {};
  gather<R>(even, upper, lower, 0);
  // Channels come in pairs of groups.
  for (uint32_t group = 0; group < groups; group += 2) {
    begin_products<R, 2, STEP_WORDS / 8>(sums, even, taps + group * 2 * 3 * STEP_WORDS);
    gather<R>(odd, upper, lower, group + 1);
    end_products(sums, even);
    begin_products<R, 2, STEP_WORDS / 8>(sums, odd, taps + (group + 1) * 2 * 3 * STEP_WORDS);
    // The last time for nothing: once more the last.
    gather<R>(even, upper, lower, group + 2 < groups ? group + 2 : group);
    end_products(sums, odd);
  }
}

// Groups of a block's columns, of each of which a lane has UNIT neighbouring channels.
template <class R>
constexpr int GROUPS_OF_COLUMNS = COLUMNS / GROUP<R>;

// The first of a lane's columns in a group of the block's, and its channel.
template <class R>
DEVICE uint32_t column_of(int group) {
  return group * GROUP<R> + quarter_of() * UNIT<R>;
}

template <class R>
DEVICE uint32_t channel_of(int group) {
  return blockIdx.y * COLUMNS + column_of<R>(group);
}

// The lane's results of one row of its upper or lower window: column i of those that it has in a group, and all of them.
template <class R, class S>
DEVICE auto& result(S& sums, int row, int is_lower, int group, uint32_t i) {
  return sums.at[row][group * 2 * PER_WORD<R> + i / 2][is_lower * 2 + i % 2];
}

template <class R>
DEVICE Lanes<UNIT<R>> results(const Sums& sums, int row, int is_lower, int group) {
  Lanes<UNIT<R>> values;
UNROLLED
  for (uint32_t i = 0; i < UNIT<R>; i++) values[i] = result<R>(sums, row, is_lower, group, i);
  return values;
}
