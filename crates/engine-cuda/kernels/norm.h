// Batch normalisation: the structs that its kernels take, and the results that they write for any source of statistics.
#pragma once
#include "portable.h"

// The tensors of a norm; null for a convolution without norm.
struct Norm {
  const float* gamma;
  const float* beta;
  const float* bias;
  float* running_mean;
  float* running_variance;
};

// The results, each [channels].
struct Affine {
  float* scale;
  float* shift;
  float* mean;
  float* inverse;
};

// The gradients of a norm's tensors, null if there are none, and the coefficients of the raw gradient.
struct NormGradient {
  float* gamma;
  float* beta;
  float* bias;
  float* gradient_scale;
  float* raw_scale;
  float* gradient_shift;
};

// Computes the coefficients of the step from the mean and squared deviations of channel c over `count` values, and
// updates the running statistics.
DEVICE void settle_norm(const Norm& norm, const Affine& out, uint32_t c, double mean, double deviations, double count,
                        double eps, double momentum) {
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

// Computes the gradients of the norm's tensors and the coefficients of the raw gradient, from two sums over channel c:
// of the gradient, and of the gradient times the centred raw value. If the statistics are fixed, no gradient passes
// through them. Returns the slope.
DEVICE double settle_gradient(const NormGradient& out, const Affine& affine, uint32_t c, double sum, double centred,
                              double count, uint32_t fixed) {
  double gradient_scale = 1.0, raw_scale = 0.0, gradient_shift = 0.0, bias = sum;
  if (out.gamma) {
    double inverse = affine.inverse[c], deviation = centred * inverse;
    gradient_scale = affine.scale[c];
    if (fixed) {
      bias = gradient_scale * sum;
    } else {
      raw_scale = -gradient_scale * deviation * inverse / count;
      gradient_shift = -gradient_scale * sum / count - raw_scale * affine.mean[c];
      // The norm removes every constant shift of the raw output, so the gradient is exactly 0; it must not be a
      // rounding error.
      bias = 0.0;
    }
    out.gamma[c] = (float)deviation;
    out.beta[c] = (float)sum;
  }
  if (out.bias) out.bias[c] = (float)bias;
  out.gradient_scale[c] = (float)gradient_scale;
  out.raw_scale[c] = (float)raw_scale;
  out.gradient_shift[c] = (float)gradient_shift;
  return gradient_scale;
}
