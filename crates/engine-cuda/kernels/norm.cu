// Batch normalisation: forward and backward coefficients from the moments or sums of all chunks. Everything is added in
// f64 and in a fixed order: first slices within a block (8 channels, 128 slices), then the results of the blocks, by
// the last block to finish.
#include "norm.h"
#include "slices.h"

// Count, mean and sum of squared deviations of rows.
struct Spread {
  double count, mean, deviations;
};

DEVICE Spread merged(const Spread& a, const Spread& b) {
  double count = a.count + b.count;
  if (count == 0.0) return a;
  double off = b.mean - a.mean, share = b.count / count;
  return {count, a.mean + off * share, a.deviations + b.deviations + off * off * a.count * share};
}

// The spread of a block's chunks for one channel; every thread of the channel receives it.
DEVICE Spread spread_of(double (*shared)[8], const float* moments, uint32_t first, uint32_t end, const Cut& cut,
                        uint32_t channels, uint32_t c) {
  double count = 0.0, sum = 0.0, deviations = 0.0;
  if (c < channels)
    for (uint32_t i = first + threadIdx.y; i < end; i += SLICES) {
      double rows = chunk_rows(cut, i % cut.chunks);
      count += rows;
      sum += rows * moments[at(i * 2, channels, c)];
    }
  count = over_slices(shared, count);
  double mean = count > 0.0 ? over_slices(shared, sum) / count : over_slices(shared, sum);
  if (c < channels)
    for (uint32_t i = first + threadIdx.y; i < end; i += SLICES) {
      double off = moments[at(i * 2, channels, c)] - mean;
      deviations += moments[at(i * 2 + 1, channels, c)] + (double)chunk_rows(cut, i % cut.chunks) * off * off;
    }
  return {count, mean, over_slices(shared, deviations)};
}

// Batch statistics: computes the coefficients of the step and updates the running statistics. For every 8 channels, the
// grid has `parts` blocks, each with a share of the chunks; `partial` is [parts][3][channels].
KERNEL_WITH_BARRIERS(norm_statistics, const float* moments, Norm norm, Affine out, uint32_t channels, Cut cut,
                     uint32_t batch, double eps, double momentum, double* partial, uint32_t* tickets, uint32_t parts) {
  SHARED double shared[SLICES][8];
  uint32_t c = own_channel(), chunks = batch * cut.chunks, part = blockIdx.x;
  uint32_t share = (chunks + parts - 1) / parts, first = part * share;
  uint32_t end = first + share < chunks ? first + share : chunks;
  Spread spread = spread_of(shared, moments, first, end, cut, channels, c);
  if (c < channels && threadIdx.y == 0) {
    partial[at(part * 3, channels, c)] = spread.count;
    partial[at(part * 3 + 1, channels, c)] = spread.mean;
    partial[at(part * 3 + 2, channels, c)] = spread.deviations;
  }
  if (!is_last_block(tickets + blockIdx.y, parts)) return;
  if (c >= channels || threadIdx.y != 0) return;
  Spread all = {0.0, 0.0, 0.0};
  for (uint32_t p = 0; p < parts; p++) {
    const double* from = partial + at(p * 3, channels, c);
    all = merged(all, {from_others(from), from_others(from + channels), from_others(from + 2 * channels)});
  }
  settle_norm(norm, out, c, all.mean, all.deviations, all.count, eps, momentum);
}

// Coefficients that need no batch: from the running statistics, or of a convolution without norm (gamma null).
KERNEL(norm_fixed, Norm norm, Affine out, uint32_t channels, double eps) {
  uint32_t c = own_row();
  if (c >= channels || own_channel() != 0) return;
  double scale = 1.0, shift = norm.bias ? norm.bias[c] : 0.0, mean = 0.0, inverse = 1.0;
  if (norm.gamma) {
    inverse = 1.0 / sqrt(norm.running_variance[c] + eps);
    mean = norm.running_mean[c] - shift;
    scale = norm.gamma[c] * inverse;
    shift = norm.beta[c] - mean * scale;
  }
  out.scale[c] = (float)scale;
  out.shift[c] = (float)shift;
  out.mean[c] = (float)mean;
  out.inverse[c] = (float)inverse;
}

// Computes the coefficients from sums [chunk][stride][channels]: the first is the sum of the gradient, and `product` is
// the index of the sum of the gradient times the centred raw value. For batch statistics, every channel has `count`
// values. The grid is that of norm_statistics; `partial` is [parts][2][channels].
KERNEL_WITH_BARRIERS(norm_gradients, const float* sums, uint32_t stride, uint32_t product, Affine affine,
                     NormGradient out, uint32_t channels, uint32_t chunks, double count, uint32_t fixed,
                     double* partial, uint32_t* tickets, uint32_t parts) {
  SHARED double shared[SLICES][8];
  uint32_t c = own_channel(), part = blockIdx.x, share = (chunks + parts - 1) / parts, first = part * share;
  uint32_t end = first + share < chunks ? first + share : chunks;
  double sum = 0.0, centred = 0.0;
  if (c < channels)
    for (uint32_t i = first + threadIdx.y; i < end; i += SLICES) {
      sum += sums[at(i * stride, channels, c)];
      centred += sums[at(i * stride + product, channels, c)];
    }
  sum = over_slices(shared, sum);
  centred = over_slices(shared, centred);
  if (c < channels && threadIdx.y == 0) {
    partial[at(part * 2, channels, c)] = sum;
    partial[at(part * 2 + 1, channels, c)] = centred;
  }
  if (!is_last_block(tickets + blockIdx.y, parts)) return;
  if (c >= channels || threadIdx.y != 0) return;
  sum = centred = 0.0;
  for (uint32_t p = 0; p < parts; p++) {
    sum += from_others(partial + at(p * 2, channels, c));
    centred += from_others(partial + at(p * 2 + 1, channels, c));
  }
  settle_gradient(out, affine, c, sum, centred, count, fixed);
}
