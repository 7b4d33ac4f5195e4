// The first layer's norm without its raw output (kernels of up to 8 taps on one channel). A raw value is w.x for a
// frame x, so its mean and variance over a batch follow from the mean m and covariance C of the frames: w.m and w'Cw.
// In the backward pass, only g = sum d and G = sum d x are needed of the gradient d that passes the ReLU. Everything
// here is in f64.
#include "slices.h"
#include "stem.h"

// The number of frames in a block.
#define BLOCK_FRAMES 4096

// The index of the product of two taps i <= j among the sums of T taps: after the taps themselves, row by row.
DEVICE uint32_t pair(uint32_t i, uint32_t j, uint32_t taps) { return taps + i * taps - i * (i + 1) / 2 + j; }

// The sum over the 256 threads of a block, in a fixed order; thread 0 receives it.
DEVICE double over_block(double* shared, double value) {
  barrier();
  shared[threadIdx.x] = value;
  barrier();
  for (uint32_t half = 128; half > 0; half /= 2) {
    if (threadIdx.x < half) shared[threadIdx.x] += shared[threadIdx.x + half];
    barrier();
  }
  return shared[0];
}

template <int T>
DEVICE void frame_sums_of(double* shared, const float* x, double* parts, uint32_t taps, uint32_t stride, uint32_t pitch,
                          uint32_t length, uint32_t frames) {
  double sums[T + T * (T + 1) / 2] = {};
  for (uint32_t i = threadIdx.x; i < BLOCK_FRAMES; i += 256) {
    uint32_t frame = blockIdx.x * BLOCK_FRAMES + i;
    if (frame >= frames) break;
    const float* samples = x + ((size_t)(frame / length) * pitch + frame % length) * stride;
    double value[T];
UNROLLED
    for (uint32_t k = 0; k < T; k++) value[k] = k < taps ? samples[k] : 0.0;
UNROLLED
    for (uint32_t k = 0; k < T; k++) {
      sums[k] += value[k];
UNROLLED
      for (uint32_t j = k; j < T; j++) sums[pair(k, j, T)] += value[k] * value[j];
    }
  }
UNROLLED
  for (uint32_t q = 0; q < T + T * (T + 1) / 2; q++) {
    double sum = over_block(shared, sums[q]);
    if (threadIdx.x == 0) parts[(size_t)blockIdx.x * (T + T * (T + 1) / 2) + q] = sum;
  }
}

// The sums of the samples and of their products over the frames of a block: [blocks][taps + pairs], compiled for 3 taps
// and for 8. Frame i of a segment begins `stride` samples after frame i - 1; segments are `pitch` frames apart. Blocks
// of 256 threads.
KERNEL_OF_TEAM(frame_sums, const float* x, double* parts, uint32_t taps, uint32_t stride, uint32_t pitch,
                     uint32_t length, uint32_t frames) {
  SHARED double shared[256];
  if (taps <= 3)
    frame_sums_of<3>(shared, x, parts, taps, stride, pitch, length, frames);
  else
    frame_sums_of<MOST_TAPS>(shared, x, parts, taps, stride, pitch, length, frames);
}

// The sum of every quantity over the blocks, divided by the number of frames.
template <int T>
DEVICE void frame_means(double* shared, double* means, const double* parts, uint32_t number, double count) {
  const uint32_t quantities = T + T * (T + 1) / 2;
  double sums[quantities] = {};
  for (uint32_t p = threadIdx.x; p < number; p += 256)
UNROLLED
    for (uint32_t q = 0; q < quantities; q++) sums[q] += parts[(size_t)p * quantities + q];
UNROLLED
  for (uint32_t q = 0; q < quantities; q++) {
    double sum = over_block(shared, sums[q]);
    if (threadIdx.x == 0) means[q] = sum / count;
  }
}

// The batch statistics of every channel, and the statistics of the frames for the backward pass. Blocks of 256
// channels.
KERNEL_OF_TEAM(stem_statistics, const double* parts, uint32_t number, const float* w, uint32_t taps, Norm norm,
                     Affine out, Frames* frames, uint32_t channels, double count, double eps, double momentum) {
  SHARED double shared[256];
  SHARED double sums[MOST_TAPS + MOST_TAPS * (MOST_TAPS + 1) / 2];
  SHARED Frames own;
  uint32_t counted = taps <= 3 ? 3 : MOST_TAPS;
  if (taps <= 3)
    frame_means<3>(shared, sums, parts, number, count);
  else
    frame_means<MOST_TAPS>(shared, sums, parts, number, count);
  barrier();
  if (threadIdx.x < taps) {
    uint32_t k = threadIdx.x;
    own.mean[k] = sums[k];
    for (uint32_t j = 0; j < taps; j++) {
      double product = sums[k < j ? pair(k, j, counted) : pair(j, k, counted)];
      own.covariance[k][j] = product - sums[k] * sums[j];
      if (blockIdx.x == 0) frames->covariance[k][j] = own.covariance[k][j];
    }
    if (blockIdx.x == 0) frames->mean[k] = sums[k];
  }
  barrier();
  uint32_t c = blockIdx.x * 256 + threadIdx.x;
  if (c >= channels) return;
  double mean = 0.0, variance = 0.0;
  for (uint32_t k = 0; k < taps; k++) {
    mean += w[k * channels + c] * own.mean[k];
    for (uint32_t j = 0; j < taps; j++)
      variance += (double)w[k * channels + c] * w[j * channels + c] * own.covariance[k][j];
  }
  if (variance < 0.0) variance = 0.0;
  settle_norm(norm, out, c, mean, variance * count, count, eps, momentum);
}

// The sums over all parts [number][count] in f64. They are added within 128 slices of a block's share of the parts,
// then over the slices, and then over the blocks by the last block to finish. `partial` is [blocks][count]. Blocks of 8
// values and 128 slices.
KERNEL_WITH_BARRIERS(stem_totals, const float* parts, double* totals, uint32_t count, uint32_t number, double* partial,
                     uint32_t* tickets, uint32_t blocks) {
  SHARED double shared[SLICES][8];
  uint32_t i = own_channel(), share = (number + blocks - 1) / blocks, first = blockIdx.x * share;
  uint32_t end = first + share < number ? first + share : number;
  double sum = 0.0;
  if (i < count)
    for (uint32_t p = first + threadIdx.y; p < end; p += SLICES) sum += parts[(size_t)p * count + i];
  sum = over_slices(shared, sum);
  if (threadIdx.y == 0 && i < count) partial[(size_t)blockIdx.x * count + i] = sum;
  if (!is_last_block(tickets + blockIdx.y, blocks)) return;
  if (threadIdx.y != 0 || i >= count) return;
  sum = 0.0;
  for (uint32_t b = 0; b < blocks; b++) sum += from_others(partial + (size_t)b * count + i);
  totals[i] = sum;
}

// The gradients of the weights and of the norm's tensors, from the totals [1 + taps][channels] of g and G, and the
// coefficients of the raw gradient, which only the waveform's gradient needs. Grid rows are channels.
KERNEL(stem_gradient, const double* totals, const Frames* frames, const float* w, uint32_t taps, Affine affine,
       float* weights, NormGradient out, uint32_t channels, double count, uint32_t fixed) {
  uint32_t c = own_row();
  if (c >= channels || own_channel() != 0) return;
  double g = totals[c], along = 0.0, inverse = out.gamma ? affine.inverse[c] : 0.0;
  if (out.gamma) {
    // Fixed statistics have no frames.
    if (fixed) along = -g * affine.mean[c];
    for (uint32_t k = 0; k < taps; k++)
      along += w[k * channels + c] * (totals[(1 + k) * channels + c] - (fixed ? 0.0 : g * frames->mean[k]));
  }
  double gradient_scale = settle_gradient(out, affine, c, g, along, count, fixed);
  for (uint32_t k = 0; k < taps; k++) {
    double sum = totals[(1 + k) * channels + c];
    if (out.gamma && fixed) {
      sum *= gradient_scale;
    } else if (out.gamma) {
      double spread = 0.0;
      for (uint32_t j = 0; j < taps; j++) spread += frames->covariance[k][j] * w[j * channels + c];
      sum = gradient_scale * (sum - g * frames->mean[k] - spread * along * inverse * inverse);
    }
    weights[k * channels + c] = (float)sum;
  }
}
