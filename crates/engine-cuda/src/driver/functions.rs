//! NVIDIA's driver: the functions of `libcuda` that we use.

use std::ffi::{c_char, c_uint, c_void, CStr};
use std::sync::OnceLock;

use error::{Code, Error, Result};

use crate::driver::library::{functions, open};

/// A handle of the driver.
pub(crate) type Handle = *mut c_void;

functions! {
    /// The driver's functions, as cuda.h declares them; each returns 0 or an error's number.
    Driver of "NVIDIA's driver" {
        fn cuInit(c_uint);
        fn cuDriverGetVersion(*mut i32);
        fn cuDeviceGetCount(*mut i32);
        fn cuDeviceGet(*mut i32, i32);
        fn cuDeviceGetName(*mut c_char, i32, i32);
        fn cuDeviceGetAttribute(*mut i32, i32, i32);
        fn cuDeviceTotalMem_v2(*mut usize, i32);
        fn cuDevicePrimaryCtxRetain(*mut Handle, i32);
        fn cuDevicePrimaryCtxRelease_v2(i32);
        fn cuCtxSetCurrent(Handle);
        fn cuMemGetInfo_v2(*mut usize, *mut usize);
        fn cuMemAlloc_v2(*mut u64, usize);
        fn cuMemFree_v2(u64);
        fn cuMemHostAlloc(*mut *mut c_void, usize, c_uint);
        fn cuMemFreeHost(*mut c_void);
        fn cuMemsetD8Async(u64, u8, usize, Handle);
        fn cuMemcpyHtoDAsync_v2(u64, *const c_void, usize, Handle);
        fn cuMemcpyDtoHAsync_v2(*mut c_void, u64, usize, Handle);
        fn cuStreamCreate(*mut Handle, c_uint);
        fn cuStreamDestroy_v2(Handle);
        fn cuStreamSynchronize(Handle);
        fn cuEventCreate(*mut Handle, c_uint);
        fn cuEventDestroy_v2(Handle);
        fn cuEventRecord(Handle, Handle);
        fn cuEventSynchronize(Handle);
        fn cuStreamWaitEvent(Handle, Handle, c_uint);
        fn cuEventElapsedTime(*mut f32, Handle, Handle);
        fn cuModuleLoadData(*mut Handle, *const c_void);
        fn cuModuleUnload(Handle);
        fn cuModuleGetFunction(*mut Handle, Handle, *const c_char);
        fn cuFuncSetAttribute(Handle, i32, i32);
        fn cuLaunchKernel(Handle, c_uint, c_uint, c_uint, c_uint, c_uint, c_uint, c_uint, Handle, *const *const c_void, *const *const c_void);
        fn cuStreamBeginCapture_v2(Handle, c_uint);
        fn cuStreamEndCapture(Handle, *mut Handle);
        fn cuGraphInstantiateWithFlags(*mut Handle, Handle, u64);
        fn cuGraphLaunch(Handle, Handle);
        fn cuGraphDestroy(Handle);
        fn cuGraphExecDestroy(Handle);
        fn cuGetErrorName(i32, *mut *const c_char);
        fn cuGetErrorString(i32, *mut *const c_char);
    }
}

/// CUDA 13.0: what our kernels are compiled for.
const OLDEST_DRIVER: i32 = 13_000;

impl Driver {
    /// The driver of this machine, initialised. Every failure says what is missing.
    pub(crate) fn get() -> Result<&'static Self> {
        static DRIVER: OnceLock<std::result::Result<Driver, String>> = OnceLock::new();
        let driver = DRIVER.get_or_init(|| Self::initialised().map_err(|error| error.message));
        driver.as_ref().map_err(|why| Error::new(Code::CudaUnavailable, why.clone()))
    }

    fn initialised() -> Result<Self> {
        let names: &[&str] = if cfg!(windows) { &["nvcuda.dll"] } else { &["libcuda.so.1", "libcuda.so"] };
        let library = open(names, "NVIDIA's driver", "it comes with the driver for the GPU, version 580 or newer")?;
        let driver = Self::load(library)?;
        // SAFETY: the driver's calls with places for their results.
        unsafe {
            driver.check("start the driver", (driver.cuInit)(0))?;
            let mut version = 0;
            driver.check("ask for the driver's version", (driver.cuDriverGetVersion)(&mut version))?;
            if version < OLDEST_DRIVER {
                let why = format!(
                    "the NVIDIA driver supports CUDA {}.{} only, this build needs 13.0: install driver 580 or newer",
                    version / 1000,
                    version % 1000 / 10
                );
                return Err(Error::new(Code::CudaUnavailable, why));
            }
        }
        Ok(driver)
    }

    /// An attribute of a device, by its number in `CUdevice_attribute`.
    pub(crate) fn attribute(&self, device: i32, attribute: i32) -> Result<i32> {
        let mut value = 0;
        // SAFETY: a place for the result.
        let told = unsafe { (self.cuDeviceGetAttribute)(&mut value, attribute, device) };
        self.check("tell what it has", told)?;
        Ok(value)
    }

    /// An error for a status other than 0, which happened on trying to `what`.
    pub(crate) fn check(&self, what: &str, status: i32) -> Result<()> {
        const OUT_OF_MEMORY: i32 = 2;
        if status == 0 {
            return Ok(());
        }
        let text = |function: unsafe extern "C" fn(i32, *mut *const c_char) -> i32| {
            let mut text = std::ptr::null();
            // SAFETY: the driver points it to a string of its own, or leaves it null.
            unsafe {
                function(status, &mut text);
                if text.is_null() {
                    return String::from("unknown");
                }
                CStr::from_ptr(text).to_string_lossy().into_owned()
            }
        };
        let code = if status == OUT_OF_MEMORY { Code::CudaOutOfMemory } else { Code::CudaUnavailable };
        let (name, meaning) = (text(self.cuGetErrorName), text(self.cuGetErrorString));
        Err(Error::new(code, format!("the GPU could not {what}: {meaning} ({name}, {status})")))
    }
}
