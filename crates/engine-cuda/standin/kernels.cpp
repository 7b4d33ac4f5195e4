// The product's kernels as plain C++ (emulation.h).
#include "../kernels/all.cu"
