// What nvcc has said of the kernels in the machine code that the product brings: their parameters, and what a block of theirs takes.
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

// The kernels in the machine code for this compute capability (90 for 9.0), by name; empty where the image has none.
std::map<std::string, KernelInfo> kernels_of(const void* image, uint32_t capability);
