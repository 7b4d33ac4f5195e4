// Sums over a long axis, in blocks of 8 values and 128 slices of that axis.
#pragma once
#include "portable.h"

#define SLICES 128
// Slices are added in groups first, so that no thread adds many.
#define GROUPS 8

// Sum over the slices of a value, in a fixed order; every thread of the value gets it. All threads of the block must call it.
DEVICE double over_slices(double (*shared)[8], double value) {
  barrier();
  shared[threadIdx.y][threadIdx.x] = value;
  barrier();
  double sum = 0.0;
  if (threadIdx.y < GROUPS)
    for (uint32_t s = threadIdx.y; s < SLICES; s += GROUPS) sum += shared[s][threadIdx.x];
  barrier();
  if (threadIdx.y < GROUPS) shared[threadIdx.y][threadIdx.x] = sum;
  barrier();
  sum = 0.0;
  for (uint32_t g = 0; g < GROUPS; g++) sum += shared[g][threadIdx.x];
  return sum;
}
