// What changes from one step to the next: it lies in the GPU's memory at a fixed place and is written before the step's first
// launch, so that the launches of all steps are the same.
#pragma once

#include "portable.h"

struct Step {
  const int16_t* samples;  // the audio that places are in
  uint64_t number;         // of the step, for dropout
  uint32_t key[2];         // of dropout
  float learning_rate, momentum, weight_decay;
  uint32_t loss;           // where among the losses its own goes
};

// A segment in the audio: what lies behind its samples is zeros.
struct HeldSegment {
  uint64_t start;
  uint64_t samples;
};
