//! The page that explains every code is complete, and explains nothing that is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use accuroform::diagnostic::Code;

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(fs::read_to_string(path).unwrap());
        }
    }
}

fn is_code(text: &str) -> bool {
    let (letter, digits) = text.split_at(1);
    letter.chars().all(|c| c.is_ascii_uppercase()) && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Every `"X000"` of the sources, unit tests included.
fn codes_in_sources() -> BTreeSet<String> {
    let mut found = Vec::new();
    sources(&root("src"), &mut found);
    found
        .iter()
        .flat_map(|text| text.split('"'))
        .filter(|text| text.len() == 4 && text.is_ascii() && is_code(text))
        .map(str::to_owned)
        .collect()
}

/// The explained codes with their titles and their text.
fn explained() -> BTreeMap<String, (String, String)> {
    let page = fs::read_to_string(root("docs/errors.md")).unwrap();
    let mut codes = BTreeMap::new();
    for section in page.split("\n### ").skip(1) {
        let section = section.split("\n## ").next().unwrap();
        let (heading, text) = section.split_once('\n').unwrap();
        let (code, title) = heading.split_once(": ").unwrap();
        let before = codes.insert(code.to_owned(), (title.to_owned(), text.trim().to_owned()));
        assert_eq!(before, None, "{code} is explained twice");
    }
    codes
}

#[test]
fn every_code_is_explained_and_no_other() {
    let mut expected = codes_in_sources();
    expected.extend(Code::ALL.iter().map(|code| code.as_str().to_owned()));
    let found: BTreeSet<String> = explained().into_keys().collect();
    let missing: Vec<_> = expected.difference(&found).collect();
    let extra: Vec<_> = found.difference(&expected).collect();
    assert!(missing.is_empty(), "docs/errors.md does not explain {missing:?}");
    assert!(extra.is_empty(), "docs/errors.md explains {extra:?}, which nothing reports");
}

#[test]
fn every_explanation_says_what_it_means_and_what_to_do() {
    let explained = explained();
    for code in Code::ALL {
        assert_eq!(explained[code.as_str()].0, code.title(), "{code}");
    }
    for (code, (_, text)) in explained {
        let paragraphs: Vec<&str> = text.split("\n\n").collect();
        assert_eq!(paragraphs.len(), 2, "{code}: {text}");
        assert!(paragraphs.iter().all(|paragraph| paragraph.ends_with('.')), "{code}: {text}");
    }
}
