// What the kernels around a batch normalisation take as structs.
#pragma once
#include "portable.h"

// Tensors of a norm, null where a convolution has none.
struct Norm {
  const float* gamma;
  const float* beta;
  const float* bias;
  float* running_mean;
  float* running_variance;
};

// Results, [channels] each.
struct Affine {
  float* scale;
  float* shift;
  float* mean;
  float* inverse;
};

// Gradients of a norm's tensors, null where there are none, and the coefficients of the raw gradient.
struct NormGradient {
  float* gamma;
  float* beta;
  float* bias;
  float* slope;
  float* tilt;
  float* level;
};
