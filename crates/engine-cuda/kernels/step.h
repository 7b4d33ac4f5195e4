// The values that change from one step to the next. They have a fixed place in the GPU's memory and are written before
// the step's first launch, so that the launches of all steps are the same.
#pragma once

#include "portable.h"

struct Step {
  const int16_t* samples;  // the audio that places are in
  uint64_t number;         // number of the step, for dropout
  uint32_t key[2];         // key of dropout
  float learning_rate, momentum, weight_decay;
  uint32_t loss;           // index of its loss among the losses
};

// A segment in the audio; the positions after its samples are zeros.
struct HeldSegment {
  uint64_t start;
  uint64_t samples;
};
