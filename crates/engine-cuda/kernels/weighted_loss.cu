// The losses with weights of the tags and smoothed targets, in f64, and the gradient of the logits. `weights` is NULL
// if all are 1.
#include "step.h"

DEVICE double weight_of(const float* weights, uint32_t tag) { return weights == NULL ? 1.0 : weights[tag]; }

// Binary cross-entropy of every logit, with weighted positives. NaN stays NaN.
KERNEL(weighted_loss_tags, const float* logits, const float* truth, float* gradient, double* losses, uint32_t tags,
       uint32_t batch, const float* weights, float smoothing) {
  uint32_t n = own_row(), c = own_channel();
  if (n >= batch || c >= tags) return;
  size_t place = at(n, tags, c);
  double x = logits[place], t = truth[place] * (1.0 - (double)smoothing) + (double)smoothing / 2.0;
  double positive = t * weight_of(weights, c), rest = log1p(exp(-fabs(x))), cells = (double)batch * tags;
  losses[place] = positive * ((x > 0.0 ? 0.0 : -x) + rest) + (1.0 - t) * ((x < 0.0 ? 0.0 : x) + rest);
  gradient[place] = (float)(((positive + 1.0 - t) / (1.0 + exp(-x)) - positive) / cells);
}

// The probability of class `c` in the target of row `n`: of its class number or, if `classes` is NULL, of its
// distribution.
DEVICE double target_of(const uint32_t* classes, const float* truth, uint32_t n, uint32_t tags, uint32_t c) {
  if (classes != NULL) return c == classes[n] ? 1.0 : 0.0;
  return truth[at(n, tags, c)];
}

// Cross-entropy of a row with its smoothed and weighted target, for the first channel of a grid whose rows are
// segments. One of `classes` and `truth` is NULL.
DEVICE void weighted_cross_entropy(const float* logits, const uint32_t* classes, const float* truth, float* gradient,
                                   double* losses, uint32_t tags, uint32_t batch, const float* weights,
                                   float smoothing) {
  uint32_t n = own_row();
  if (n >= batch || own_channel() != 0) return;
  const float* row = logits + (size_t)n * tags;
  double top = -INFINITY, sum = 0.0, all = 0.0, loss = 0.0;
  for (uint32_t c = 0; c < tags; c++) top = row[c] > top ? row[c] : top;
  for (uint32_t c = 0; c < tags; c++) sum += exp(row[c] - top);
  double kept = 1.0 - (double)smoothing, rest = (double)smoothing / tags;
  for (uint32_t c = 0; c < tags; c++)
    all += (target_of(classes, truth, n, tags, c) * kept + rest) * weight_of(weights, c);
  for (uint32_t c = 0; c < tags; c++) {
    double share = (target_of(classes, truth, n, tags, c) * kept + rest) * weight_of(weights, c);
    loss += share * (top + log(sum) - row[c]);
    gradient[at(n, tags, c)] = (float)((all * exp(row[c] - top) / sum - share) / batch);
  }
  losses[n] = loss;
}

KERNEL(weighted_loss_classes, const float* logits, const uint32_t* classes, float* gradient, double* losses,
       uint32_t tags, uint32_t batch, const float* weights, float smoothing) {
  weighted_cross_entropy(logits, classes, NULL, gradient, losses, tags, batch, weights, smoothing);
}

KERNEL(weighted_loss_distributions, const float* logits, const float* truth, float* gradient, double* losses,
       uint32_t tags, uint32_t batch, const float* weights, float smoothing) {
  weighted_cross_entropy(logits, NULL, truth, gradient, losses, tags, batch, weights, smoothing);
}
