// Nesterov SGD over a run of the flat vector, as PyTorch defines it; `factor` scales the learning rate.
#include "step.h"

KERNEL(nesterov, float* values, float* velocity, const float* gradients, uint64_t count, const Step* step, float factor) {
  uint64_t i = (uint64_t)blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  float momentum = step->momentum;
  float g = gradients[i] + step->weight_decay * values[i];
  float v = momentum * velocity[i] + g;
  velocity[i] = v;
  values[i] -= step->learning_rate * factor * (g + momentum * v);
}
