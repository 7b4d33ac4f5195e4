// The coefficients of the gradient with respect to a raw output.
#pragma once
#include "portable.h"

// The backward coefficients of each channel and, for an excitation, of each segment.
struct NormBackward {
  const float* scale;
  const float* shift;
  const float* mean;
  const float* gradient_scale;
  const float* raw_scale;
  const float* gradient_shift;
  const float* factors;  // [batch][channels], null without excitation
  const float* means;    // [batch][channels], the gradient of every position through the excitation's mean
};

// The incoming gradient of a raw value that was selected in its window; 0 if the ReLU was closed.
DEVICE float arriving(float scale, float shift, float value, float given, float factor, float mean) {
  return scale * value + shift > 0.0f ? given * factor + mean : 0.0f;
}
