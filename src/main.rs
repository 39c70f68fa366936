//! The `accuroform` program.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A plan is many small values, made on one thread and dropped on another: the system's allocator
/// takes a quarter of the time of a fleet's plan (`docs/performance.md`).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    accuroform::cli::run(std::env::args_os())
}
