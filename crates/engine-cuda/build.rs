//! Compiles the CUDA kernels with nvcc; nothing happens without the feature `cuda`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Machine code for these, and PTX of the last for what is newer. 90a is 9.0 with the instructions that only those GPUs have
/// (`kernels/fused/warpgroup.h`).
const ARCHITECTURES: &[&str] = &["80", "86", "89", "90a"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_CUDA").is_none() {
        return;
    }
    if let Err(why) = compile() {
        println!("cargo::error={why}");
    }
}

fn compile() -> Result<(), String> {
    let kernels = Path::new("kernels");
    println!("cargo::rerun-if-changed={}", kernels.display());
    for name in ["NVCC", "CUDA_HOME", "CUDA_PATH", "SAMPLECNN_CUDA_TOOLKIT", "SAMPLECNN_CUDA_ARCHITECTURES"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    let nvcc = nvcc()?;
    let out = PathBuf::from(env::var("OUT_DIR").map_err(|e| format!("OUT_DIR: {e}"))?).join("kernels.fatbin");
    let chosen = env::var("SAMPLECNN_CUDA_ARCHITECTURES").unwrap_or_default();
    let mut architectures: Vec<&str> = chosen.split(',').filter(|a| !a.is_empty()).collect();
    if architectures.is_empty() {
        architectures = ARCHITECTURES.to_vec();
    }
    let mut command = Command::new(&nvcc);
    command.args(["-O3", "-std=c++17", "--fatbin", "--threads", "2"]);
    for architecture in &architectures {
        command.arg(format!("-gencode=arch=compute_{architecture},code=sm_{architecture}"));
    }
    if let Some(last) = architectures.last().map(|last| last.trim_end_matches('a')) {
        command.arg(format!("-gencode=arch=compute_{last},code=compute_{last}"));
    }
    command.arg(kernels.join("all.cu")).arg("-o").arg(&out);
    let result = command.output().map_err(|why| format!("{}: {why}", nvcc.display()))?;
    if !result.status.success() {
        let said = String::from_utf8_lossy(&result.stderr);
        return Err(format!("nvcc failed: {}", said.lines().collect::<Vec<_>>().join(" | ")));
    }
    // What ptxas says of it costs the kernels for Hopper their speed, and is easily overlooked.
    let said = String::from_utf8_lossy(&result.stderr);
    if let Some(line) = said.lines().find(|line| line.contains("wgmma") && line.contains("serialized")) {
        return Err(format!("a kernel would wait for each of its products: {line}"));
    }
    match fs::metadata(&out) {
        Ok(file) if file.len() > 0 => Ok(()),
        _ => Err("nvcc wrote no kernels".into()),
    }
}

/// `NVCC`, else that of `CUDA_HOME` or `CUDA_PATH`, else what scripts/cuda-toolkit fetched, else the system's.
fn nvcc() -> Result<PathBuf, String> {
    if let Some(nvcc) = env::var_os("NVCC") {
        return Ok(nvcc.into());
    }
    let name = if cfg!(windows) { "nvcc.exe" } else { "nvcc" };
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("../../target"), PathBuf::from);
    let homes = ["CUDA_HOME", "CUDA_PATH", "SAMPLECNN_CUDA_TOOLKIT"].iter().filter_map(env::var_os).map(PathBuf::from);
    let found = homes
        .chain([target.join("cuda-toolkit-13.0"), PathBuf::from("/usr/local/cuda")])
        .map(|home| home.join("bin").join(name))
        .chain(env::var_os("PATH").iter().flat_map(env::split_paths).map(|folder| folder.join(name)))
        .find(|nvcc| nvcc.is_file());
    found.ok_or_else(|| {
        "the feature cuda needs nvcc: run scripts/cuda-toolkit, or install NVIDIA's CUDA toolkit 13 and set CUDA_HOME".into()
    })
}
