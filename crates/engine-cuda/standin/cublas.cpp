// cuBLAS: the products that the backend asks for, refused where cuBLAS refuses them.
#include "call.h"

#include <cstring>

struct Blas {
  CUstream stream = nullptr;
  bool has_workspace = false;
};

// cublasStatus_t, cudaDataType_t, cublasComputeType_t.
static const int SUCCESS = 0, INVALID = 7, NOT_SUPPORTED = 15;
static const int F32 = 0, BF16 = 14;
static const int IN_F32 = 68, IN_TF32 = 77;

#define CALL_BLAS(function)                                   \
  std::lock_guard<std::recursive_mutex> guard(device().lock); \
  if (int told = arrive(#function)) return told

static int refused(const std::string& why) {
  misuse("cuBLAS: " + why);
  return INVALID;
}

EXPORTED int cublasCreate_v2(Blas** handle) {
  CALL_BLAS(cublasCreate_v2);
  if (!is_entered) return refused("a handle without a context");
  *handle = new Blas;
  device().handles++;
  return SUCCESS;
}

EXPORTED int cublasDestroy_v2(Blas* handle) {
  CALL_BLAS(cublasDestroy_v2);
  delete handle;
  device().handles--;
  return SUCCESS;
}

EXPORTED int cublasSetStream_v2(Blas* handle, CUstream stream) {
  CALL_BLAS(cublasSetStream_v2);
  handle->stream = stream;
  handle->has_workspace = false;
  return is_stream(stream) ? SUCCESS : INVALID;
}

EXPORTED int cublasSetWorkspace_v2(Blas* handle, CUdeviceptr workspace, size_t bytes) {
  CALL_BLAS(cublasSetWorkspace_v2);
  if (workspace % 256 != 0 || !holds(workspace, bytes)) return refused("a workspace that is not there");
  handle->has_workspace = true;
  return SUCCESS;
}

namespace {

struct Operand {
  CUdeviceptr start;
  int type, leading;
  int64_t stride;
  bool is_transposed, is_listed;

  size_t element() const { return type == BF16 ? 2 : 4; }
  CUdeviceptr matrix(int index) const {
    if (!is_listed) return start + index * stride * element();
    CUdeviceptr listed;
    memcpy(&listed, reinterpret_cast<const void*>(start + 8 * index), 8);
    return listed;
  }
};

float value(CUdeviceptr from, int type) {
  uint32_t bits = 0;
  memcpy(&bits, reinterpret_cast<const void*>(from), type == BF16 ? 2 : 4);
  if (type == BF16) bits <<= 16;
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

void put(CUdeviceptr to, int type, float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  // To the nearest, ties to the even one.
  if (type == BF16) bits = value != value ? 0x7FC0 : (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
  memcpy(reinterpret_cast<void*>(to), &bits, type == BF16 ? 2 : 4);
}

// cuBLAS does not say whether it rounds what it multiplies to the nearest tf32, or has the tensor cores leave out the lower bits.
float as_tf32(float value) {
  static const uint32_t NEAREST = text("STANDIN_TF32", "nearest") == "nearest";
  uint32_t bits;
  memcpy(&bits, &value, 4);
  bits = (bits + NEAREST * (0x0FFF + (bits >> 13 & 1))) & ~0x1FFFu;
  memcpy(&value, &bits, 4);
  return value;
}

struct Product {
  int m, n, k, count, compute;
  Operand a, b, c;
  float alpha, beta;

  // An operand of the product as [columns][rows], rounded as it is multiplied.
  std::vector<float> taken(const Operand& of, int index, int rows, int columns) const {
    std::vector<float> values(size_t(rows) * columns);
    CUdeviceptr matrix = of.matrix(index);
    int stored_rows = of.is_transposed ? columns : rows, stored_columns = of.is_transposed ? rows : columns;
    if (!holds(matrix, (size_t(stored_columns - 1) * of.leading + stored_rows) * of.element())) {
      misuse("cuBLAS: an operand outside of the GPU's memory");
      return values;
    }
    for (int column = 0; column < columns; column++)
      for (int row = 0; row < rows; row++) {
        size_t at = of.is_transposed ? size_t(row) * of.leading + column : size_t(column) * of.leading + row;
        float one = value(matrix + at * of.element(), of.type);
        values[size_t(column) * rows + row] = compute == IN_TF32 ? as_tf32(one) : one;
      }
    return values;
  }

  void run() const {
    std::vector<float> sums(m);
    for (int index = 0; index < count; index++) {
      std::vector<float> left = taken(a, index, m, k), right = taken(b, index, k, n);
      CUdeviceptr to = c.matrix(index);
      if (!holds(to, (size_t(n - 1) * c.leading + m) * c.element())) {
        misuse("cuBLAS: a result outside of the GPU's memory");
        return;
      }
      for (int column = 0; column < n; column++) {
        std::fill(sums.begin(), sums.end(), 0.0f);
        for (int inner = 0; inner < k; inner++) {
          float factor = right[size_t(column) * k + inner];
          const float* from = &left[size_t(inner) * m];
          for (int row = 0; row < m; row++) sums[row] += factor * from[row];
        }
        for (int row = 0; row < m; row++) {
          CUdeviceptr place = to + (size_t(column) * c.leading + row) * c.element();
          float before = beta == 0.0f ? 0.0f : beta * value(place, c.type);
          put(place, c.type, alpha * sums[row] + before);
        }
      }
    }
  }
};

int multiply(Blas* handle, const Product& product) {
  const auto& [m, n, k, count, compute, a, b, c, alpha, beta] = product;
  if (m <= 0 || n <= 0 || k <= 0 || count <= 0) return refused("an empty product");
  if (a.leading < (a.is_transposed ? k : m) || b.leading < (b.is_transposed ? n : k) || c.leading < m)
    return refused("a leading dimension below the rows");
  bool is_known = compute == IN_F32 ? a.type == F32 ? c.type == F32 : a.type == BF16 && (c.type == BF16 || c.type == F32)
                                    : compute == IN_TF32 && a.type == F32 && c.type == F32;
  if (!is_known || a.type != b.type) {
    misuse("cuBLAS: types that it does not multiply");
    return NOT_SUPPORTED;
  }
  for (const Operand* one : {&a, &b, &c})
    if (one->start % (one->is_listed ? 8 : one->element()) != 0) return refused("a matrix at an odd address");
  if (!handle->has_workspace) misuse("cuBLAS: a product in a workspace that is not ours");
  return add(handle->stream, {[product] { product.run(); }, {}, {}});
}

}  // namespace

EXPORTED int cublasGemmStridedBatchedEx(Blas* handle, int turned_a, int turned_b, int m, int n, int k, const void* alpha,
                                        CUdeviceptr a, int type_a, int lda, long long stride_a, CUdeviceptr b, int type_b,
                                        int ldb, long long stride_b, const void* beta, CUdeviceptr c, int type_c, int ldc,
                                        long long stride_c, int count, int compute, int) {
  CALL_BLAS(cublasGemmStridedBatchedEx);
  return multiply(handle, {m, n, k, count, compute, {a, type_a, lda, stride_a, turned_a == 1, false},
                           {b, type_b, ldb, stride_b, turned_b == 1, false}, {c, type_c, ldc, stride_c, false, false},
                           *static_cast<const float*>(alpha), *static_cast<const float*>(beta)});
}

EXPORTED int cublasGemmBatchedEx(Blas* handle, int turned_a, int turned_b, int m, int n, int k, const void* alpha, CUdeviceptr a,
                                 int type_a, int lda, CUdeviceptr b, int type_b, int ldb, const void* beta, CUdeviceptr c,
                                 int type_c, int ldc, int count, int compute, int) {
  CALL_BLAS(cublasGemmBatchedEx);
  return multiply(handle, {m, n, k, count, compute, {a, type_a, lda, 0, turned_a == 1, true},
                           {b, type_b, ldb, 0, turned_b == 1, true}, {c, type_c, ldc, 0, false, true},
                           *static_cast<const float*>(alpha), *static_cast<const float*>(beta)});
}
