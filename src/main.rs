//! The `accuroform` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    accuroform::cli::run(std::env::args_os())
}
