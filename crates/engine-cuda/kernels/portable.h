// The words in which the kernels are written: CUDA where nvcc compiles them, plain C++ elsewhere. As C++ the threads of a
// block run one after the other on the CPU, so that a test can run every kernel, and the plan that launches it, without a GPU.
#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef __CUDACC__

// Blocks have at most 256 threads.
#define KERNEL(name, ...) extern "C" __global__ void __launch_bounds__(256) name(__VA_ARGS__)
// A kernel that calls barrier(): its threads wait for each other. Blocks have at most 1024 threads.
#define KERNEL_WITH_BARRIERS(name, ...) extern "C" __global__ void __launch_bounds__(1024) name(__VA_ARGS__)
// The same of at most 256 threads, which may use more registers.
#define KERNEL_OF_TEAM(name, ...) extern "C" __global__ void __launch_bounds__(256) name(__VA_ARGS__)
// A kernel of four warps with shared memory as large as its launch says.
#define KERNEL_OF_WARPGROUP(name, ...) extern "C" __global__ void __launch_bounds__(128) name(__VA_ARGS__)
// The same of eight warps.
#define KERNEL_OF_WARPGROUPS(name, ...) extern "C" __global__ void __launch_bounds__(256, 1) name(__VA_ARGS__)
#define DEVICE static __device__ __forceinline__
#define DEVICE_MEMBER __device__ __forceinline__
#define SHARED __shared__
// The loop that follows has constant bounds and is written out, so that arrays it indexes stay in registers.
#define UNROLLED _Pragma("unroll")
DEVICE void barrier() { __syncthreads(); }
DEVICE uint32_t* launch_shared() {
  extern __shared__ __align__(1024) uint32_t launch_shared_words[];
  return launch_shared_words;
}
DEVICE void make_visible() { __threadfence(); }
DEVICE uint32_t take_ticket(uint32_t* ticket) { return atomicAdd(ticket, 1); }
DEVICE double from_others(const double* place) { return __ldcg(place); }

#else
#include "emulation.h"
#endif

// The bits of a number, and the number of bits.
#ifdef __CUDACC__
DEVICE uint32_t bits_of(float x) { return __float_as_uint(x); }
DEVICE float from_bits(uint32_t bits) { return __uint_as_float(bits); }
#else
DEVICE uint32_t bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}
DEVICE float from_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}
#endif

// Whether this block is the last of `count` to come here, the same in all of its threads; what the others wrote before is then there for
// from_others(). `ticket` is 0 before and afterwards. For the sums of a grid in one launch: the last block adds in a fixed order.
DEVICE bool is_last_block(uint32_t* ticket, uint32_t count) {
  SHARED uint32_t arrived;
  make_visible();
  barrier();
  if (threadIdx.x == 0 && threadIdx.y == 0) {
    arrived = take_ticket(ticket) + 1;
    if (arrived == count) *ticket = 0;
  }
  barrier();
  make_visible();
  return arrived == count;
}

// Position in a grid over rows and channels: blocks of x channels and y rows.
DEVICE uint32_t own_row() { return blockIdx.x * blockDim.y + threadIdx.y; }
DEVICE uint32_t own_channel() { return blockIdx.y * blockDim.x + threadIdx.x; }

// Elements of an array of rows.
DEVICE size_t at(uint32_t row, uint32_t channels, uint32_t channel) { return (size_t)row * channels + channel; }

// NaN stays NaN, so that a diverged training is seen.
DEVICE float relu(float x) { return x < 0.0f ? 0.0f : x; }

// How the output of a convolution is cut: into windows of a pool, and runs of windows that one thread adds up (chunks).
struct Cut {
  uint32_t length;    // rows of a segment
  uint32_t pool;      // rows of a window
  uint32_t padding;   // rows of the first window that lie before the segment
  uint32_t pooled;    // windows of a segment
  uint32_t windows;   // windows of a chunk
  uint32_t chunks;    // chunks of a segment
};

DEVICE uint32_t window_start(const Cut& cut, uint32_t window) {
  return window == 0 ? 0 : window * cut.pool - cut.padding;
}

DEVICE uint32_t window_end(const Cut& cut, uint32_t window) {
  uint32_t end = (window + 1) * cut.pool - cut.padding;
  return end < cut.length ? end : cut.length;
}

DEVICE uint32_t last_window(const Cut& cut, uint32_t chunk) {
  uint32_t last = (chunk + 1) * cut.windows;
  return last < cut.pooled ? last : cut.pooled;
}

// Rows of a chunk; the last one has what lies behind the windows, too.
DEVICE uint32_t chunk_rows(const Cut& cut, uint32_t chunk) {
  uint32_t end = chunk + 1 == cut.chunks ? cut.length : window_start(cut, (chunk + 1) * cut.windows);
  return end - window_start(cut, chunk * cut.windows);
}
