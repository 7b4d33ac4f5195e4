// Tensor cores: sums of products in f32, of operands in bf16 or tf32. A warp multiplies 16 rows with 64 columns; what its lane
// 4 g + q holds of rows and columns is what PTX says of m16n8k16 (bf16) and m16n8k8 (tf32): rows g and g + 8, columns 2 q and 2 q + 1 of
// every 8, and of what is added over, words q and q + 4 of 8. Words are pairs of bf16 or single tf32.
#pragma once
#include "../storage.h"

// Values in a word, and in the 16 bytes that a lane reads at once.
template <class R>
constexpr uint32_t PER_WORD = 4 / sizeof(R);
template <class R>
constexpr uint32_t UNIT = 4 * PER_WORD<R>;
// Channels that the four lanes of a row read at once: those of two steps.
template <class R>
constexpr uint32_t GROUP = 4 * UNIT<R>;
// Columns of a block, and words of what they are multiplied with in a step of one tap: [column / 8][half][column % 8][4].
#define COLUMNS 64
#define STEP_WORDS 512

DEVICE uint32_t lane_of() { return threadIdx.x % 32; }
DEVICE uint32_t warp_of() { return threadIdx.x / 32; }
// The lane's row of 8, and its place in that row.
DEVICE uint32_t row_of() { return lane_of() / 4; }
DEVICE uint32_t quarter_of() { return lane_of() % 4; }

// A word of operands: rounded to the nearest, for tf32 ties away from 0, as PTX has no other. NaN stays NaN.
DEVICE uint32_t operands(const Lanes<1>& value) {
#ifdef __CUDACC__
  uint32_t word;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(word) : "f"(value[0]));
  return word;
#else
  return value[0] != value[0] ? 0x7FFFE000 : (bits_of(value[0]) + 0x1000) & ~0x1FFFu;
#endif
}

DEVICE uint32_t operands(const Lanes<2>& pair) {
#ifdef __CUDACC__
  uint32_t word;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(pair[1]), "f"(pair[0]));
  return word;
#else
  Bf16 low, high;
  narrow(pair[0], &low);
  narrow(pair[1], &high);
  return low.bits | (uint32_t)high.bits << 16;
#endif
}

// 16 bytes of operands.
struct alignas(16) Words {
  uint32_t at[4];
};

template <class R>
DEVICE Words operand_words(const Lanes<UNIT<R>>& values) {
  Words words;
UNROLLED
  for (uint32_t w = 0; w < 4; w++) {
    Lanes<PER_WORD<R>> some;
UNROLLED
    for (uint32_t e = 0; e < PER_WORD<R>; e++) some[e] = values[w * PER_WORD<R> + e];
    words.at[w] = operands(some);
  }
  return words;
}

// Three sums of a warp's 16 rows and 64 columns: [sum][column / 8][row / 8 * 2 + column % 2].
struct Sums {
  float at[3][8][4];
};

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
#include "warpgroup.h"
#elif defined(__CUDACC__)

DEVICE void multiply_one(float (&sum)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1, float) {
  asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

DEVICE void multiply_one(float (&sum)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1, Bf16) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// Begins sums[i] += a[i + j] b[j] for i and j below 3, in STEPS steps. `b`, in shared memory, is [step][j][column / 8] with EIGHT words for
// every 8 columns. All lanes of the block call it together; `sums`, `a` and `b` are left alone until end_products().
template <class R, int STEPS, uint32_t EIGHT>
DEVICE void begin_products(Sums& sums, uint32_t (&a)[STEPS][5][4], const uint32_t* b) {
  // Lanes part where segments end; here all of a warp must have come.
  __syncwarp();
UNROLLED
  for (int step = 0; step < STEPS; step++)
UNROLLED
    for (int j = 0; j < 3; j++)
UNROLLED
      for (int n = 0; n < 8; n++) {
        const uint32_t* words = b + ((step * 3 + j) * 8 + n) * EIGHT + lane_of();
        uint32_t b0 = words[0], b1 = words[32];
UNROLLED
        for (int i = 0; i < 3; i++) multiply_one(sums.at[i][n], a[step][i + j], b0, b1, R());
      }
}

template <int STEPS>
DEVICE void end_products(Sums&, uint32_t (&)[STEPS][5][4]) {}

// A barrier behind which begin_products() sees what the block has written into shared memory.
DEVICE void products_barrier() { barrier(); }

#else
#include "warp_emulation.h"
#endif

#ifdef __CUDACC__

// Sums over the rows of a warp (lanes of the same quarter); every lane gets them.
template <int N>
DEVICE void sum_over_rows(float (&values)[N]) {
UNROLLED
  for (int bit = 4; bit <= 16; bit *= 2)
UNROLLED
    for (int i = 0; i < N; i++) values[i] += __shfl_xor_sync(~0u, values[i], bit);
}

// The same of 64 values, of which the lane of row g gets those from 8 g on.
DEVICE Lanes<8> scatter_sums(float (&values)[64]) {
UNROLLED
  for (int bit = 16; bit >= 4; bit /= 2) {
    int count = bit * 2;
    bool is_upper = (lane_of() & bit) != 0;
UNROLLED
    for (int i = 0; i < 32; i++)
      if (i < count) {
        float given = is_upper ? values[i] : values[i + count], kept = is_upper ? values[i + count] : values[i];
        values[i] = kept + __shfl_xor_sync(~0u, given, bit);
      }
  }
  Lanes<8> own;
UNROLLED
  for (int i = 0; i < 8; i++) own[i] = values[i];
  return own;
}

#endif
