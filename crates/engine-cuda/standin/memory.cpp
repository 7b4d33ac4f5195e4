// Memory of the GPU, each block before a page that nobody may touch, and copies.
#include "call.h"

#include <sys/mman.h>

#include <cstring>

static const size_t PAGE = 4096;
// What the GPU's memory begins at a multiple of.
static const size_t ALIGNED = 256;

bool holds(CUdeviceptr start, size_t bytes) {
  const auto& memory = device().memory;
  auto after = memory.upper_bound(start);
  if (after == memory.begin()) return false;
  const auto& [first, block] = *--after;
  return start + bytes <= first + block.bytes;
}

// The whole pinned memory that holds this, or nothing.
static bool is_pinned(const void* start, size_t bytes) {
  const auto& pinned = device().pinned;
  auto after = pinned.upper_bound(static_cast<const uint8_t*>(start));
  if (after == pinned.begin()) return false;
  const auto& [first, size] = *--after;
  return static_cast<const uint8_t*>(start) + bytes <= first + size;
}

EXPORTED CUresult cuMemGetInfo_v2(size_t* free, size_t* all) {
  CALL(cuMemGetInfo_v2);
  *all = memory_bytes();
  *free = *all - device().taken;
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuMemAlloc_v2(CUdeviceptr* start, size_t bytes) {
  CALL_OUTSIDE_CAPTURE(cuMemAlloc_v2);
  if (bytes == 0) return CUDA_ERROR_INVALID_VALUE;
  size_t rounded = (bytes + ALIGNED - 1) / ALIGNED * ALIGNED, pages = (rounded + PAGE - 1) / PAGE * PAGE;
  if (rounded > memory_bytes() - device().taken) return CUDA_ERROR_OUT_OF_MEMORY;
  void* mapped = mmap(nullptr, pages + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return CUDA_ERROR_OUT_OF_MEMORY;
  uint8_t* first = static_cast<uint8_t*>(mapped);
  mprotect(first + pages, PAGE, PROT_NONE);
  *start = reinterpret_cast<CUdeviceptr>(first + pages - rounded);
  device().memory[*start] = {first, pages + PAGE, rounded};
  device().taken += rounded;
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuMemFree_v2(CUdeviceptr start) {
  CALL_OUTSIDE_CAPTURE(cuMemFree_v2);
  auto found = device().memory.find(start);
  if (found == device().memory.end()) {
    misuse("memory is given back that is not there");
    return CUDA_ERROR_INVALID_VALUE;
  }
  // The driver waits for all work that may use it.
  finish_everything();
  munmap(found->second.mapped, found->second.mapped_bytes);
  device().taken -= found->second.bytes;
  device().memory.erase(found);
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuMemHostAlloc(void** start, size_t bytes, unsigned) {
  CALL_OUTSIDE_CAPTURE(cuMemHostAlloc);
  *start = aligned_alloc(PAGE, (bytes + PAGE - 1) / PAGE * PAGE);
  device().pinned[static_cast<uint8_t*>(*start)] = bytes;
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuMemFreeHost(void* start) {
  CALL_OUTSIDE_CAPTURE(cuMemFreeHost);
  if (device().pinned.erase(static_cast<uint8_t*>(start)) == 0) {
    misuse("pinned memory is given back that is not there");
    return CUDA_ERROR_INVALID_VALUE;
  }
  finish_everything();
  free(start);
  return CUDA_SUCCESS;
}

static CUresult outside(const char* what) {
  misuse(std::string(what) + " outside of the GPU's memory");
  return CUDA_ERROR_INVALID_VALUE;
}

EXPORTED CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t bytes, CUstream stream) {
  CALL(cuMemsetD8Async);
  if (!holds(to, bytes)) return outside("a fill");
  return add(stream, {[=] { memset(reinterpret_cast<void*>(to), value, bytes); }, {}, {}});
}

// From pinned memory the GPU reads when it comes to it; other memory is read before the call returns.
EXPORTED CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, CUstream stream) {
  CALL_OUTSIDE_CAPTURE(cuMemcpyHtoDAsync_v2);
  if (!holds(to, bytes)) return outside("a copy");
  if (is_pinned(from, bytes)) return add(stream, {[=] { memcpy(reinterpret_cast<void*>(to), from, bytes); }, {}, {}});
  std::vector<uint8_t> taken(static_cast<const uint8_t*>(from), static_cast<const uint8_t*>(from) + bytes);
  return add(stream, {[to, taken] { memcpy(reinterpret_cast<void*>(to), taken.data(), taken.size()); }, {}, {}});
}

// To other memory than pinned the copy has ended when the call returns.
EXPORTED CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, CUstream stream) {
  CALL_OUTSIDE_CAPTURE(cuMemcpyDtoHAsync_v2);
  if (!holds(from, bytes)) return outside("a copy");
  CUresult added = add(stream, {[=] { memcpy(to, reinterpret_cast<const void*>(from), bytes); }, {}, {}});
  if (added == CUDA_SUCCESS && !is_pinned(to, bytes)) finish(*stream);
  return added;
}
