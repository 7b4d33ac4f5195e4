// The description of the kernels that nvcc stored in the product's machine code: their parameters, and the resources of
// their blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

struct KernelInfo {
  struct Parameter {
    size_t offset, bytes;
  };
  std::vector<Parameter> parameters;
  uint32_t most_threads = 1024, registers = 0, shared = 0;
};

// The kernels in the machine code for this compute capability (90 for 9.0), by name; empty if the image has none.
std::map<std::string, KernelInfo> kernels_of(const void* image, uint32_t capability);
