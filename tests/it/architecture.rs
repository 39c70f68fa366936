//! The walls of ARCHITECTURE.md, as a test.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What each folder of `src/` may import. `cli` may import everything.
const WALLS: [(&str, &[&str]); 22] = [
    ("model", &[]),
    ("diagnostic", &["model"]),
    ("manifest", &["model", "diagnostic"]),
    ("bridge", &["model"]),
    ("live", &["model", "diagnostic", "bridge"]),
    ("worksheet", &["model", "diagnostic", "live"]),
    ("desired", &["model", "diagnostic", "manifest", "live"]),
    ("plan", &["model", "diagnostic", "desired", "live"]),
    ("import", &["model", "diagnostic", "manifest", "live", "desired", "plan"]),
    ("policy", &["model", "diagnostic", "live", "plan"]),
    ("approval", &["model", "plan"]),
    ("state", &["model"]),
    ("journal", &["model", "plan", "state"]),
    ("apply", &["model", "plan", "approval", "journal", "bridge"]),
    ("ocean", &["model", "bridge", "diagnostic"]),
    ("rollout", &["model", "diagnostic", "plan"]),
    ("finding", &["model", "diagnostic", "desired", "live", "plan", "journal"]),
    (
        "diagnose",
        &["model", "diagnostic", "manifest", "bridge", "live", "desired", "plan", "finding"],
    ),
    (
        "report",
        &[
            "model",
            "diagnostic",
            "desired",
            "plan",
            "journal",
            "ocean",
            "finding",
            "diagnose",
            "worklist",
        ],
    ),
    ("worklist", &["model", "plan", "approval"]),
    ("connection", &["bridge", "live", "sim", "manifest", "worksheet"]),
    ("sim", &[]),
];

/// Modules that hold no I/O, no clock and no `async`.
const PURE: [&str; 23] = [
    "model",
    "diagnostic",
    "manifest",
    "desired",
    "plan",
    "import",
    "policy",
    "approval",
    "finding",
    "diagnose",
    "report",
    "rollout",
    "bridge/request.rs",
    "bridge/wire.rs",
    "bridge/answer.rs",
    "live/snapshot.rs",
    "journal/applied.rs",
    "journal/attested.rs",
    "journal/history.rs",
    "journal/undo.rs",
    "sim/handle",
    "worksheet",
    "worklist",
];

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every Rust file below `folder`, with its path below `src/` and the part before its tests.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap().to_owned();
            let name = path.strip_prefix(src()).unwrap().to_string_lossy().into_owned();
            found.insert(name, code);
        }
    }
    found
}

/// The lines of a file without comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

#[test]
fn a_folder_imports_only_what_its_wall_names() {
    let walls: BTreeMap<&str, &[&str]> = WALLS.into_iter().collect();
    let mut folders: Vec<&str> = walls.keys().copied().collect();
    folders.push("cli");
    let mut wrong = Vec::new();
    for (name, text) in files(&src()) {
        let Some((folder, _)) = name.split_once('/') else { continue };
        assert!(folders.contains(&folder), "src/{folder} has no row in the table of walls");
        let Some(allowed) = walls.get(folder) else { continue };
        for line in code(&text) {
            for (at, _) in line.match_indices("crate::") {
                let rest = &line[at + "crate::".len()..];
                let module: String =
                    rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                if module != folder && !allowed.contains(&module.as_str()) {
                    wrong.push(format!("src/{name} imports {module}: {}", line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_modules_hold_no_io_no_clock_and_no_async() {
    let banned = [
        "async fn",
        ".await",
        "std::fs",
        "TcpStream",
        "TcpListener",
        "std::env",
        "std::process::",
        "tokio::",
        "reqwest::Client",
        "Timestamp::now",
        "Zoned::now",
        "SystemTime",
        "Instant",
        "println!",
    ];
    let mut wrong = Vec::new();
    for (name, text) in files(&src()) {
        if !PURE.iter().any(|pure| name.starts_with(pure)) {
            continue;
        }
        for line in code(&text) {
            wrong.extend(
                banned
                    .iter()
                    .filter(|word| line.contains(*word))
                    .map(|word| format!("src/{name}: {word}")),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_preview_is_never_given_a_writer() {
    let may = |name: &str, word: &str| match word {
        "grid_writer" | "GridWriter" => {
            name.starts_with("bridge/")
                || name.starts_with("apply/")
                || ["connection/open.rs", "cli/cmd/execute.rs"].contains(&name)
        }
        _ => {
            name.starts_with("bridge/")
                || name.starts_with("ocean/sync.rs")
                || ["connection/open.rs", "cli/finish.rs", "ocean/mod.rs"].contains(&name)
        }
    };
    for (name, text) in files(&src()) {
        for line in code(&text) {
            for word in ["grid_writer", "GridWriter", "sync_starter", "SyncStarter"] {
                assert!(!line.contains(word) || may(&name, word), "src/{name}: {line}");
            }
            assert!(!line.contains("dry_run"), "src/{name}: {line}");
        }
    }
}

#[test]
fn files_stay_small() {
    let long: Vec<String> = files(&src())
        .into_keys()
        .map(|name| (fs::read_to_string(src().join(&name)).unwrap().lines().count(), name))
        .filter(|(lines, _)| *lines > 500)
        .map(|(lines, name)| format!("src/{name}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}
