// The kernels on maps, raw outputs and their gradients, whose elements are `real`. Included once for each format.
#include "activate.cu"
#include "conv.cu"
#include "dropout.cu"
#include "excite.cu"
#include "gather.cu"
#include "join.cu"
#include "pool.cu"
#include "stem.cu"
