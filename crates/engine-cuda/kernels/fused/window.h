// Windows: three neighbouring rows of a map, of which a pool of 3 makes one. Segments are whole numbers of them.
#pragma once
#include "tensor.h"

struct Windows {
  uint32_t pooled;  // windows of a segment
  uint32_t pitch;   // rows of a segment in the map, those between segments with them
  uint32_t total;   // windows of all segments
};

// Windows of a warp, and of the four warps of a block: two for each lane, 8 apart.
#define WARP_WINDOWS 16
#define TILE_WINDOWS 64

// A window by its number among those of all segments; one behind them is none.
struct Window {
  uint32_t segment, index;
  bool exists;

  DEVICE_MEMBER Window(const Windows& all, uint32_t number)
      : segment(number / all.pooled), index(number % all.pooled), exists(number < all.total) {}

  DEVICE_MEMBER uint32_t first_row(const Windows& all) const { return segment * all.pitch + 3 * index; }

  // Whether the row, counted from the one before the window, is one of the segment: 0 to 4.
  DEVICE_MEMBER bool has_row(const Windows& all, int row) const {
    return exists && (row > 0 || index > 0) && (row < 4 || index + 1 < all.pooled);
  }

  // The same of all five, as bits.
  DEVICE_MEMBER uint32_t rows_there(const Windows& all) const {
    uint32_t bits = 0;
UNROLLED
    for (int row = 0; row < 5; row++) bits |= (uint32_t)has_row(all, row) << row;
    return bits;
  }
};
