//! The parsers of a service's answers.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| accuroform::bridge::fuzzing::answer(bytes));
