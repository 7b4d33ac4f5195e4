// What a warp's lanes do together, on a CPU: every lane shows its part, and takes what it needs from the others'.
#pragma once

DEVICE float part_of(uint32_t word, uint32_t, float) { return from_bits(word); }
DEVICE float part_of(uint32_t word, uint32_t part, Bf16) { return widen(Bf16{(uint16_t)(word >> 16 * part)}); }

template <class R, int STEPS, uint32_t EIGHT>
DEVICE void begin_products(Sums& sums, uint32_t (&a)[STEPS][5][4], const uint32_t* b) {
  const int values = 8 * PER_WORD<R>;
  const auto* shown = emulation::show(a, STEPS * 5 * 4);
  uint32_t g = row_of(), q = quarter_of();
  for (int step = 0; step < STEPS; step++) {
    // What is added over, in its order, of the lane's two rows and its two columns of every 8.
    float left[5][values][2];
    for (int i = 0; i < 5; i++)
      for (int k = 0; k < values; k++)
        for (int low = 0; low < 2; low++) {
          uint32_t w = k / PER_WORD<R>, word = shown[4 * g + w % 4][(step * 5 + i) * 4 + w / 4 * 2 + low];
          left[i][k][low] = part_of(word, k % PER_WORD<R>, R());
        }
    for (int j = 0; j < 3; j++)
      for (int n = 0; n < 8; n++) {
        const uint32_t* words = b + ((step * 3 + j) * 8 + n) * EIGHT + 2 * q * 4;
        float right[values][2];
        for (int k = 0; k < values; k++)
          for (int column = 0; column < 2; column++) {
            uint32_t w = k / PER_WORD<R>;
            right[k][column] = part_of(words[w / 4 * 32 + column * 4 + w % 4], k % PER_WORD<R>, R());
          }
        for (int i = 0; i < 3; i++) {
          float(&sum)[4] = sums.at[i][n];
          for (int k = 0; k < values; k++)
            for (int r = 0; r < 4; r++) sum[r] += left[i + j][k][r / 2] * right[k][r % 2];
        }
      }
  }
}

template <int STEPS>
DEVICE void end_products(Sums&, uint32_t (&)[STEPS][5][4]) {}

DEVICE void products_barrier() { barrier(); }

template <int N>
DEVICE void sum_over_rows(float (&values)[N]) {
  const auto* shown = emulation::show(values, N);
  for (int i = 0; i < N; i++) {
    float of[8];
    for (int g = 0; g < 8; g++) of[g] = from_bits(shown[4 * g + quarter_of()][i]);
    values[i] = ((of[0] + of[1]) + (of[2] + of[3])) + ((of[4] + of[5]) + (of[6] + of[7]));
  }
}

DEVICE Lanes<8> scatter_sums(float (&values)[64]) {
  sum_over_rows(values);
  Lanes<8> own;
  for (int i = 0; i < 8; i++) own[i] = values[8 * row_of() + i];
  return own;
}
