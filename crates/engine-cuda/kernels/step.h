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
  float adam_step, root, shrink;  // the constants of Adam
  float largest_norm;      // of the gradient
  float share;             // factor of the batch's gradient in an update with several batches
  uint32_t is_first;       // whether the batch is the first of its update
};

// A segment in the audio; the positions after its samples are zeros.
struct HeldSegment {
  uint64_t start;
  uint64_t samples;
};
