// The operands of a product: the three rows of a window with the row before and the row after, read from a map, from
// the waveform, or from the incoming gradient. A source has row(i, c), which returns W channels from c on of row i, 0
// to 4; the result is zero if the segment has no such row.
#pragma once
#include "../norm_backward.h"
#include "../stem.h"
#include "window.h"

// The coefficients of channels in shared memory, at most five for each channel. The lanes of a row read 8 or 4 channels
// apart without bank conflicts. Returns the place of a channel's coefficients, which is the number of words of all
// channels before it.
template <class R>
DEVICE uint32_t coefficient_place(uint32_t c) {
  return c * 8 + c / UNIT<R> * 4;
}

// All threads copy the coefficients of the channels from `first` on. Without a barrier.
template <class R, int N>
DEVICE void share_coefficients(float* shared, const float* const (&from)[N], uint32_t first, uint32_t channels) {
  for (uint32_t c = threadIdx.x; c < channels; c += blockDim.x)
UNROLLED
    for (int i = 0; i < N; i++) shared[coefficient_place<R>(c) + i] = from[i][first + c];
}

// A map with rows of zeros between its segments.
template <class R>
struct MapRows {
  const R* before;  // the row before the window, null if the window does not exist
  uint32_t channels;

  struct Of {
    const R* map;
    uint32_t channels;
  };

  DEVICE_MEMBER MapRows(const Of& of, const Windows& all, const Window& window, const float*)
      : before(window.exists ? of.map + ((ptrdiff_t)window.first_row(all) - 1) * (ptrdiff_t)of.channels : nullptr),
        channels(of.channels) {}

  template <int W>
  DEVICE_MEMBER Lanes<W> row(int i, uint32_t c) const {
    return before ? load<W>(before + at(i, channels, c)) : filled<W>(0.0f);
  }

  DEVICE_MEMBER Words words(int i, uint32_t c) const {
    if constexpr (PER_WORD<R> == 2)
      return before ? *reinterpret_cast<const Words*>(before + at(i, channels, c)) : Words{{0, 0, 0, 0}};
    else
      return operand_words<R>(row<UNIT<R>>(i, c));
  }
};

// A map that is not stored: norm and ReLU of the extrema that the preceding layer's pool has kept.
template <class R>
struct PooledMap {
  const R* values;  // [segments][pitch][channels]
  const float* scale;
  const float* shift;
  uint32_t channels;
  uint32_t pitch;
};

template <class R>
DEVICE void share_source(float* shared, const PooledMap<R>& peaks, uint32_t first, uint32_t channels) {
  const float* from[] = {peaks.scale, peaks.shift};
  share_coefficients<R>(shared, from, first, channels);
}

template <class R>
struct PeakRows {
  const R* before;
  uint32_t channels, has;
  const float* shared;  // the coefficients from share_source(), from channel 0 on

  typedef PooledMap<R> Of;

  DEVICE_MEMBER PeakRows(const PooledMap<R>& of, const Windows& all, const Window& window, const float* shared)
      : before(of.values + ((ptrdiff_t)(window.segment * of.pitch + 3 * window.index) - 1) * (ptrdiff_t)of.channels),
        channels(of.channels),
        has(window.rows_there(all)),
        shared(shared) {}

  template <int W>
  DEVICE_MEMBER Lanes<W> row(int i, uint32_t c) const {
    if (!(has >> i & 1)) return filled<W>(0.0f);
    Lanes<W> value = load<W>(before + at(i, channels, c));
UNROLLED
    for (int k = 0; k < W; k++) {
      const float* own = shared + coefficient_place<R>(c + k);
      value[k] = relu(own[0] * value[k] + own[1]);
    }
    return value;
  }

  DEVICE_MEMBER Words words(int i, uint32_t c) const { return operand_words<R>(row<UNIT<R>>(i, c)); }
};

// The first layer: taps on the waveform, three samples per row, norm and ReLU. It is recomputed whenever it is needed.
struct Wave {
  const float* samples;  // samples of the first row
  const float* weights;  // [3][channels]
  const float* scale;
  const float* shift;
  uint32_t channels;
  uint32_t pitch;  // rows per segment
};

template <class R>
DEVICE void share_source(float* shared, const Wave& wave, uint32_t first, uint32_t channels) {
  const float* from[] = {wave.weights, wave.weights + wave.channels, wave.weights + 2 * wave.channels, wave.scale,
                         wave.shift};
  share_coefficients<R>(shared, from, first, channels);
}

// The first layer's value before the ReLU, with the operations of stem.cu.
DEVICE float before_relu(const float* coefficient, const float* x) {
  float raw = 0.0f;
UNROLLED
  for (int k = 0; k < 3; k++) raw = fmaf(coefficient[k], x[k], raw);
  return fmaf(coefficient[3], raw, coefficient[4]);
}

template <class R>
struct WaveRows {
  float samples[5][3];
  uint32_t has;         // bits: which rows the segment has
  const float* shared;  // the coefficients from share_source(), from channel 0 on

  typedef Wave Of;

  DEVICE_MEMBER WaveRows(const Wave& wave, const Windows& all, const Window& window, const float* shared)
      : has(window.rows_there(all)), shared(shared) {
    const float* from = wave.samples + ((ptrdiff_t)(window.segment * wave.pitch + 3 * window.index) - 1) * 3;
UNROLLED
    for (int i = 0; i < 5; i++) {
      for (int k = 0; k < 3; k++) samples[i][k] = has >> i & 1 ? from[3 * i + k] : 0.0f;
    }
  }

  template <int W>
  DEVICE_MEMBER Lanes<W> row(int i, uint32_t c) const {
    Lanes<W> value;
UNROLLED
    for (int k = 0; k < W; k++)
      value[k] = has >> i & 1 ? relu(before_relu(shared + coefficient_place<R>(c + k), samples[i])) : 0.0f;
    return value;
  }

  DEVICE_MEMBER Words words(int i, uint32_t c) const { return operand_words<R>(row<UNIT<R>>(i, c)); }
};

// The gradient with respect to a raw output, as pool_backward would write it: the incoming gradient goes to the row
// that the pool has selected.
template <class R>
struct Back {
  const R* raw;
  const uint8_t* winner;  // [windows][channels]
  const R* gradient;      // gradient of the pooled map
  uint32_t gradient_pitch;
  uint32_t channels;
  NormBackward norm;
};

template <class R>
DEVICE void share_norm_backward(float* shared, const NormBackward& norm, uint32_t first, uint32_t channels) {
  const float* from[] = {norm.scale, norm.shift, norm.gradient_scale, norm.raw_scale, norm.gradient_shift};
  share_coefficients<R>(shared, from, first, channels);
}

template <class R>
struct BackRows {
  const R* before;
  const R* gradient;  // gradient of the window before
  const uint8_t* winner;
  const float* factors;  // factors of the segment, null without excitation
  const float* means;
  uint32_t channels, has;
  const float* shared;  // share_norm_backward()'s, from channel 0 on

  typedef Back<R> Of;

  DEVICE_MEMBER BackRows(const Back<R>& of, const Windows& all, const Window& window, const float* shared)
      : before(of.raw + ((ptrdiff_t)window.first_row(all) - 1) * (ptrdiff_t)of.channels),
        gradient(of.gradient +
                 ((ptrdiff_t)(window.segment * of.gradient_pitch + window.index) - 1) * (ptrdiff_t)of.channels),
        winner(of.winner + ((ptrdiff_t)(window.segment * all.pooled + window.index) - 1) * (ptrdiff_t)of.channels),
        factors(of.norm.factors && window.exists ? of.norm.factors + at(window.segment, of.channels, 0) : nullptr),
        means(factors ? of.norm.means + at(window.segment, of.channels, 0) : nullptr),
        channels(of.channels),
        has(window.rows_there(all)),
        shared(shared) {}

  template <int W>
  DEVICE_MEMBER Lanes<W> row(int i, uint32_t c) const {
    if (!(has >> i & 1)) return filled<W>(0.0f);
    // The window of the row, counted from the window before, and the row's position in it.
    uint32_t window = (i + 2) / 3, place = (i + 2) % 3;
    Lanes<W> value = load<W>(before + at(i, channels, c)), given = load<W>(gradient + at(window, channels, c));
    Several<W, uint8_t> chosen = *reinterpret_cast<const Several<W, uint8_t>*>(winner + at(window, channels, c));
UNROLLED
    for (int k = 0; k < W; k++) {
      const float* own = shared + coefficient_place<R>(c + k);
      float out = own[3] * value[k] + own[4];
      if (chosen.part[k] == place) {
        // The pool has kept the value of the selected row.
        float factor = factors ? factors[c + k] : 1.0f, mean = factors ? means[c + k] : 0.0f;
        out += own[2] * arriving(own[0], own[1], value[k], given[k], factor, mean);
      }
      value[k] = out;
    }
    return value;
  }

  DEVICE_MEMBER Words words(int i, uint32_t c) const { return operand_words<R>(row<UNIT<R>>(i, c)); }
};
