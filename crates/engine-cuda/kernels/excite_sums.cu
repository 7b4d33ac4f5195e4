// Squeeze-and-excitation: what follows from the sums over time. All of it in f32 and f64.
#include "portable.h"

// Sum over the chunks of a segment, in their order.
DEVICE double over_chunks(const float* sums, uint32_t stride, uint32_t which, uint32_t n, uint32_t chunks, uint32_t channels,
                          uint32_t c) {
  double sum = 0.0;
  for (uint32_t i = 0; i < chunks; i++) sum += sums[at((n * chunks + i) * stride + which, channels, c)];
  return sum;
}

// Mean over time of a map from those sums.
KERNEL(squeeze_map_mean, const float* sums, float* out, uint32_t channels, Cut cut, uint32_t batch) {
  uint32_t n = own_row(), c = own_channel();
  if (n >= batch || c >= channels) return;
  out[at(n, channels, c)] = (float)(over_chunks(sums, 2, 0, n, cut.chunks, channels, c) / cut.pooled);
}

// Sum over a segment of the raw values, from the means of its chunks.
DEVICE double raw_sum(const float* moments, uint32_t channels, const Cut& cut, uint32_t n, uint32_t c) {
  double sum = 0.0;
  for (uint32_t i = 0; i < cut.chunks; i++)
    sum += (double)chunk_rows(cut, i) * moments[at((n * cut.chunks + i) * 2, channels, c)];
  return sum;
}

// Mean over time of the normalised branch of a residual block.
KERNEL(squeeze_branch, const float* moments, const float* scale, const float* shift, float* out, uint32_t channels, Cut cut,
       uint32_t batch) {
  uint32_t n = own_row(), c = own_channel();
  if (n >= batch || c >= channels) return;
  double sum = raw_sum(moments, channels, cut, n, c);
  out[at(n, channels, c)] = (float)(scale[c] * sum / cut.length + shift[c]);
}

// Gradient of what the sigmoid gets, of a map: from the sums of gradient times activation.
KERNEL(factor_gradient_map, const float* sums, const float* factors, float* out, uint32_t channels, Cut cut, uint32_t batch) {
  uint32_t n = own_row(), c = own_channel();
  if (n >= batch || c >= channels) return;
  size_t place = at(n, channels, c);
  out[place] = (float)over_chunks(sums, 2, 0, n, cut.chunks, channels, c) * factors[place] * (1.0f - factors[place]);
}

// The same of a branch, from the sums [chunk][3][channels] of its addition.
KERNEL(factor_gradient_branch, const float* sums, const float* scale, const float* shift, const float* mean,
       const float* factors, float* out, uint32_t channels, Cut cut, uint32_t batch) {
  uint32_t n = own_row(), c = own_channel();
  if (n >= batch || c >= channels) return;
  double sum = over_chunks(sums, 3, 0, n, cut.chunks, channels, c);
  double product = over_chunks(sums, 3, 1, n, cut.chunks, channels, c);
  double total = ((double)scale[c] * mean[c] + shift[c]) * sum + scale[c] * product;
  size_t place = at(n, channels, c);
  out[place] = (float)total * factors[place] * (1.0f - factors[place]);
}

// The two sums of an excited branch's norm, [segment][2][channels]: through the factors, and through the mean.
KERNEL(branch_sums, const float* sums, const float* moments, const float* mean, const float* factors, const float* means,
       float* out, uint32_t channels, Cut cut, uint32_t batch) {
  uint32_t n = own_row(), c = own_channel();
  if (n >= batch || c >= channels) return;
  double factor = factors[at(n, channels, c)], level = means[at(n, channels, c)];
  double sum = over_chunks(sums, 3, 0, n, cut.chunks, channels, c);
  double product = over_chunks(sums, 3, 1, n, cut.chunks, channels, c);
  double centred = raw_sum(moments, channels, cut, n, c) - (double)cut.length * mean[c];
  out[at(n * 2, channels, c)] = (float)(factor * sum + level * cut.length);
  out[at(n * 2 + 1, channels, c)] = (float)(factor * product + level * centred);
}
