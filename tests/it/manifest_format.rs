//! `fmt`: one form for every manifest, and never another meaning. What a text means is asked of
//! another YAML reader than the formatter's own.

use std::fs;
use std::path::{Path, PathBuf};

use accuroform::manifest::{self, FormatError, format};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_yaml::Value;

fn meaning(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Every YAML file below a folder of this repository.
fn files(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let pattern = root.join("**/*.y*ml").to_string_lossy().into_owned();
    glob::glob(&pattern).unwrap().map(Result::unwrap).collect()
}

/// Formats, and checks what must hold of every text that is formatted.
fn formatted(text: &str) -> String {
    let formatted = format(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let plain = text.trim_start_matches('\u{feff}');
    assert_eq!(meaning(&formatted), meaning(plain), "\n{text}\nbecame\n{formatted}");
    assert_eq!(format(&formatted).as_deref(), Ok(formatted.as_str()), "not idempotent:\n{text}");
    let ends = |line: &str| line.ends_with([' ', '\t', '\r']);
    assert!(!formatted.lines().any(ends), "white space at an end:\n{formatted}");
    assert!(formatted.is_empty() || formatted.ends_with('\n') && !formatted.ends_with("\n\n"));
    formatted
}

#[test]
fn an_untidy_manifest_becomes_tidy_and_keeps_its_comments_groups_and_anchors() {
    let untidy = "\u{feff}\r
# yaml-language-server: $schema=../manifest.schema.json\r
version:   1   \r
\r
\r
\r
clinic: { id : lakeside,name: 'Lakeside \"Family\"',   tags: [ ontario,canary ] }  # who\r
accuro:\r
    tenant: 'LAKESIDE'\r
    # how it is reached\r
    connection:   &bridge\r
        api: {url: \"https://bridge.example.org/a,b:c\" ,\r
              client_id: { env: ID } ,   # of the vault\r
              client_secret: {file: /run/secrets/key}}\r
ocean:\r
      site: \"4021\"\r
      connection: *bridge\r
users:\r
# Ocean's own\r
-   profile: ocean\r
    offices:\r
    -   name:   Main Street\r
        providers:\r
        - {id: 1042}\r
        # - {id: 1043}\r
    -   name: 'It''s here'\r
        reason: |\r
             two lines\r
               of text   \r
\r
        all_providers: true\r
# the end\r
\r
";
    let expected = "\
# yaml-language-server: $schema=../manifest.schema.json
version: 1

clinic: {id: lakeside, name: 'Lakeside \"Family\"', tags: [ontario, canary]}  # who
accuro:
  tenant: \"LAKESIDE\"
  # how it is reached
  connection: &bridge
    api: {url: \"https://bridge.example.org/a,b:c\",
          client_id: {env: ID},   # of the vault
          client_secret: {file: /run/secrets/key}}
ocean:
  site: \"4021\"
  connection: *bridge
users:
  # Ocean's own
  - profile: ocean
    offices:
      - name: Main Street
        providers:
          - {id: 1042}
          # - {id: 1043}
      - name: 'It''s here'
        reason: |
             two lines
               of text   

        all_providers: true
# the end
";
    let found = format(untidy).unwrap();
    assert_eq!(found, expected);
    assert_eq!(format(&found).as_deref(), Ok(expected));
    assert_eq!(meaning(&found), meaning(untidy.trim_start_matches('\u{feff}')));
}

#[test]
fn every_sample_means_what_it_meant_and_tidy_ones_stay_as_they_are() {
    let samples = files("tests/manifests/valid").into_iter().chain(files("examples"));
    let mut count = 0;
    for path in samples.chain(files("tests/cases")) {
        let text = fs::read_to_string(&path).unwrap();
        if text.lines().any(|line| line == "---") {
            continue;
        }
        let formatted = formatted(&text);
        count += 1;
        let name = path.to_string_lossy().into_owned();
        let (before, after) = (
            manifest::load(&name, text.as_bytes(), None),
            manifest::load(&name, formatted.as_bytes(), None),
        );
        assert_eq!(before.manifest.is_some(), after.manifest.is_some(), "{name}");
        if path.starts_with(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart")) {
            assert_eq!(text, formatted, "{name}");
        }
    }
    assert!(count > 30, "{count} samples");
}

/// Other readers take `{id:}` for a text.
#[test]
fn an_empty_value_keeps_the_space_behind_its_colon() {
    for (text, expected) in [
        ("a: [{id:   }]\n", "a: [{id: }]\n"),
        ("a: {id: ,  b: 1}\n", "a: {id: , b: 1}\n"),
        ("a: {\"id\": }\n", "a: {\"id\": }\n"),
    ] {
        assert_eq!(formatted(text), expected);
    }
}

#[test]
fn what_is_no_yaml_is_refused() {
    for text in ["a: [", "a: b: c", "'"] {
        assert_eq!(format(text), Err(FormatError::NotYaml), "{text}");
    }
    assert_eq!(format("").as_deref(), Ok(""));
    assert_eq!(format("\n\n# alone\n\n").as_deref(), Ok("# alone\n"));
}

/// A document, and how each part of it is written.
#[derive(Debug, Clone)]
enum Written {
    Scalar(&'static str),
    List(Vec<Self>, Layout),
    Map(Vec<(&'static str, Self)>, Layout),
}

#[derive(Debug, Clone)]
struct Layout {
    is_flow: bool,
    indent: usize,
    gap: usize,
    comment: bool,
    blank: usize,
}

const SCALARS: &[&str] = &[
    "1",
    "true",
    "plain",
    "two words",
    "'quoted'",
    "'it''s'",
    "\"a, b: {c} # no\"",
    "a:b",
    "a#b",
    "'{[,]}'",
    "\"\\u00e9\\n\"",
    "-1",
    "2027-01-31",
    "https://x.org/?a=b",
    "\"two\n      lines\"",
    "é",
];
const BLOCKS: &[&str] = &["|", ">-", "|+"];

fn layout() -> impl Strategy<Value = Layout> {
    (any::<bool>(), 1..5_usize, 1..4_usize, any::<bool>(), 0..3_usize).prop_map(
        |(is_flow, indent, gap, comment, blank)| Layout { is_flow, indent, gap, comment, blank },
    )
}

fn document() -> impl Strategy<Value = Written> {
    let scalar = select(SCALARS).prop_map(Written::Scalar);
    let scalar = prop_oneof![8 => scalar, 1 => select(BLOCKS).prop_map(Written::Scalar)];
    let value = scalar.prop_recursive(4, 40, 4, |inner| {
        let keys = || prop::sample::subsequence(vec!["a", "b b", "'c'", "\"d:\"", "e-f"], 1..4);
        let map = (keys(), prop::collection::vec(inner.clone(), 4), layout()).prop_map(
            |(keys, values, layout)| Written::Map(keys.into_iter().zip(values).collect(), layout),
        );
        let list = (prop::collection::vec(inner, 1..4), layout())
            .prop_map(|(items, layout)| Written::List(items, layout));
        prop_oneof![map, list]
    });
    (prop::collection::vec(value, 3), layout()).prop_map(|(values, layout)| {
        Written::Map(
            ["x", "y", "z"].into_iter().zip(values).collect(),
            Layout { is_flow: false, ..layout },
        )
    })
}

/// Writes a value behind its key or dash, at a column.
fn write(value: &Written, parent: usize, is_in_flow: bool, comments: &mut Vec<String>) -> String {
    match value {
        Written::Scalar(header) if BLOCKS.contains(header) => {
            if is_in_flow {
                return "\"in flow\"".to_owned();
            }
            let spaces = " ".repeat(parent + 3);
            format!("{header}\n{spaces}text  here\n{spaces}  # more\n\n{spaces}- end\n")
        }
        Written::Scalar(text) => text.replace("\n      ", &format!("\n{}", " ".repeat(parent + 5))),
        Written::List(items, layout) if is_in_flow || layout.is_flow => {
            let gap = " ".repeat(layout.gap - 1);
            let items: Vec<String> =
                items.iter().map(|item| write(item, parent, true, comments)).collect();
            let comma = format!("{gap},\n{}{gap}", " ".repeat(parent + 2));
            format!("[{gap}{}{gap}]", items.join(&comma))
        }
        Written::Map(entries, layout) if is_in_flow || layout.is_flow => {
            let gap = " ".repeat(layout.gap);
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{key}:{gap}{}", write(value, parent, true, comments)))
                .collect();
            format!("{{ {}{gap}}}", entries.join(&format!("{gap},{gap}")))
        }
        Written::List(items, layout) => {
            let column = parent + layout.indent;
            let (spaces, gap) = (" ".repeat(column), " ".repeat(layout.gap));
            let mut text = String::new();
            for item in items {
                text += &aside(layout, column, comments);
                let written = write(item, column, false, comments);
                text += &format!("{spaces}-{gap}{written}\n");
            }
            format!("\n{text}")
        }
        Written::Map(entries, layout) => {
            let column = parent + layout.indent;
            let (spaces, gap) = (" ".repeat(column), " ".repeat(layout.gap));
            let mut text = String::new();
            for (key, value) in entries {
                text += &aside(layout, column, comments);
                let written = write(value, column, false, comments);
                text += &format!("{spaces}{key}:{gap}{written}\n");
            }
            format!("\n{text}")
        }
    }
}

/// Blank lines and a comment above an entry.
fn aside(layout: &Layout, column: usize, comments: &mut Vec<String>) -> String {
    let mut text = " \n".repeat(layout.blank);
    if layout.comment {
        let comment = format!("# comment {}: [{{'", comments.len());
        text += &format!("{}{comment}\t\n", " ".repeat(column));
        comments.push(comment);
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn random_documents_keep_their_meaning_and_their_comments(document in document()) {
        let mut comments = Vec::new();
        let text = write(&document, 0, false, &mut comments);
        let formatted = formatted_loosely(&text);
        let mut rest = formatted.as_str();
        for comment in &comments {
            let at = rest.find(comment.as_str());
            prop_assert!(at.is_some(), "{comment} is gone or moved:\n{formatted}");
            rest = &rest[at.unwrap() + comment.len()..];
        }
    }

    #[test]
    fn damaged_texts_are_refused_or_keep_their_meaning(
        at in any::<Index>(),
        length in 0..6_usize,
        with in "[ \\n:,{}\\[\\]'\"#&*!|>?a-]{0,4}",
    ) {
        let text = include_str!("../manifests/valid/long.yaml");
        let start = at.index(text.len());
        let end = (start + length).min(text.len());
        let damaged = format!("{}{with}{}", &text[..start], &text[end..]);
        if let Ok(formatted) = format(&damaged) {
            // The other reader may refuse what this one takes; then there is nothing to compare.
            if let Ok(before) = serde_yaml::from_str::<Value>(&damaged) {
                prop_assert_eq!(before, meaning(&formatted), "\n{}\nbecame\n{}", damaged, formatted);
            }
            let again = format(&formatted);
            prop_assert_eq!(again, Ok(formatted), "{}", damaged);
        }
    }
}

/// As [`formatted`]; white space at the ends of a block scalar's lines is its own.
fn formatted_loosely(text: &str) -> String {
    let formatted = format(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(meaning(&formatted), meaning(text), "\n{text}\nbecame\n{formatted}");
    assert_eq!(format(&formatted).as_deref(), Ok(formatted.as_str()), "not idempotent:\n{text}");
    formatted
}
