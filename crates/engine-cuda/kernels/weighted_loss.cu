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

// Cross-entropy of every row with its smoothed and weighted distribution. Grid rows are segments.
KERNEL(weighted_loss_classes, const float* logits, const uint32_t* classes, float* gradient, double* losses,
       uint32_t tags, uint32_t batch, const float* weights, float smoothing) {
  uint32_t n = own_row();
  if (n >= batch || own_channel() != 0) return;
  const float* row = logits + (size_t)n * tags;
  double top = -INFINITY, sum = 0.0, all = 0.0, loss = 0.0;
  for (uint32_t c = 0; c < tags; c++) top = row[c] > top ? row[c] : top;
  for (uint32_t c = 0; c < tags; c++) sum += exp(row[c] - top);
  double rest = (double)smoothing / tags;
  for (uint32_t c = 0; c < tags; c++)
    all += ((c == classes[n] ? 1.0 - (double)smoothing : 0.0) + rest) * weight_of(weights, c);
  for (uint32_t c = 0; c < tags; c++) {
    double share = ((c == classes[n] ? 1.0 - (double)smoothing : 0.0) + rest) * weight_of(weights, c);
    loss += share * (top + log(sum) - row[c]);
    gradient[at(n, tags, c)] = (float)((all * exp(row[c] - top) / sum - share) / batch);
  }
  losses[n] = loss;
}

// The same with a given distribution for every row. Grid rows are segments.
KERNEL(weighted_loss_distributions, const float* logits, const float* truth, float* gradient, double* losses,
       uint32_t tags, uint32_t batch, const float* weights, float smoothing) {
  uint32_t n = own_row();
  if (n >= batch || own_channel() != 0) return;
  const float* row = logits + (size_t)n * tags;
  double top = -INFINITY, sum = 0.0, all = 0.0, loss = 0.0;
  for (uint32_t c = 0; c < tags; c++) top = row[c] > top ? row[c] : top;
  for (uint32_t c = 0; c < tags; c++) sum += exp(row[c] - top);
  double rest = (double)smoothing / tags;
  for (uint32_t c = 0; c < tags; c++)
    all += (truth[at(n, tags, c)] * (1.0 - (double)smoothing) + rest) * weight_of(weights, c);
  for (uint32_t c = 0; c < tags; c++) {
    double share = (truth[at(n, tags, c)] * (1.0 - (double)smoothing) + rest) * weight_of(weights, c);
    loss += share * (top + log(sum) - row[c]);
    gradient[at(n, tags, c)] = (float)((all * exp(row[c] - top) / sum - share) / batch);
  }
  losses[n] = loss;
}
