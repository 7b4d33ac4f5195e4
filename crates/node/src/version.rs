//! Which build this is.

use napi_derive::napi;

/// The version of the addon; that of the package, where both come from one release.
#[napi]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
