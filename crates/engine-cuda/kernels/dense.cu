// What surrounds the products of the dense layers, which have one row a segment.
#include "portable.h"

// x = activation(x + bias); 0: none, 1: ReLU, 2: sigmoid.
KERNEL(bias_activate, float* x, const float* bias, uint32_t width, uint32_t batch, uint32_t activation) {
  uint32_t n = own_row(), c = own_channel();
  if (n >= batch || c >= width) return;
  float value = x[at(n, width, c)] + bias[c];
  if (activation == 1) value = relu(value);
  if (activation == 2) value = 1.0f / (1.0f + expf(-value));
  x[at(n, width, c)] = value;
}

// Gradient of a bias: the column sums. Rows of the grid are columns.
KERNEL(column_sums, const float* x, float* out, uint32_t width, uint32_t batch) {
  uint32_t c = own_row();
  if (c >= width || own_channel() != 0) return;
  float sum = 0.0f;
  for (uint32_t n = 0; n < batch; n++) sum += x[at(n, width, c)];
  out[c] = sum;
}

// x = factor x; zero where `gate` (a ReLU's output, null for none) is.
KERNEL(gate, float* x, const float* gate, float factor, uint32_t width, uint32_t batch) {
  uint32_t n = own_row(), c = own_channel();
  if (n >= batch || c >= width) return;
  size_t place = at(n, width, c);
  x[place] = !gate || gate[place] > 0.0f ? x[place] * factor : 0.0f;
}
