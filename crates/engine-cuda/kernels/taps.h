// Weights that are brought into another order: those of several convolutions in one launch.
#pragma once
#include "portable.h"

struct Taps {
  const float* weights;
  void* out;
  uint32_t taps, from, to;
  uint32_t is_reverse;
};

#define MOST_LISTED 12

struct TapsList {
  Taps of[MOST_LISTED];
};
