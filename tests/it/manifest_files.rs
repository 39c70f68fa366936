//! Every file of `tests/manifests`, judged by the checker and by the schema.
//!
//! An invalid file says in its first lines what is wrong, and whether an editor can see it:
//! `# expect: M009 4:3` and `# schema: refuses` or `# schema: cannot see`.

use std::fs;
use std::path::{Path, PathBuf};

use accuroform::diagnostic::{Severity, has_errors};
use accuroform::manifest::{self, Loaded};
use jiff::civil::date;

/// Files that cannot hold a comment.
const WITHOUT_COMMENT: [(&str, &str, Verdict); 2] =
    [("empty", "M003 1:1", Verdict::Refuses), ("not_utf8", "M002 2:34", Verdict::NotYaml)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Accepts,
    Refuses,
    NotYaml,
}

fn folder(name: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifests").join(name);
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn load(path: &Path) -> Loaded {
    let bytes = fs::read(path).unwrap();
    manifest::load("clinic.yaml", &bytes, Some(date(2026, 11, 23)))
}

fn schema_verdict(path: &Path) -> Verdict {
    let bytes = fs::read(path).unwrap();
    let validator = jsonschema::validator_for(manifest::schema()).unwrap();
    // Repeated keys and alias bombs must not reach a reader that expands them.
    if path.ends_with("alias_bomb.yaml") {
        return Verdict::NotYaml;
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    match serde_yaml::from_slice::<serde_json::Value>(bytes) {
        Ok(json) if validator.is_valid(&json) => Verdict::Accepts,
        Ok(_) => Verdict::Refuses,
        Err(_) => Verdict::NotYaml,
    }
}

fn places(loaded: &Loaded) -> String {
    let places: Vec<String> = loaded
        .findings
        .iter()
        .map(|finding| {
            let span = finding.span.unwrap();
            format!("{} {}:{}", finding.code, span.line, span.column)
        })
        .collect();
    places.join(", ")
}

#[test]
fn valid_files_are_accepted_by_both() {
    let files = folder("valid");
    assert!(files.len() >= 8);
    for path in files {
        let loaded = load(&path);
        assert_eq!(places(&loaded), "", "{}: {:#?}", path.display(), loaded.findings);
        assert!(loaded.manifest.is_some(), "{}", path.display());
        assert_eq!(schema_verdict(&path), Verdict::Accepts, "{}", path.display());
    }
}

#[test]
fn invalid_files_are_refused_where_they_say() {
    let files = folder("invalid");
    assert!(files.len() >= 30);
    let mut wrong = Vec::new();
    for path in files {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let bytes = fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let comment = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(key));
            line.map(str::trim).map(str::to_owned)
        };
        let (expected, verdicts) = match WITHOUT_COMMENT.iter().find(|(file, ..)| *file == name) {
            Some((_, expected, verdict)) => ((*expected).to_owned(), vec![*verdict]),
            None => (
                comment("# expect:").unwrap(),
                match comment("# schema:").unwrap().as_str() {
                    "refuses" => vec![Verdict::Refuses],
                    "cannot see" => vec![Verdict::Accepts, Verdict::NotYaml],
                    other => panic!("{name}: {other}"),
                },
            ),
        };
        let loaded = load(&path);
        assert!(loaded.manifest.is_none(), "{name} is accepted");
        assert!(has_errors(&loaded.findings), "{name}");
        for finding in &loaded.findings {
            assert!(finding.hint.is_some(), "{name}: {} without a hint", finding.code);
            assert!(!finding.message.ends_with('.'), "{name}: {}", finding.message);
            assert_ne!(finding.severity, Severity::Warning, "{name}: {}", finding.message);
        }
        if places(&loaded) != expected {
            wrong.push(format!("{name}: expected {expected}, found {}", places(&loaded)));
        }
        let verdict = schema_verdict(&path);
        if !verdicts.contains(&verdict) {
            wrong.push(format!("{name}: the schema {verdict:?}, expected {verdicts:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
