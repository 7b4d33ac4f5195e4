// The settings of the stand-in from the environment, its failures on demand, and its report when the process ends.
//
//   STANDIN_DRIVER        the driver's version, 13000
//   STANDIN_DEVICES       number of GPUs, 1
//   STANDIN_CAPABILITY    9.0
//   STANDIN_CORES         multiprocessors, 2: few, so that small networks are large enough for them
//   STANDIN_MEMORY        MiB of memory, 4096
//   STANDIN_ORDER         0: all streams are late (device.h); bit k: of every three streams, number k is eager
//   STANDIN_FAIL          NAME@N=STATUS,...: call number N, from 1 on, of a function, or launch number N of a kernel,
//                         fails; N+ means this call and all later ones
//   STANDIN_TF32          nearest or cut: how cuBLAS converts f32 to tf32
//   STANDIN_BROKEN        a kernel that does nothing
//   STANDIN_REPORT        the file for a JSON object with calls, misuses and everything that was not released
#pragma once

#include <cstddef>
#include <string>

long setting(const char* name, long otherwise);
std::string text(const char* name, const char* otherwise);
// The compute capability of the GPU, and the bytes of its memory.
struct Capability {
  int major, minor;
};
Capability capability();
size_t memory_bytes();

// Counts a call of a function or a launch of a kernel; returns the status with which it must fail, otherwise 0.
int arrive(const char* function);
// Records something that a real driver would refuse or, worse, accept.
void misuse(const std::string& what);
