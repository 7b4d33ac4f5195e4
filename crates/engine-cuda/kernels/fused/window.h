// Windows: three adjacent rows of a map, which a pool of 3 reduces to one. Segments consist of whole windows.
#pragma once
#include "tensor.h"

struct Windows {
  uint32_t pooled;  // windows per segment
  uint32_t pitch;   // rows per segment in the map, including the rows between segments
  uint32_t total;   // windows of all segments
};

// The number of windows of a warp; the four warps of a block have four times as many. Each lane has two windows, 8
// apart.
#define WARP_WINDOWS 16
#define TILE_WINDOWS 64

// A window given by its number among the windows of all segments; numbers beyond the last one give no window.
struct Window {
  uint32_t segment, index;
  bool exists;

  DEVICE_MEMBER Window(const Windows& all, uint32_t number)
      : segment(number / all.pooled), index(number % all.pooled), exists(number < all.total) {}

  DEVICE_MEMBER uint32_t first_row(const Windows& all) const { return segment * all.pitch + 3 * index; }

  // Whether the segment has row 0 to 4, counted from the row before the window.
  DEVICE_MEMBER bool has_row(const Windows& all, int row) const {
    return exists && (row > 0 || index > 0) && (row < 4 || index + 1 < all.pooled);
  }

  // The same for all five rows, as bits.
  DEVICE_MEMBER uint32_t rows_there(const Windows& all) const {
    uint32_t bits = 0;
UNROLLED
    for (int row = 0; row < 5; row++) bits |= (uint32_t)has_row(all, row) << row;
    return bits;
  }
};
