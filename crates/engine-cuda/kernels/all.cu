// Every kernel as one unit, so that they are one module on the GPU.
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

// What reads and writes maps: once for each format, in a namespace of its own. The names of the second form end with _bf16.
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
