// How maps, raw outputs and their gradients lie in memory: as f32, or as bf16, which is an f32 without its lower 16 bits. All
// arithmetic is in f32. A thread handles one channel, or four neighbours with one access where the channels come in fours.
#pragma once
#include "portable.h"

struct Bf16 {
  uint16_t bits;
};

DEVICE float widen(float x) { return x; }
DEVICE float widen(Bf16 x) { return from_bits((uint32_t)x.bits << 16); }

// To the nearest, ties to the even one. NaN stays NaN.
DEVICE void narrow(float x, float* to) { *to = x; }
DEVICE void narrow(float x, Bf16* to) {
#ifdef __CUDACC__
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(to->bits) : "f"(x));
#else
  uint32_t bits = bits_of(x);
  to->bits = x != x ? 0x7FC0 : (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
#endif
}

// Neighbouring channels.
template <int W>
struct Lanes {
  float v[W];
  DEVICE_MEMBER float& operator[](int i) { return v[i]; }
  DEVICE_MEMBER float operator[](int i) const { return v[i]; }
};

// Elements that are read or written at once.
template <int W, class T>
struct alignas(sizeof(T) * W) Several {
  T part[W];
};

template <int W, class T>
DEVICE Lanes<W> load(const T* from) {
  Lanes<W> lanes;
  Several<W, T> whole = *reinterpret_cast<const Several<W, T>*>(from);
UNROLLED
  for (int i = 0; i < W; i++) lanes.v[i] = widen(whole.part[i]);
  return lanes;
}

template <int W, class T>
DEVICE void store(T* to, const Lanes<W>& lanes) {
  Several<W, T> whole;
UNROLLED
  for (int i = 0; i < W; i++) narrow(lanes.v[i], &whole.part[i]);
  *reinterpret_cast<Several<W, T>*>(to) = whole;
}

template <int W>
DEVICE Lanes<W> filled(float value) {
  Lanes<W> lanes;
UNROLLED
  for (int i = 0; i < W; i++) lanes.v[i] = value;
  return lanes;
}

// Coefficients of channels: f32, at any place. `otherwise` where there are none.
template <int W>
DEVICE Lanes<W> coefficients(const float* from, uint32_t c, float otherwise = 0.0f) {
  Lanes<W> lanes;
UNROLLED
  for (int i = 0; i < W; i++) lanes.v[i] = from ? from[c + i] : otherwise;
  return lanes;
}

// The first of a thread's W channels, in a grid as that of own_channel().
template <int W>
DEVICE uint32_t own_channels() { return own_channel() * W; }

// Calls a template by the number of channels that one thread handles; the host makes the grid accordingly.
#define BY_WIDTH(body, channels, ...) \
  do {                                \
    if ((channels) % 4 == 0)          \
      body<4>(__VA_ARGS__);           \
    else                              \
      body<1>(__VA_ARGS__);           \
  } while (0)
