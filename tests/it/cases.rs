//! The stories of `tests/cases`, on the binary: a folder each, with manifest, world, steps and
//! expected output. `TRYCMD=overwrite` writes the output anew; read it before you commit it.

#[test]
fn cases() {
    let cases = trycmd::TestCases::new();
    // The embedded connection needs nothing of the environment.
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ACCUROFORM_LOG"] {
        cases.env(name, "");
    }
    cases.case("tests/cases/*/steps.md");
}
