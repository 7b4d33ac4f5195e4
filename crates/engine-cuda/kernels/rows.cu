// Copies of rows between the host, the padded maps and each other.
#include "step.h"

// Copies uploaded segments [batch, length, channels] to a map of `pitch` rows per segment; all other rows of the `rows`
// rows become zero.
KERNEL(feed, const float* from, float* to, uint32_t channels, uint32_t length, uint32_t pitch, uint32_t batch,
       uint32_t rows) {
  uint32_t row = own_row(), c = own_channel();
  if (row >= rows || c >= channels) return;
  uint32_t n = row / pitch, t = row % pitch;
  to[at(row, channels, c)] = n < batch && t < length ? from[at(n * length + t, channels, c)] : 0.0f;
}

// Cuts segments of 16-bit audio at the step's places into a map of one channel. Rows after the samples of a segment,
// and all other rows of the `rows` rows, become zero.
KERNEL(cut_segments, const Step* step, const HeldSegment* places, float* to, uint32_t length, uint32_t pitch,
       uint32_t batch, uint32_t rows) {
  uint32_t row = own_row();
  if (row >= rows || own_channel() != 0) return;
  uint32_t n = row / pitch, t = row % pitch;
  bool inside = n < batch && t < length && t < places[n].samples;
  to[row] = inside ? (float)step->samples[places[n].start + t] / 32768.0f : 0.0f;
}

// out[i] = sum over p of parts[p][i], in the order of p: 32 slices, then the sum of the slices. Blocks of 32 elements
// and 32 slices.
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

// Lists the addresses of matrices: `phases` matrices that are `phase` bytes apart, in groups that are `split` bytes
// apart.
KERNEL(list_addresses, uint64_t* list, uint64_t start, uint64_t phase, uint64_t split, uint32_t phases,
       uint32_t number) {
  uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < number) list[i] = start + i % phases * phase + i / phases * split;
}
