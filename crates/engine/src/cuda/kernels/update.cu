// Nesterov SGD over the flat vector, as PyTorch defines it.
#include "portable.h"

KERNEL(nesterov, float* values, float* velocity, const float* gradients, uint64_t count, float learning_rate, float momentum,
       float weight_decay) {
  uint64_t i = (uint64_t)blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  float g = gradients[i] + weight_decay * values[i];
  float v = momentum * velocity[i] + g;
  velocity[i] = v;
  values[i] -= learning_rate * (g + momentum * v);
}
