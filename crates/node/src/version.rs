//! The version of this build.

use napi_derive::napi;

/// The version of the addon; the same as that of the package if both are from the same release.
#[napi]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
