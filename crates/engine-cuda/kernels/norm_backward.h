// What the gradient of a raw output is made of.
#pragma once
#include "portable.h"

// Per-channel and, of an excitation, per-segment coefficients of the backward pass.
struct NormBackward {
  const float* scale;
  const float* shift;
  const float* mean;
  const float* gradient_scale;
  const float* raw_scale;
  const float* gradient_shift;
  const float* factors;  // [batch][channels], null without excitation
  const float* means;    // [batch][channels], what every position gets through the excitation's mean
};

// What arrives at a raw value that was chosen in its window: nothing where the ReLU held it back.
DEVICE float arriving(float scale, float shift, float value, float given, float factor, float mean) {
  return scale * value + shift > 0.0f ? given * factor + mean : 0.0f;
}
