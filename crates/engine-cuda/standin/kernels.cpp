// The product's kernels as plain C++ (emulation.h).
#include "../src/cuda/kernels/all.cu"
