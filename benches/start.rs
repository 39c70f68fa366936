//! What it costs to start the program: `accuroform --version`, as a process.

use std::process::Command;

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 100)]
fn version() {
    let output = Command::new(env!("CARGO_BIN_EXE_accuroform")).arg("--version").output();
    assert!(output.is_ok_and(|output| output.status.success()));
}
