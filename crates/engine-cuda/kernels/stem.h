// What the two halves of the first layer share: stem_frames.cu, in f64, and stem.cu, on the map.
#pragma once
#include "norm.h"

#define MOST_TAPS 8

// Means of the taps over all frames of a batch, and their covariance.
struct Frames {
  double mean[MOST_TAPS];
  double covariance[MOST_TAPS][MOST_TAPS];
};
