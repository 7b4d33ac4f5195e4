// Dropout by counter: Philox4x32-10, the same numbers as on the CPU.
#include "step.h"
#include "storage.h"

// Word `index` of the stream with this key and step.
DEVICE uint32_t philox(uint64_t index, uint32_t key0, uint32_t key1, uint64_t step) {
  uint64_t block = index / 4;
  uint32_t c[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)step, (uint32_t)(step >> 32)};
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)c[0] * 0xD2511F53u, p1 = (uint64_t)c[2] * 0xCD9E8D57u;
    uint32_t next0 = (uint32_t)(p1 >> 32) ^ c[1] ^ key0, next2 = (uint32_t)(p0 >> 32) ^ c[3] ^ key1;
    c[0] = next0, c[1] = (uint32_t)p1, c[2] = next2, c[3] = (uint32_t)p0;
    key0 += 0x9E3779B9u, key1 += 0xBB67AE85u;
  }
  return c[index % 4];
}

// Draws the mask of a map and applies it. Element e takes word first + e; words whose upper 24 bits are below `limit` drop.
KERNEL(STORED(dropout_forward), real* map, uint8_t* mask, uint32_t channels, uint32_t length, uint32_t pitch, uint32_t batch,
       uint64_t first, const Step* step, uint32_t limit, float keep) {
  uint32_t row = own_row(), c = own_channel();
  if (row >= batch * length || c >= channels) return;
  size_t element = at(row, channels, c);
  uint8_t kept = philox(first + element, step->key[0], step->key[1], step->number) >> 8 >= limit;
  mask[element] = kept;
  real* value = map + at(row / length * pitch + row % length, channels, c);
  narrow(widen(*value) * (kept * keep), value);
}

// Backward: the gradient passes where the mask keeps.
KERNEL(STORED(dropout_backward), real* gradient, const uint8_t* mask, uint32_t channels, uint32_t length, uint32_t pitch,
       uint32_t batch, float keep) {
  uint32_t row = own_row(), c = own_channel();
  if (row >= batch * length || c >= channels) return;
  real* value = gradient + at(row / length * pitch + row % length, channels, c);
  narrow(widen(*value) * (mask[at(row, channels, c)] * keep), value);
}
