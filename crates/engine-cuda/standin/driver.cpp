// The driver: versions, devices, the context, errors.
#include "call.h"

#include <cstring>

thread_local bool is_entered;

Device& device() {
  // Never destroyed: the report reads it when the process ends.
  static Device* device = new Device;
  return *device;
}

static bool is_device(CUdevice index) { return index >= 0 && index < setting("STANDIN_DEVICES", 1); }

EXPORTED CUresult cuInit(unsigned) {
  CALL_ANYWHERE(cuInit);
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuDriverGetVersion(int* version) {
  CALL_ANYWHERE(cuDriverGetVersion);
  *version = setting("STANDIN_DRIVER", 13000);
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuDeviceGetCount(int* count) {
  CALL_ANYWHERE(cuDeviceGetCount);
  *count = setting("STANDIN_DEVICES", 1);
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuDeviceGet(CUdevice* handle, int index) {
  CALL_ANYWHERE(cuDeviceGet);
  if (!is_device(index)) return CUDA_ERROR_INVALID_DEVICE;
  *handle = index;
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuDeviceGetName(char* name, int room, CUdevice handle) {
  CALL_ANYWHERE(cuDeviceGetName);
  if (!is_device(handle)) return CUDA_ERROR_INVALID_DEVICE;
  strncpy(name, "Stand-in GPU", room);
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice handle) {
  CALL_ANYWHERE(cuDeviceTotalMem_v2);
  if (!is_device(handle)) return CUDA_ERROR_INVALID_DEVICE;
  *bytes = memory_bytes();
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice handle) {
  CALL_ANYWHERE(cuDeviceGetAttribute);
  if (!is_device(handle)) return CUDA_ERROR_INVALID_DEVICE;
  switch (attribute) {
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: *value = capability().major; break;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: *value = capability().minor; break;
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT: *value = setting("STANDIN_CORES", 2); break;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN: *value = 227 << 10; break;
    default: misuse("an attribute that the stand-in does not know: " + std::to_string(attribute)); return CUDA_ERROR_INVALID_VALUE;
  }
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice handle) {
  CALL_ANYWHERE(cuDevicePrimaryCtxRetain);
  if (!is_device(handle)) return CUDA_ERROR_INVALID_DEVICE;
  device().contexts++;
  *context = reinterpret_cast<CUcontext>(&device());
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuDevicePrimaryCtxRelease_v2(CUdevice) {
  CALL_ANYWHERE(cuDevicePrimaryCtxRelease_v2);
  if (device().contexts == 0) {
    misuse("a context is given back once too often");
    return CUDA_ERROR_INVALID_CONTEXT;
  }
  device().contexts--;
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuCtxSetCurrent(CUcontext context) {
  CALL_ANYWHERE(cuCtxSetCurrent);
  if (context && (context != reinterpret_cast<CUcontext>(&device()) || device().contexts == 0)) {
    misuse("a context that nobody holds is entered");
    return CUDA_ERROR_INVALID_CONTEXT;
  }
  is_entered = context != nullptr;
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuGetErrorName(CUresult status, const char** name) {
  switch (status) {
    case CUDA_ERROR_OUT_OF_MEMORY: *name = "CUDA_ERROR_OUT_OF_MEMORY"; break;
    case CUDA_ERROR_NO_DEVICE: *name = "CUDA_ERROR_NO_DEVICE"; break;
    case CUDA_ERROR_INVALID_VALUE: *name = "CUDA_ERROR_INVALID_VALUE"; break;
    // As of a status that the driver does not know.
    default: *name = nullptr; return CUDA_ERROR_INVALID_VALUE;
  }
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuGetErrorString(CUresult status, const char** meaning) {
  switch (status) {
    case CUDA_ERROR_OUT_OF_MEMORY: *meaning = "out of memory"; break;
    case CUDA_ERROR_NO_DEVICE: *meaning = "no CUDA-capable device is detected"; break;
    case CUDA_ERROR_INVALID_VALUE: *meaning = "invalid argument"; break;
    default: *meaning = nullptr; return CUDA_ERROR_INVALID_VALUE;
  }
  return CUDA_SUCCESS;
}
