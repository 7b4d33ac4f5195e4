// What the environment says of the stand-in, its failures on demand, and what it reports when the process ends.
//
//   STANDIN_DRIVER        the driver's version, 13000
//   STANDIN_DEVICES       number of GPUs, 1
//   STANDIN_CAPABILITY    9.0
//   STANDIN_CORES         multiprocessors, 2: few, so that small networks are large enough for them
//   STANDIN_MEMORY        MiB of memory, 4096
//   STANDIN_ORDER         0: all streams are late (device.h); bit k: of every three streams, number k is eager
//   STANDIN_FAIL          NAME@N=STATUS,...: the call number N of a function, or launch of a kernel, from 1 on, fails; N+ is that and all
//                         later ones
//   STANDIN_TF32          nearest or cut: how cuBLAS makes tf32 of f32
//   STANDIN_BROKEN        a kernel that does nothing
//   STANDIN_REPORT        where a JSON object with calls, misuses and what was not given back goes
#pragma once

#include <cstddef>
#include <string>

long setting(const char* name, long otherwise);
std::string text(const char* name, const char* otherwise);
// Compute capability of the GPU, and bytes of its memory.
struct Capability {
  int major, minor;
};
Capability capability();
size_t memory_bytes();

// Counts a call of a function or a launch of a kernel; the status that it shall fail with, else 0.
int arrive(const char* function);
// Notes something that a real driver would refuse or, worse, take.
void misuse(const std::string& what);
