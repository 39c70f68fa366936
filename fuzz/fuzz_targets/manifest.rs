//! The manifest loader, and what is printed of its findings.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let loaded = accuroform::manifest::load("clinic.yaml", bytes, None);
    let source = &loaded.source;
    let text = accuroform::report::render(&source.files(), &loaded.findings, false);
    assert_eq!(text, accuroform::report::escape_lines(&text));
});
