// The first layer between the waveform and its map (stem_frames.cu says why its raw output is never written). The ReLU's side is
// computed again on the way back, by the same operations.
#include "stem.h"
#include "storage.h"

// Rows of the map that one thread writes.
#define STEM_ROWS 8

template <int W>
struct StemWeights {
  Lanes<W> tap[MOST_TAPS];
  Lanes<W> scale, shift;
};

template <int W, int T>
DEVICE StemWeights<W> stem_weights(const float* w, const float* scale, const float* shift, uint32_t taps, uint32_t channels,
                                   uint32_t c) {
  StemWeights<W> own;
UNROLLED
  for (uint32_t k = 0; k < T; k++) own.tap[k] = k < taps ? coefficients<W>(w + k * channels, c) : filled<W>(0.0f);
  own.scale = coefficients<W>(scale, c);
  own.shift = coefficients<W>(shift, c);
  return own;
}

template <int W, int T>
DEVICE Lanes<W> stem_raw(const StemWeights<W>& own, const float (&x)[T]) {
  Lanes<W> raw = filled<W>(0.0f);
UNROLLED
  for (int k = 0; k < T; k++)
UNROLLED
    for (int i = 0; i < W; i++) raw[i] = fmaf(own.tap[k][i], x[k], raw[i]);
  return raw;
}

template <int T>
DEVICE void stem_samples(const float* from, uint32_t taps, float (&x)[T]) {
UNROLLED
  for (uint32_t k = 0; k < T; k++) x[k] = k < taps ? from[k] : 0.0f;
}

template <int W, int T>
DEVICE void stem_forward_lanes(const float* x, const float* w, const float* scale, const float* shift, real* out, uint32_t taps,
                               uint32_t stride, uint32_t frame_pitch, uint32_t channels, uint32_t length, uint32_t pitch,
                               uint32_t batch, uint32_t rows) {
  uint32_t first = own_row() * STEM_ROWS, c = own_channels<W>();
  if (first >= rows || c >= channels) return;
  StemWeights<W> own = stem_weights<W, T>(w, scale, shift, taps, channels, c);
  uint32_t n = first / pitch, t = first % pitch;
  for (uint32_t row = first; row < first + STEM_ROWS && row < rows; row++) {
    Lanes<W> value = filled<W>(0.0f);
    if (n < batch && t < length) {
      float samples[T];
      stem_samples<T>(x + ((size_t)n * frame_pitch + t) * stride, taps, samples);
      Lanes<W> raw = stem_raw<W, T>(own, samples);
UNROLLED
      for (int i = 0; i < W; i++) value[i] = relu(fmaf(own.scale[i], raw[i], own.shift[i]));
    }
    store<W>(out + at(row, channels, c), value);
    if (++t == pitch) t = 0, n++;
  }
}

// The map: relu(scale (w.x) + shift) of every frame, zero in the rows between segments.
KERNEL(STORED(stem_forward), const float* x, const float* w, const float* scale, const float* shift, real* out, uint32_t taps,
       uint32_t stride, uint32_t frame_pitch, uint32_t channels, uint32_t length, uint32_t pitch, uint32_t batch,
       uint32_t rows) {
#define STEM_FORWARD(W, T) \
  stem_forward_lanes<W, T>(x, w, scale, shift, out, taps, stride, frame_pitch, channels, length, pitch, batch, rows)
  if (taps <= 3 && channels % 4 == 0)
    STEM_FORWARD(4, 3);
  else
    STEM_FORWARD(1, MOST_TAPS);
}

template <int W, int T>
DEVICE void stem_sums_lanes(const float* x, const float* w, const float* scale, const float* shift, const real* gradient,
                            float* parts, uint32_t taps, uint32_t stride, uint32_t frame_pitch, uint32_t channels,
                            uint32_t length, uint32_t pitch, uint32_t frames, uint32_t part_frames, uint32_t number) {
  uint32_t part = own_row(), c = own_channels<W>();
  if (part >= number || c >= channels) return;
  StemWeights<W> own = stem_weights<W, T>(w, scale, shift, taps, channels, c);
  Lanes<W> g = filled<W>(0.0f), products[T];
UNROLLED
  for (int k = 0; k < T; k++) products[k] = filled<W>(0.0f);
  uint32_t first = part * part_frames, end = first + part_frames < frames ? first + part_frames : frames;
  uint32_t n = first / length, t = first % length;
  for (uint32_t frame = first; frame < end; frame++) {
    float samples[T];
    stem_samples<T>(x + ((size_t)n * frame_pitch + t) * stride, taps, samples);
    Lanes<W> raw = stem_raw<W, T>(own, samples), d = load<W>(gradient + at(n * pitch + t, channels, c));
UNROLLED
    for (int i = 0; i < W; i++) {
      float passed = fmaf(own.scale[i], raw[i], own.shift[i]) > 0.0f ? d[i] : 0.0f;
      g[i] += passed;
UNROLLED
      for (int k = 0; k < T; k++) products[k][i] = fmaf(passed, samples[k], products[k][i]);
    }
    if (++t == length) t = 0, n++;
  }
  float* out = parts + ((size_t)part * (1 + taps)) * channels + c;
  store<W>(out, g);
UNROLLED
  for (uint32_t k = 0; k < T; k++)
    if (k < taps) store<W>(out + (size_t)(1 + k) * channels, products[k]);
}

// Of the gradient that passes the ReLU, and of it times every sample of its frame: sums over `part_frames` frames,
// [part][1 + taps][channels]. Rows of the grid are parts.
KERNEL(STORED(stem_sums), const float* x, const float* w, const float* scale, const float* shift, const real* gradient,
       float* parts, uint32_t taps, uint32_t stride, uint32_t frame_pitch, uint32_t channels, uint32_t length, uint32_t pitch,
       uint32_t frames, uint32_t part_frames, uint32_t number) {
#define STEM_SUMS(W, T)                                                                                                 \
  stem_sums_lanes<W, T>(x, w, scale, shift, gradient, parts, taps, stride, frame_pitch, channels, length, pitch, frames, \
                        part_frames, number)
  if (taps <= 3 && channels % 4 == 0)
    STEM_SUMS(4, 3);
  else
    STEM_SUMS(1, MOST_TAPS);
}

// The waveform's gradient, for analyses: every sample adds the frames that it lies in. Rows of the grid are samples of all
// segments, `input_length` in each.
KERNEL(STORED(stem_input_gradient), const float* x, const float* w, const float* scale, const float* shift,
       const float* gradient_scale, const float* raw_scale, const float* gradient_shift, const real* gradient, float* out,
       uint32_t taps, uint32_t stride, uint32_t padding, uint32_t frame_pitch, uint32_t channels, uint32_t length,
       uint32_t pitch, uint32_t input_length, uint32_t batch, uint32_t accumulate) {
  uint32_t row = own_row();
  if (row >= batch * input_length || own_channel() != 0) return;
  uint32_t n = row / input_length, j = row % input_length;
  float* to = out + (size_t)n * frame_pitch * stride + j;
  double sum = accumulate ? *to : 0.0;
  for (uint32_t tap = 0; tap < taps && tap <= j + padding; tap++) {
    uint32_t top = j + padding - tap;
    if (top % stride != 0 || top / stride >= length) continue;
    uint32_t t = top / stride;
    float samples[MOST_TAPS];
    stem_samples<MOST_TAPS>(x + ((size_t)n * frame_pitch + t) * stride, taps, samples);
    for (uint32_t c = 0; c < channels; c++) {
      StemWeights<1> own = stem_weights<1, MOST_TAPS>(w, scale, shift, taps, channels, c);
      float raw = stem_raw<1, MOST_TAPS>(own, samples)[0];
      float passed = fmaf(own.scale[0], raw, own.shift[0]) > 0.0f ? widen(gradient[at(n * pitch + t, channels, c)]) : 0.0f;
      sum += (double)w[tap * channels + c] * (gradient_scale[c] * passed + (raw_scale[c] * raw + gradient_shift[c]));
    }
  }
  *to = (float)sum;
}
