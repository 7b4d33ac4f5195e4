// What the gradient of a raw output is made of.
#pragma once
#include "portable.h"

// Per-channel and, of an excitation, per-segment coefficients of the backward pass.
struct Slope {
  const float* scale;
  const float* shift;
  const float* mean;
  const float* slope;
  const float* tilt;
  const float* level;
  const float* factors;  // [batch][channels], null without excitation
  const float* means;    // [batch][channels], what every position gets through the excitation's mean
};
