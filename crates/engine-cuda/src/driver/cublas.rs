//! cuBLAS: the functions that we use.

use std::ffi::c_void;
use std::sync::OnceLock;

use error::{Code, Error, Result};

use crate::driver::functions::Handle;
use crate::driver::library::{functions, open};

functions! {
    /// cuBLAS's functions, as cublas_api.h declares them; each returns 0 or an error's number.
    Cublas of "cuBLAS" {
        fn cublasCreate_v2(*mut Handle);
        fn cublasDestroy_v2(Handle);
        fn cublasSetStream_v2(Handle, Handle);
        fn cublasSetWorkspace_v2(Handle, u64, usize);
        fn cublasGemmStridedBatchedEx(
            Handle, i32, i32, i32, i32, i32,
            *const c_void, u64, i32, i32, i64,
            u64, i32, i32, i64,
            *const c_void, u64, i32, i32, i64,
            i32, i32, i32,
        );
        fn cublasGemmBatchedEx(
            Handle, i32, i32, i32, i32, i32,
            *const c_void, u64, i32, i32,
            u64, i32, i32,
            *const c_void, u64, i32, i32,
            i32, i32, i32,
        );
    }
}

/// `CUDA_R_32F`.
pub(crate) const FLOAT: i32 = 0;
/// `CUDA_R_16BF`.
pub(crate) const BFLOAT: i32 = 14;
/// `CUBLAS_COMPUTE_32F`: sums in f32, and of f32 operands the products too.
pub(crate) const COMPUTE_FLOAT: i32 = 68;
/// `CUBLAS_COMPUTE_32F_FAST_TF32`.
pub(crate) const COMPUTE_TF32: i32 = 77;
/// `CUBLAS_GEMM_DEFAULT`.
pub(crate) const ANY_ALGORITHM: i32 = -1;

const WHERE_FROM: &str =
    "install NVIDIA's CUDA toolkit 13, or `pip install nvidia-cublas`, and name its folder in SAMPLECNN_CUDA_PATH";

impl Cublas {
    /// cuBLAS of this machine.
    pub(crate) fn get() -> Result<&'static Self> {
        static CUBLAS: OnceLock<std::result::Result<Cublas, String>> = OnceLock::new();
        let cublas = CUBLAS.get_or_init(|| Self::opened().map_err(|error| error.message));
        cublas.as_ref().map_err(|why| Error::new(Code::CudaUnavailable, why.clone()))
    }

    fn opened() -> Result<Self> {
        let (light, whole) = if cfg!(windows) {
            ("cublasLt64_13.dll", "cublas64_13.dll")
        } else {
            ("libcublasLt.so.13", "libcublas.so.13")
        };
        // cuBLAS needs its lighter half, which need not lie where the loader looks: once open, it is found.
        static LIGHT: OnceLock<libloading::Library> = OnceLock::new();
        let light = open(&[light], "cuBLAS", WHERE_FROM)?;
        LIGHT.get_or_init(|| light);
        Self::load(open(&[whole], "cuBLAS", WHERE_FROM)?)
    }

    /// An error for a status other than 0.
    pub(crate) fn check(&self, what: &str, status: i32) -> Result<()> {
        match status {
            0 => Ok(()),
            3 => Err(Error::new(
                Code::CudaOutOfMemory,
                format!("cuBLAS could not {what}: the GPU has too little memory"),
            )),
            _ => Err(Error::new(Code::CudaUnavailable, format!("cuBLAS could not {what}: status {status}"))),
        }
    }
}
