// The losses in f64, and the gradient of the logits.
#include "step.h"

// Binary cross-entropy of every logit; the mean is over all logits. NaN stays NaN.
KERNEL(loss_tags, const float* logits, const float* truth, float* gradient, double* losses, uint32_t tags,
       uint32_t batch) {
  uint32_t n = own_row(), c = own_channel();
  if (n >= batch || c >= tags) return;
  size_t place = at(n, tags, c);
  double x = logits[place], t = truth[place], cells = (double)batch * tags;
  losses[place] = (x < 0.0 ? 0.0 : x) - x * t + log1p(exp(-fabs(x)));
  gradient[place] = (float)((1.0 / (1.0 + exp(-x)) - t) / cells);
}

// Softmax cross-entropy of every row. Grid rows are segments.
KERNEL(loss_classes, const float* logits, const uint32_t* classes, float* gradient, double* losses, uint32_t tags,
       uint32_t batch) {
  uint32_t n = own_row();
  if (n >= batch || own_channel() != 0) return;
  const float* row = logits + (size_t)n * tags;
  double top = -INFINITY, sum = 0.0;
  for (uint32_t c = 0; c < tags; c++) top = row[c] > top ? row[c] : top;
  for (uint32_t c = 0; c < tags; c++) sum += exp(row[c] - top);
  losses[n] = top + log(sum) - row[classes[n]];
  for (uint32_t c = 0; c < tags; c++)
    gradient[at(n, tags, c)] = (float)((exp(row[c] - top) / sum - (c == classes[n] ? 1.0 : 0.0)) / batch);
}

// Softmax cross-entropy of every row with a distribution. Grid rows are segments.
KERNEL(loss_distributions, const float* logits, const float* truth, float* gradient, double* losses, uint32_t tags,
       uint32_t batch) {
  uint32_t n = own_row();
  if (n >= batch || own_channel() != 0) return;
  const float* row = logits + (size_t)n * tags;
  double top = -INFINITY, sum = 0.0, loss = 0.0;
  for (uint32_t c = 0; c < tags; c++) top = row[c] > top ? row[c] : top;
  for (uint32_t c = 0; c < tags; c++) sum += exp(row[c] - top);
  for (uint32_t c = 0; c < tags; c++) {
    double t = truth[at(n, tags, c)];
    loss += t * (top + log(sum) - row[c]);
    gradient[at(n, tags, c)] = (float)((exp(row[c] - top) / sum - t) / batch);
  }
  losses[n] = loss;
}

// A gradient given by the caller: the loss is the sum of the products of logits and gradient.
KERNEL(loss_given, const float* logits, const float* given, float* gradient, double* losses, uint32_t tags,
       uint32_t batch) {
  uint32_t n = own_row(), c = own_channel();
  if (n >= batch || c >= tags) return;
  size_t place = at(n, tags, c);
  gradient[place] = given[place];
  losses[place] = (double)logits[place] * given[place];
}

// The sum of the losses divided by `divisor`, in a fixed order, written to the step's place in `means`. One block of
// 256 threads.
KERNEL_OF_TEAM(loss_total, const double* losses, const Step* step, double* means, uint32_t count, double divisor) {
  SHARED double slices[256];
  double sum = 0.0;
  for (uint32_t i = threadIdx.x; i < count; i += 256) sum += losses[i];
  slices[threadIdx.x] = sum;
  barrier();
  if (threadIdx.x != 0) return;
  for (uint32_t s = 1; s < 256; s++) sum += slices[s];
  means[step->loss] = sum / divisor;
}
