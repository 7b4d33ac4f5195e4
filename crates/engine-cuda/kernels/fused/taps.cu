// Weights as begin_products() reads them: [to / 64][step][tap] of STEP_WORDS words. Channels are taken in such an order that a lane's
// operands are 16 bytes of a map, and that its sums are 16 bytes of the result.
#include "../taps.h"
#include "tensor.h"

// The channel of value `part` of word `w` in half `half` of a step.
template <class R>
DEVICE uint32_t step_channel(uint32_t step, uint32_t half, uint32_t w, uint32_t part) {
  return step / 2 * GROUP<R> + w * UNIT<R> + (step % 2 * 2 + half) * PER_WORD<R> + part;
}

// The channel of column `g` of 8 in the `n`th 8 columns of a block.
template <class R>
DEVICE uint32_t column_channel(uint32_t n, uint32_t g) {
  return n / (2 * PER_WORD<R>)*GROUP<R> + g / 2 * UNIT<R> + n % (2 * PER_WORD<R>)*2 + g % 2;
}

// Of the weights [3][from][to]; in reverse, as the data gradient multiplies, the taps backwards and from `to` channels to `from`. Rows of
// the grid are words, its layers the convolutions of the list.
KERNEL(STORED(fused_taps), TapsList list) {
  Taps of = list.of[blockIdx.z];
  uint32_t index = own_row(), steps = of.from / GROUP<real> * 2;
  if (index >= of.to / COLUMNS * steps * 3 * STEP_WORDS || own_channel() != 0) return;
  uint32_t w = index % 4, g = index / 4 % 8, half = index / 32 % 2, n = index / 64 % 8;
  uint32_t tap = index / STEP_WORDS % 3, step = index / STEP_WORDS / 3 % steps, block = index / STEP_WORDS / 3 / steps;
  uint32_t column = block * COLUMNS + column_channel<real>(n, g);
  Lanes<PER_WORD<real>> values;
  for (uint32_t part = 0; part < PER_WORD<real>; part++) {
    uint32_t c = step_channel<real>(step, half, w, part);
    values[part] =
        of.is_reverse ? of.weights[at((2 - tap) * of.to + column, of.from, c)] : of.weights[at(tap * of.from + c, of.to, column)];
  }
  static_cast<uint32_t*>(of.out)[index] = operands(values);
}
