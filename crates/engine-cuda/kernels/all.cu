// All kernels as one compilation unit, so that they form one module on the GPU.
#include "extremum.h"
#include "norm_backward.h"
#include "storage.h"
#include "taps.h"
#include "fused/tile.h"

#include "dense.cu"
#include "excite_sums.cu"
#include "loss.cu"
#include "norm.cu"
#include "rows.cu"
#include "stem_frames.cu"
#include "update.cu"
#include "weighted_loss.cu"

// The kernels that read and write maps are compiled once for each format, in separate namespaces. The names of the
// second form end with _bf16.
#define STORED(name) name
namespace f32 {
typedef float real;
#include "stored.h"
}  // namespace f32
#undef STORED

#define STORED(name) name##_bf16
namespace bf16 {
typedef Bf16 real;
#include "stored.h"
}  // namespace bf16
#undef STORED
