// Rows between the host, the padded maps and each other.
#include "step.h"

// Segments [batch, length, channels] as they come, into a map of `pitch` rows a segment; every other of `rows` rows becomes zero.
KERNEL(feed, const float* from, float* to, uint32_t channels, uint32_t length, uint32_t pitch, uint32_t batch, uint32_t rows) {
  uint32_t row = own_row(), c = own_channel();
  if (row >= rows || c >= channels) return;
  uint32_t n = row / pitch, t = row % pitch;
  to[at(row, channels, c)] = n < batch && t < length ? from[at(n * length + t, channels, c)] : 0.0f;
}

// Segments of 16-bit audio, cut out at the step's places, into a map of one channel; what lies beyond a segment's samples, and
// every other of `rows` rows, becomes zero.
KERNEL(cut_segments, const Step* step, const HeldSegment* places, float* to, uint32_t length, uint32_t pitch, uint32_t batch,
       uint32_t rows) {
  uint32_t row = own_row();
  if (row >= rows || own_channel() != 0) return;
  uint32_t n = row / pitch, t = row % pitch;
  bool inside = n < batch && t < length && t < places[n].samples;
  to[row] = inside ? (float)step->samples[places[n].start + t] / 32768.0f : 0.0f;
}

// out[i] = sum over p of parts[p][i], in the order of p: 32 slices, then their sum. Blocks of 32 elements and 32 slices.
KERNEL_WITH_BARRIERS(sum_parts, const float* parts, float* out, uint32_t count, uint32_t number) {
  SHARED double slices[32][33];
  uint32_t i = blockIdx.x * 32 + threadIdx.x;
  double sum = 0.0;
  if (i < count)
    for (uint32_t p = threadIdx.y; p < number; p += 32) sum += parts[(size_t)p * count + i];
  slices[threadIdx.y][threadIdx.x] = sum;
  barrier();
  if (threadIdx.y != 0 || i >= count) return;
  for (uint32_t s = 1; s < 32; s++) sum += slices[s][threadIdx.x];
  out[i] = (float)sum;
}

// Addresses of matrices that lie apart by `phase` bytes, `phases` of them, and those groups by `split` bytes.
KERNEL(list_addresses, uint64_t* list, uint64_t start, uint64_t phase, uint64_t split, uint32_t phases, uint32_t number) {
  uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < number) list[i] = start + i % phases * phase + i / phases * split;
}
