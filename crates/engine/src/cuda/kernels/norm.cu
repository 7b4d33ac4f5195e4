// Batch normalisation: coefficients from the moments of all chunks, going forward and backward. Everything is added in f64 and
// in a fixed order. Blocks of 8 channels and 128 slices.
#include "norm.h"

#define SLICES 128

// Sum over the slices of a channel, in their order; every thread of the channel gets it.
DEVICE double over_slices(double (*shared)[8], double value) {
  barrier();
  shared[threadIdx.y][threadIdx.x] = value;
  barrier();
  double sum = 0.0;
  for (uint32_t s = 0; s < SLICES; s++) sum += shared[s][threadIdx.x];
  return sum;
}

// Batch statistics: coefficients of the step, and the running statistics' move.
KERNEL_WITH_BARRIERS(norm_statistics, const float* moments, Norm norm, Affine out, uint32_t channels, Cut cut,
                     uint32_t batch, double eps, double momentum) {
  SHARED double shared[SLICES][8];
  uint32_t c = own_channel(), chunks = batch * cut.chunks;
  double count = (double)batch * cut.length, sum = 0.0;
  if (c < channels)
    for (uint32_t i = threadIdx.y; i < chunks; i += SLICES)
      sum += (double)chunk_rows(cut, i % cut.chunks) * moments[at(i * 2, channels, c)];
  double mean = over_slices(shared, sum) / count;
  sum = 0.0;
  if (c < channels)
    for (uint32_t i = threadIdx.y; i < chunks; i += SLICES) {
      double off = moments[at(i * 2, channels, c)] - mean;
      sum += moments[at(i * 2 + 1, channels, c)] + (double)chunk_rows(cut, i % cut.chunks) * off * off;
    }
  double deviations = over_slices(shared, sum);
  if (c >= channels || threadIdx.y != 0) return;
  double inverse = 1.0 / sqrt(deviations / count + eps), scale = norm.gamma[c] * inverse;
  double bias = norm.bias ? norm.bias[c] : 0.0;
  out.scale[c] = (float)scale;
  out.shift[c] = (float)(norm.beta[c] - scale * mean);
  out.mean[c] = (float)mean;
  out.inverse[c] = (float)inverse;
  double variance = deviations / (count > 1.0 ? count - 1.0 : 1.0);
  norm.running_mean[c] = (float)((1.0 - momentum) * norm.running_mean[c] + momentum * (mean + bias));
  norm.running_variance[c] = (float)((1.0 - momentum) * norm.running_variance[c] + momentum * variance);
}

// Coefficients that need no batch: of the running statistics, or of a convolution without norm (gamma null).
KERNEL(norm_fixed, Norm norm, Affine out, uint32_t channels, double eps) {
  uint32_t c = own_row();
  if (c >= channels || own_channel() != 0) return;
  double scale = 1.0, shift = norm.bias ? norm.bias[c] : 0.0;
  if (norm.gamma) {
    scale = norm.gamma[c] / sqrt(norm.running_variance[c] + eps);
    shift = norm.beta[c] + (shift - norm.running_mean[c]) * scale;
  }
  out.scale[c] = (float)scale;
  out.shift[c] = (float)shift;
  out.mean[c] = 0.0f;
  out.inverse[c] = 1.0f;
}

// From sums [chunk][stride][channels], of which the first is that of the gradient and `product` that of it times the
// centred raw value. Batch statistics: `count` values behind every channel.
KERNEL_WITH_BARRIERS(norm_slopes, const float* sums, uint32_t stride, uint32_t product, Affine affine, NormGradient out,
                     uint32_t channels, uint32_t chunks, double count) {
  SHARED double shared[SLICES][8];
  uint32_t c = own_channel();
  double sum = 0.0, centred = 0.0;
  if (c < channels)
    for (uint32_t i = threadIdx.y; i < chunks; i += SLICES) {
      sum += sums[at(i * stride, channels, c)];
      centred += sums[at(i * stride + product, channels, c)];
    }
  sum = over_slices(shared, sum);
  centred = over_slices(shared, centred);
  if (c >= channels || threadIdx.y != 0) return;
  double slope = 1.0, tilt = 0.0, level = 0.0, bias = sum;
  if (out.gamma) {
    double inverse = affine.inverse[c], deviation = centred * inverse;
    slope = affine.scale[c];
    tilt = -slope * deviation * inverse / count;
    level = -slope * sum / count - tilt * affine.mean[c];
    // A shift of the raw output is taken out again by the norm: the gradient is 0, not a rounding error.
    bias = 0.0;
    out.gamma[c] = (float)deviation;
    out.beta[c] = (float)sum;
  }
  if (out.bias) out.bias[c] = (float)bias;
  out.slope[c] = (float)slope;
  out.tilt[c] = (float)tilt;
  out.level[c] = (float)level;
}
