//! The readers of sheets, directories and captures, as CSV and as XLSX.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| accuroform::worksheet::fuzzing::read(bytes));
