// What a window keeps of its rows.
#pragma once
#include "portable.h"

// Whether a later value of a window takes the place of the best so far: the maximum counts, where gamma is negative the minimum, where it
// is 0 the first.
DEVICE bool replaces(float gamma, float value, float best) {
  return gamma > 0.0f ? value > best : gamma < 0.0f && value < best;
}
