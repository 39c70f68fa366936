//! The plan file reader. What it accepts can be checked and printed.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok((plan, _)) = accuroform::plan::file::open(text) {
        drop(accuroform::report::plan(&plan));
        drop(accuroform::report::diff(&plan));
        drop(accuroform::plan::check(&plan));
    }
});
