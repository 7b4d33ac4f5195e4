// The selection of the value that represents a window.
#pragma once
#include "portable.h"

// Whether a later value of a window replaces the best value so far: the window keeps its maximum; for a negative gamma
// its minimum; for gamma 0 its first value.
DEVICE bool replaces(float gamma, float value, float best) {
  return gamma > 0.0f ? value > best : gamma < 0.0f && value < best;
}
