//! `docs/adopting.md`: its commands are run as they stand there, and print what stands there.
//! `SNAPSHOTS=overwrite` writes the outputs anew; read them before you commit them.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

const PAGE: &str = "docs/adopting.md";

/// The day on which an import was made, as the page has it.
const DAY: &str = "2026-11-24";

/// Runs a command line of the page in its folder; gives everything that it prints, as a terminal does.
fn run(folder: &Path, line: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_accuroform")).parent().unwrap();
    let output = Command::new("/bin/sh")
        .args(["-c", &format!("exec 2>&1; {line}")])
        .current_dir(folder)
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", program.display()))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{line}: {output:?}");
    on_the_day(&String::from_utf8(output.stdout).unwrap())
}

/// The text as it would be if the import had been made on the page's day.
fn on_the_day(text: &str) -> String {
    let mark = "as found by import on ";
    let mut parts = text.split(mark);
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        out += mark;
        out += DAY;
        out += &part[DAY.len()..];
    }
    out
}

#[test]
fn the_commands_of_the_page_print_what_stands_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join(PAGE)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let world = root.join("examples/quickstart/world.yaml");
    fs::copy(world, folder.path().join("world.yaml")).unwrap();
    let mut made = String::new();
    let mut commands = Vec::new();
    let mut in_block = false;
    for line in page.lines() {
        if line.starts_with("```") {
            in_block = line == "```console";
        }
        match line.strip_prefix("$ ") {
            Some(command) if in_block => {
                commands.push(command);
                made += &format!("{line}\n{}", run(folder.path(), command));
            }
            _ if in_block && !line.starts_with("```") => {}
            _ => made += &format!("{line}\n"),
        }
    }
    if std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite") {
        fs::write(root.join(PAGE), &made).unwrap();
        return;
    }
    let three = ["accuroform init --from ", "accuroform import ", "accuroform plan"];
    for (command, begins) in commands.iter().zip(three) {
        assert!(command.starts_with(begins), "the page begins with three commands: {commands:?}");
    }
    let third = made.split("$ accuroform plan").nth(1).unwrap();
    let third = third.split("```").next().unwrap();
    assert!(third.contains("\nNo changes. "), "the third ends in no changes: {third}");
    snapbox::assert_data_eq!(page, snapbox::Data::text(made).raw());
}
