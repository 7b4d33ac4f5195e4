// Tensor cores of Hopper (sm_90a): four warps multiply their 64 rows at once, with columns that the tensor cores read from shared memory.
#pragma once

// Where columns lie, for the tensor cores: 16 bytes of each of 8 columns follow each other; the second half of a step comes 128 bytes
// behind the first, the next 8 columns `eight` words behind these. No swizzle.
DEVICE uint64_t matrix_descriptor(const uint32_t* b, uint32_t eight) {
  uint32_t address = (uint32_t)__cvta_generic_to_shared(b);
  return (uint64_t)((address & 0x3FFFF) >> 4) | (uint64_t)(128 >> 4) << 16 | (uint64_t)(eight * 4 >> 4) << 32;
}

#define SUMS_OF_8(s, n) "+f"(s[n][0]), "+f"(s[n][1]), "+f"(s[n][2]), "+f"(s[n][3])
#define MULTIPLY(shape, tail)                                                                                                    \
  asm volatile(                                                                                                                  \
      "{\n.reg .pred p;\nsetp.ne.b32 p, %37, 0;\n"                                                                               \
      "wgmma.mma_async.sync.aligned." shape                                                                                      \
      " {%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31}" \
      ", {%32,%33,%34,%35}, %36, p, 1, 1" tail ";\n}"                                                                            \
      : SUMS_OF_8(sum, 0), SUMS_OF_8(sum, 1), SUMS_OF_8(sum, 2), SUMS_OF_8(sum, 3), SUMS_OF_8(sum, 4), SUMS_OF_8(sum, 5),        \
        SUMS_OF_8(sum, 6), SUMS_OF_8(sum, 7)                                                                                     \
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(1))

DEVICE void multiply_one(float (&sum)[8][4], const uint32_t (&a)[4], uint64_t b, float) {
  MULTIPLY("m64n64k8.f32.tf32.tf32", "");
}

DEVICE void multiply_one(float (&sum)[8][4], const uint32_t (&a)[4], uint64_t b, Bf16) {
  MULTIPLY("m64n64k16.f32.bf16.bf16", ", 0");
}

// The compiler may not move anything of the sums or the operands across this, nor put anything else into their registers before it.
template <int STEPS>
DEVICE void settle(Sums& sums, uint32_t (&a)[STEPS][5][4]) {
UNROLLED
  for (int i = 0; i < 3; i++)
UNROLLED
    for (int n = 0; n < 8; n++)
UNROLLED
      for (int r = 0; r < 4; r++) asm volatile("" : "+f"(sums.at[i][n][r])::"memory");
UNROLLED
  for (int step = 0; step < STEPS; step++)
UNROLLED
    for (int i = 0; i < 5; i++)
UNROLLED
      for (int k = 0; k < 4; k++) asm volatile("" : "+r"(a[step][i][k])::"memory");
}

template <class R, int STEPS, uint32_t EIGHT>
DEVICE void begin_products(Sums& sums, uint32_t (&a)[STEPS][5][4], const uint32_t* b) {
  // Lanes part where segments end; here all of a warp must have come.
  __syncwarp();
  settle(sums, a);
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
UNROLLED
  for (int step = 0; step < STEPS; step++)
UNROLLED
    for (int j = 0; j < 3; j++) {
      uint64_t columns = matrix_descriptor(b + (step * 3 + j) * 8 * EIGHT, EIGHT);
UNROLLED
      for (int i = 0; i < 3; i++) multiply_one(sums.at[i], a[step][i + j], columns, R());
    }
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

template <int STEPS>
DEVICE void end_products(Sums& sums, uint32_t (&a)[STEPS][5][4]) {
  asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
  settle(sums, a);
}

DEVICE void products_barrier() {
  // What threads have written is seen by the tensor cores, too.
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  barrier();
}
