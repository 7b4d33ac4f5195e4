// Global pooling of the levels of a dense head.
#include "storage.h"

// Maximum over time (plus mean) of one level into columns `column` on of the row of `width`; winners are kept as rows. Output
// rows from `batch` to `rows` become zero.
KERNEL(STORED(global_pool_forward), const real* level, uint32_t pitch, uint32_t length, uint32_t channels, real* out,
       uint32_t* winner, uint32_t width, uint32_t column, uint32_t with_mean, uint32_t batch, uint32_t rows) {
  uint32_t n = own_row(), c = own_channel();
  if (n >= rows || c >= channels) return;
  size_t place = (size_t)n * width + column + c;
  if (n >= batch) {
    narrow(0.0f, out + place);
    return;
  }
  const real* values = level + at(n * pitch, channels, c);
  float best = -INFINITY, sum = 0.0f;
  uint32_t chosen = 0;
  for (uint32_t t = 0; t < length; t++) {
    float value = widen(values[(size_t)t * channels]);
    if (value > best || value != value) best = value, chosen = t;
    sum += value;
  }
  narrow(with_mean ? best + sum / length : best, out + place);
  winner[place] = chosen;
}

// Backward: writes the level's gradient. Rows of the grid are those of all segments, `length` in each.
KERNEL(STORED(global_pool_backward), const real* gradient, const uint32_t* winner, uint32_t width, uint32_t column, real* out,
       uint32_t pitch, uint32_t length, uint32_t channels, uint32_t with_mean, uint32_t batch) {
  uint32_t row = own_row(), c = own_channel();
  if (row >= batch * length || c >= channels) return;
  uint32_t n = row / length, t = row % length;
  size_t place = (size_t)n * width + column + c;
  float share = with_mean ? 1.0f / length : 0.0f;
  narrow(widen(gradient[place]) * ((winner[place] == t ? 1.0f : 0.0f) + share), out + at(n * pitch + t, channels, c));
}
