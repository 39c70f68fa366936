//! The README's picture is what the program prints.

use std::fs;
use std::path::Path;
use std::process::Command;

use snapbox::data::DataFormat;
use snapbox::{Data, assert_data_eq};

#[test]
fn the_picture_is_the_plan_of_the_quickstart() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    for file in ["clinic.yaml", "world.yaml"] {
        fs::copy(root.join("examples/quickstart").join(file), folder.path().join(file)).unwrap();
    }
    let output = Command::new(env!("CARGO_BIN_EXE_accuroform"))
        .arg("plan")
        .current_dir(folder.path())
        .env_clear()
        .env("CLICOLOR_FORCE", "1")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("Plan: 15 rows to grant, 0 to revoke, 1 to change (58 cells)"), "{text}");
    let picture = Data::text(text).coerce_to(DataFormat::TermSvg);
    assert_data_eq!(picture, Data::read_from(&root.join("docs/plan.svg"), None));
}
