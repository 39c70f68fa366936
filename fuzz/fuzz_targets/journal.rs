//! The journal reader.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(reading) = accuroform::journal::read(text) {
        accuroform::journal::is_pending(&reading.records);
    }
});
