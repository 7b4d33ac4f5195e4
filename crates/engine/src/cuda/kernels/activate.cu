// From raw values to the activations that the next operation reads.
#include "portable.h"

// out = relu(scale peak + shift), times the excitation's factors; zero in the rows between segments.
KERNEL(activate, const float* peak, uint32_t peak_pitch, const float* scale, const float* shift, const float* factors,
       float* out, uint32_t channels, uint32_t length, uint32_t pitch, uint32_t batch, uint32_t rows) {
  uint32_t row = own_row(), c = own_channel();
  if (row >= rows || c >= channels) return;
  uint32_t n = row / pitch, t = row % pitch;
  float value = 0.0f;
  if (n < batch && t < length) {
    value = relu(scale[c] * peak[at(n * peak_pitch + t, channels, c)] + shift[c]);
    if (factors) value *= factors[at(n, channels, c)];
  }
  out[at(row, channels, c)] = value;
}
