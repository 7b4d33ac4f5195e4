// Kernels: found in the product's machine code, run as the plain C++ that they are as well.
#include "call.h"
#include "fatbin.h"

#include <dlfcn.h>

#include <cstring>

struct CUmod_st {
  std::map<std::string, KernelInfo> kernels;
  std::map<std::string, std::unique_ptr<CUfunc_st>> functions;
};

struct CUfunc_st {
  std::string name;
  KernelInfo info;
  int (*run)(const uint32_t (*grid)[3], const uint32_t (*block)[3], void** arguments);
  uint32_t most_shared = 48 << 10;
};

// Bytes that blocks share unless more is asked for, at most with that, and registers of a multiprocessor.
static const uint32_t COMMON_SHARED = 48 << 10, MOST_SHARED = 227 << 10, REGISTERS = 65536;

// A function of this library, of kernels.cpp.
static void* symbol(const std::string& name) {
  static void* own = [] {
    Dl_info info;
    dladdr(reinterpret_cast<void*>(&is_stream), &info);
    return dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD);
  }();
  return dlsym(own, name.c_str());
}

EXPORTED CUresult cuModuleLoadData(CUmodule* module, const void* image) {
  CALL_OUTSIDE_CAPTURE(cuModuleLoadData);
  auto [major, minor] = capability();
  uint32_t number = major * 10 + minor;
  // Newer ones would translate the PTX of the newest.
  auto kernels = kernels_of(image, number < 90 ? number : 90);
  if (kernels.empty()) return CUDA_ERROR_NO_BINARY_FOR_GPU;
  *module = new CUmod_st{std::move(kernels), {}};
  device().modules++;
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuModuleUnload(CUmodule module) {
  CALL_OUTSIDE_CAPTURE(cuModuleUnload);
  finish_everything();
  delete module;
  device().modules--;
  return CUDA_SUCCESS;
}

// Whether C++ gives the kernel's parameters the sizes that they have on the GPU.
static bool fits(const KernelInfo& info, const size_t* sizes) {
  for (const KernelInfo::Parameter& parameter : info.parameters)
    if (*sizes++ != parameter.bytes) return false;
  return *sizes == 0;
}

EXPORTED CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
  CALL(cuModuleGetFunction);
  auto info = module->kernels.find(name);
  void* run = symbol(std::string("emulate_") + name);
  auto sizes = reinterpret_cast<const size_t* (*)()>(symbol(std::string("parameters_") + name));
  if (info == module->kernels.end() || !run || !sizes) return CUDA_ERROR_NOT_FOUND;
  if (!fits(info->second, sizes())) misuse(std::string(name) + " has other parameters in C++");
  auto& known = module->functions[name];
  if (!known) known.reset(new CUfunc_st{name, info->second, reinterpret_cast<decltype(CUfunc_st::run)>(run)});
  *function = known.get();
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuFuncSetAttribute(CUfunction function, CUfunction_attribute attribute, int value) {
  CALL(cuFuncSetAttribute);
  if (attribute != CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES || value < 0 || value + function->info.shared > MOST_SHARED) {
    misuse(function->name + " shall share " + std::to_string(value) + " bytes");
    return CUDA_ERROR_INVALID_VALUE;
  }
  function->most_shared = value + function->info.shared > COMMON_SHARED ? value + function->info.shared : COMMON_SHARED;
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuLaunchKernel(CUfunction function, unsigned x, unsigned y, unsigned z, unsigned block_x, unsigned block_y,
                                 unsigned block_z, unsigned shared, CUstream stream, void** arguments, void** extra) {
  CALL(cuLaunchKernel);
  if (int told = arrive(function->name.c_str())) return static_cast<CUresult>(told);
  const KernelInfo& info = function->info;
  auto refused = [&](const char* why, CUresult status) {
    misuse(function->name + why);
    return status;
  };
  uint64_t threads = uint64_t(block_x) * block_y * block_z;
  if (x == 0 || y == 0 || z == 0 || threads == 0 || x >= 1u << 31 || y >= 1u << 16 || z >= 1u << 16 || block_z > 64 || extra)
    return refused(": a grid or block that no GPU takes", CUDA_ERROR_INVALID_VALUE);
  if (threads > info.most_threads) return refused(": more threads than it is compiled for", CUDA_ERROR_INVALID_VALUE);
  // A warp takes registers in lots of 256.
  uint64_t warps = (threads + 31) / 32, lot = (uint64_t(info.registers) * 32 + 255) / 256 * 256;
  if (warps * lot > REGISTERS) return refused(": more registers than there are", CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES);
  if (shared + info.shared > function->most_shared)
    return refused(": more shared memory than it was given", CUDA_ERROR_INVALID_VALUE);
  // The driver takes the arguments before the call returns.
  std::vector<std::vector<uint64_t>> taken;
  for (size_t i = 0; i < info.parameters.size(); i++) {
    if (!arguments[i]) return refused(": too few arguments", CUDA_ERROR_INVALID_VALUE);
    taken.emplace_back((info.parameters[i].bytes + 7) / 8);
    memcpy(taken.back().data(), arguments[i], info.parameters[i].bytes);
  }
  if (arguments[info.parameters.size()]) return refused(": too many arguments", CUDA_ERROR_INVALID_VALUE);
  if (function->name == text("STANDIN_BROKEN", "")) return CUDA_SUCCESS;
  auto compute = [=]() mutable {
    const uint32_t grid[3] = {x, y, z}, block[3] = {block_x, block_y, block_z};
    std::vector<void*> places;
    for (auto& one : taken) places.push_back(one.data());
    if (function->run(&grid, &block, places.data()) != 0) misuse(function->name + ": its threads disagree on its barriers");
  };
  return add(stream, {compute, {}, {}});
}
