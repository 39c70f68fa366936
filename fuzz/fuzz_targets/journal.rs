//! The journal reader.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(checked) = accuroform::journal::check(bytes) {
        accuroform::journal::is_pending(&checked.records);
    }
});
