// How every function of the driver begins.
#pragma once

#include "device.h"
#include "setting.h"

// Whether this thread has entered the device's context.
extern thread_local bool is_entered;

#define CALL_ANYWHERE(function)                              \
  std::lock_guard<std::recursive_mutex> guard(device().lock); \
  if (int told = arrive(#function)) return static_cast<CUresult>(told)

#define CALL(function)                                            \
  CALL_ANYWHERE(function);                                        \
  if (!is_entered) {                                              \
    misuse(#function " by a thread that has not entered the context"); \
    return CUDA_ERROR_INVALID_CONTEXT;                            \
  }

// Of what waits for, or takes, what other work may use: not while this thread records.
#define CALL_OUTSIDE_CAPTURE(function)              \
  CALL(function);                                   \
  if (records_here()) {                             \
    misuse(#function " while a graph is recorded"); \
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;   \
  }

// Takes back one of what is alive.
template <class T>
CUresult give_back(std::set<T*>& all, T* one, const char* what) {
  if (all.erase(one) == 0) {
    misuse(std::string(what) + " is given back that is not there");
    return CUDA_ERROR_INVALID_HANDLE;
  }
  delete one;
  return CUDA_SUCCESS;
}

#define EXPORTED extern "C" __attribute__((visibility("default")))
