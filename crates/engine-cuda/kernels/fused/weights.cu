// The gradient of a convolution's weights: over all windows, the products of the input's rows and those of the raw output's gradient.
#include "rows.h"

// Input channels of a block.
#define BLOCK_FROM 128
// Windows of a step: 16 in bf16, 8 in tf32. What is added over is windows, so that a word of bf16 has the same row of two neighbours.
#define STEP_WINDOWS (8 * PER_WORD<real>)
// Words of the input's rows in a step: [5][8][BLOCK_FROM and a few], so that the lanes of a warp read from all banks.
#define INPUT_PITCH (BLOCK_FROM + 8)
#define INPUT_WORDS (5 * 8 * INPUT_PITCH)
// Words of 8 columns of the gradient: a few more than it has, for the same reason.
#define EIGHT_WORDS (STEP_WORDS / 8 + 4)
#define BUFFER_WORDS (INPUT_WORDS + 3 * 8 * EIGHT_WORDS)

// Words of W channels from the values of a step's neighbours: `row` is called for each.
template <int W, class Row>
DEVICE void pair_up(uint32_t (&words)[W], Row row) {
  Lanes<W> of[PER_WORD<real>];
UNROLLED
  for (uint32_t e = 0; e < PER_WORD<real>; e++) of[e] = row(e);
UNROLLED
  for (int i = 0; i < W; i++) {
    Lanes<PER_WORD<real>> values;
UNROLLED
    for (uint32_t e = 0; e < PER_WORD<real>; e++) values[e] = of[e][i];
    words[i] = operands(values);
  }
}

// The block's 128 channels of the input: each warp one word of each of the five rows, each lane four channels.
template <class Rows>
DEVICE void fill_input(uint32_t* buffer, const typename Rows::Of& of, const float* shared, const Windows& all, uint32_t first,
                       uint32_t from) {
  uint32_t w = warp_of(), c = from + 4 * lane_of();
  uint32_t number = first + w * PER_WORD<real>;
  Rows rows[2] = {Rows(of, all, Window(all, number), shared), Rows(of, all, Window(all, number + PER_WORD<real> - 1), shared)};
UNROLLED
  for (int i = 0; i < 5; i++) {
    uint32_t words[4];
    pair_up<4>(words, [&](uint32_t e) { return rows[e].template row<4>(i, c); });
    Words* to = reinterpret_cast<Words*>(buffer + (i * 8 + w) * INPUT_PITCH + 4 * lane_of());
    *to = {{words[0], words[1], words[2], words[3]}};
  }
}

// The block's 64 columns: six warps, each four words of one row of the windows; each lane one of them for eight channels.
DEVICE void fill_columns(uint32_t* buffer, const Back<real>& back, const float* shared, const Windows& all, uint32_t first,
                         uint32_t to) {
  if (warp_of() >= 6) return;
  uint32_t half = warp_of() % 2, place = warp_of() / 2, q = quarter_of(), eight = row_of();
  uint32_t number = first + (half * 4 + q) * PER_WORD<real>;
  // Coefficients are those of the block's columns: the pointer goes back by as many channels as come before them.
  const float* coefficients = shared - coefficient_place<real>(to);
  BackRows<real> rows[2] = {BackRows<real>(back, all, Window(all, number), coefficients),
                            BackRows<real>(back, all, Window(all, number + PER_WORD<real> - 1), coefficients)};
UNROLLED
  for (uint32_t unit = 0; unit < 8 / UNIT<real>; unit++) {
    uint32_t words[UNIT<real>], c = to + eight * 8 + unit * UNIT<real>;
    pair_up<UNIT<real>>(words, [&](uint32_t e) { return rows[e].template row<UNIT<real>>(place + 1, c); });
UNROLLED
    for (uint32_t i = 0; i < UNIT<real>; i++)
      buffer[INPUT_WORDS + (place * 8 + eight) * EIGHT_WORDS + half * 32 + (unit * UNIT<real> + i) * 4 + q] = words[i];
  }
}

// Partial gradients [row of the grid][3][from][to] of so many windows each. Columns of the grid are 128 channels of the input by 64 of the
// output, those of the output first.
template <class Rows>
DEVICE void weight_gradient(const typename Rows::Of& of, const float* input_coefficients, float* free, const Back<real>& back,
                            const Windows& all, uint32_t from, uint32_t share, float* parts) {
  uint32_t* buffers = launch_shared();
  uint32_t blocks = back.channels / COLUMNS, first_to = blockIdx.y % blocks * COLUMNS, first_from = blockIdx.y / blocks * BLOCK_FROM;
  share_norm_backward<real>(free, back.norm, first_to, COLUMNS);
  barrier();
  uint32_t first = blockIdx.x * share, end = first + share < all.total ? first + share : all.total;
  // Windows behind the share are none.
  Windows own = {all.pooled, all.pitch, end};
  auto fill = [&](uint32_t window, uint32_t* buffer) {
    fill_input<Rows>(buffer, of, input_coefficients, own, window, first_from);
    fill_columns(buffer, back, free, own, window, first_to);
  };
  Sums sums = {};
  fill(first, buffers);
  products_barrier();
  uint32_t g = row_of(), q = quarter_of(), row = warp_of() * 16 + g, turn = 0;
  for (uint32_t window = first; window < end; window += STEP_WINDOWS, turn ^= 1) {
    const uint32_t* buffer = buffers + turn * BUFFER_WORDS;
    uint32_t a[1][5][4];
UNROLLED
    for (int i = 0; i < 5; i++)
UNROLLED
      for (int k = 0; k < 4; k++) a[0][i][k] = buffer[(i * 8 + q + k / 2 * 4) * INPUT_PITCH + row + k % 2 * 8];
    begin_products<real, 1, EIGHT_WORDS>(sums, a, buffer + INPUT_WORDS);
    // The next step's operands come while this one's are multiplied.
    if (window + STEP_WINDOWS < end) fill(window + STEP_WINDOWS, buffers + (turn ^ 1) * BUFFER_WORDS);
    end_products(sums, a);
    products_barrier();
  }
UNROLLED
  for (uint32_t tap = 0; tap < 3; tap++)
UNROLLED
    for (uint32_t n = 0; n < 8; n++)
UNROLLED
      for (uint32_t low = 0; low < 2; low++) {
        uint32_t to_row = (blockIdx.x * 3 + tap) * from + first_from + row + 8 * low;
        Lanes<2> pair = {{sums.at[tap][n][low * 2], sums.at[tap][n][low * 2 + 1]}};
        store<2>(parts + at(to_row, back.channels, first_to + n * 8 + 2 * q), pair);
      }
}

KERNEL_OF_WARPGROUPS(STORED(fused_weights), const real* map, Back<real> back, Windows windows, uint32_t from, uint32_t share,
                     float* parts) {
  float* free = reinterpret_cast<float*>(launch_shared() + 2 * BUFFER_WORDS);
  weight_gradient<MapRows<real>>({map, from}, nullptr, free, back, windows, from, share, parts);
}

// The same with a map that is computed on the way: its source's coefficients come first.
template <class Rows>
DEVICE void weight_gradient_from(const typename Rows::Of& of, const Back<real>& back, const Windows& all, uint32_t from,
                                 uint32_t share, float* parts) {
  float* shared = reinterpret_cast<float*>(launch_shared() + 2 * BUFFER_WORDS);
  share_source<real>(shared, of, 0, from);
  weight_gradient<Rows>(of, shared, shared + coefficient_place<real>(from), back, all, from, share, parts);
}

KERNEL_OF_WARPGROUPS(STORED(fused_weights_peaks), PooledMap<real> peaks, Back<real> back, Windows windows, uint32_t from,
                     uint32_t share, float* parts) {
  weight_gradient_from<PeakRows<real>>(peaks, back, windows, from, share, parts);
}

KERNEL_OF_WARPGROUPS(STORED(fused_weights_wave), Wave wave, Back<real> back, Windows windows, uint32_t from, uint32_t share,
                     float* parts) {
  weight_gradient_from<WaveRows<real>>(wave, back, windows, from, share, parts);
}
