// The updates of runs of the flat vector, as PyTorch defines them. `scale` is the factor that limits the norm of the
// gradient, NULL if the norm is not limited; `factor` is that of the learning rate.
#include "step.h"

// The gradient of a value with a limited norm and with the L2 penalty.
DEVICE float penalised(const float* gradients, const float* values, uint64_t i, const float* scale, const Step* step) {
  float g = gradients[i];
  if (scale != NULL) g *= *scale;
  return g + step->weight_decay * values[i];
}

// Nesterov SGD.
KERNEL(nesterov, float* values, float* velocity, const float* gradients, uint64_t count, const float* scale,
       const Step* step, float factor) {
  uint64_t i = (uint64_t)blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  float momentum = step->momentum;
  float g = penalised(gradients, values, i, scale, step);
  float v = momentum * velocity[i] + g;
  velocity[i] = v;
  values[i] -= step->learning_rate * factor * (g + momentum * v);
}

// Adam: `kept1` and `kept2` are its betas, `new1` and `new2` what is left of 1.
KERNEL(adam, float* values, float* means, float* squares, const float* gradients, uint64_t count, const float* scale,
       const Step* step, float factor, float new1, float kept2, float new2, float epsilon) {
  uint64_t i = (uint64_t)blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  float g = penalised(gradients, values, i, scale, step);
  float m = means[i] + new1 * (g - means[i]);
  float s = kept2 * squares[i] + new2 * g * g;
  means[i] = m;
  squares[i] = s;
  // The decay is a part of the learning rate.
  float shrink = factor == 1.0f ? step->shrink : 1.0f - factor * (1.0f - step->shrink);
  values[i] = shrink * values[i] - step->adam_step * factor * m / (sqrtf(s) / step->root + epsilon);
}

// Adds the gradient of a batch, multiplied by its share, to those of the other batches of the same update.
KERNEL(accumulate, float* sum, const float* gradients, uint64_t count, const Step* step) {
  uint64_t i = (uint64_t)blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  sum[i] = (step->is_first ? 0.0f : sum[i]) + step->share * gradients[i];
}

// The sum of the 256 values of a block's threads, in a fixed order, for thread 0.
DEVICE double team_sum(double* slices, double own) {
  slices[threadIdx.x] = own;
  barrier();
  if (threadIdx.x != 0) return 0.0;
  double sum = 0.0;
  for (uint32_t s = 0; s < 256; s++) sum += slices[s];
  return sum;
}

// The sums of squares of runs of `run` values, one for each block of 256 threads.
KERNEL_OF_TEAM(square_sums, const float* gradients, double* sums, uint64_t count, uint32_t run) {
  SHARED double slices[256];
  uint64_t start = (uint64_t)blockIdx.x * run, end = start + run < count ? start + run : count;
  double sum = 0.0;
  for (uint64_t i = start + threadIdx.x; i < end; i += 256) sum += (double)gradients[i] * gradients[i];
  sum = team_sum(slices, sum);
  if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

// The factor that limits the norm of the gradient; 1 for a shorter gradient, NaN if a gradient is not a number. One
// block of 256 threads.
KERNEL_OF_TEAM(norm_scale, const double* sums, uint32_t count, float* scale, const Step* step, double epsilon) {
  SHARED double slices[256];
  double sum = 0.0;
  for (uint32_t i = threadIdx.x; i < count; i += 256) sum += sums[i];
  sum = team_sum(slices, sum);
  if (threadIdx.x != 0) return;
  double factor = step->largest_norm / (sqrt(sum) + epsilon);
  *scale = factor >= 1.0 ? 1.0f : (float)factor;
}
