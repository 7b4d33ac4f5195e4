// The kernels of the dense layers other than their products. These layers have one row per segment.
#include "portable.h"

// x = activation(x + bias). activation: 0 for none, 1 for ReLU, 2 for sigmoid.
KERNEL(bias_activate, float* x, const float* bias, uint32_t width, uint32_t batch, uint32_t activation) {
  uint32_t n = own_row(), c = own_channel();
  if (n >= batch || c >= width) return;
  float value = x[at(n, width, c)] + bias[c];
  if (activation == 1) value = relu(value);
  if (activation == 2) value = 1.0f / (1.0f + expf(-value));
  x[at(n, width, c)] = value;
}

// The gradient of a bias: the column sums. Grid rows are columns.
KERNEL(column_sums, const float* x, float* out, uint32_t width, uint32_t batch) {
  uint32_t c = own_row();
  if (c >= width || own_channel() != 0) return;
  float sum = 0.0f;
  for (uint32_t n = 0; n < batch; n++) sum += x[at(n, width, c)];
  out[c] = sum;
}

// x = factor x; zero where `gate` (the output of a ReLU, null for none) is zero.
KERNEL(gate, float* x, const float* gate, float factor, uint32_t width, uint32_t batch) {
  uint32_t n = own_row(), c = own_channel();
  if (n >= batch || c >= width) return;
  size_t place = at(n, width, c);
  x[place] = !gate || gate[place] > 0.0f ? x[place] * factor : 0.0f;
}
