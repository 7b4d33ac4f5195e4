//! Sets the linker options of a Node addon on this platform.
fn main() {
    napi_build::setup();
}
