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

#[test]
fn the_table_of_commands_has_each_command_once_and_the_kinds_of_schema() {
    let readme =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let rows = |command: &str| -> Vec<&str> {
        let start = format!("| `{command}`");
        readme.lines().filter(|line| line.starts_with(&start)).collect()
    };
    for command in ["plan", "apply", "drift", "explain", "verify", "sim"] {
        assert_eq!(rows(command).len(), 1, "{command}");
    }
    let [schema] = rows("schema")[..] else { panic!("{readme}") };
    for option in ["--fleet", "--live", "--events"] {
        assert!(schema.contains(option), "{schema}");
    }
}
