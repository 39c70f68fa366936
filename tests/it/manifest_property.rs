//! What holds for every file, be it a manifest or not: it is read to its end, the same way each
//! time, and what is said about it points into its text.

use accuroform::diagnostic::{Severity, Span};
use accuroform::manifest::{self, Loaded};
use accuroform::report;
use jiff::civil::date;
use proptest::prelude::*;
use proptest::sample::Index;

const SHORTEST: &str = include_str!("../manifests/valid/shortest.yaml");
const LONG: &str = include_str!("../manifests/valid/long.yaml");
const API: &str = include_str!("../manifests/valid/api_aliased.yaml");
const FAULTY: &str = include_str!("../manifests/invalid/everything_at_once.yaml");

/// Characters that mean something to YAML, to a terminal or to a reader of bytes.
const MEANINGFUL: &[char] = &[
    '{', '}', '[', ']', ':', ',', '-', '#', '&', '*', '!', '|', '>', '%', '@', '`', '"', '\'', '?',
    ' ', '\t', '\n', '\r', '~', '<', '.', '0', '\\', '\0', '\u{1b}', '\u{9b}', '\u{7f}', '\u{85}',
    '\u{202e}', '\u{2028}', '\u{feff}', 'é', '山', '🙂', '•',
];

fn load(bytes: &[u8]) -> Loaded {
    manifest::load("clinic\u{1b}.yaml", bytes, Some(date(2026, 11, 23)))
}

fn is_sound(text: &str, span: Span) -> bool {
    span.start <= span.end
        && text.get(span.start..span.end).is_some()
        && span.line > 0
        && span.column > 0
}

fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    let loaded = load(bytes);
    let text = loaded.source.text();
    for finding in &loaded.findings {
        let related = finding.related.iter().map(|related| related.span);
        for span in related.chain([finding.span]) {
            let span = span.unwrap();
            prop_assert!(is_sound(text, span), "{finding:?}");
            prop_assert!(span.line <= 1 + text.matches(['\n', '\r']).count(), "{finding:?}");
        }
    }
    let has_error = loaded.findings.iter().any(|finding| finding.severity == Severity::Error);
    prop_assert_eq!(loaded.manifest.is_none(), has_error);
    for colour in [false, true] {
        let rendered = report::render(&loaded.source.files(), &loaded.findings, colour);
        let raw = rendered.chars().find(|c| {
            let styled = colour && *c == '\u{1b}';
            (c.is_control() && *c != '\n' && !styled) || matches!(*c, '\u{202e}' | '\u{2028}')
        });
        prop_assert_eq!(raw, None, "{}", rendered.escape_debug());
        prop_assert!(!rendered.contains("\u{1b}.yaml"), "the file name is raw");
    }
    let json = report::findings(&loaded.source.files(), &loaded.findings);
    prop_assert!(serde_json::to_value(&json).is_ok());
    let again = load(bytes);
    prop_assert_eq!(text, again.source.text());
    prop_assert_eq!(&loaded.findings, &again.findings);
    prop_assert_eq!(&loaded.manifest, &again.manifest);
    Ok(())
}

#[derive(Debug, Clone)]
enum Edit {
    Delete(Index, usize),
    Duplicate(Index, usize, Index),
    Replace(Index, usize, String),
    Insert(Index, char),
    Cut(Index),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let at = any::<Index>;
    let edit = prop_oneof![
        (at(), 1..40_usize).prop_map(|(at, length)| Edit::Delete(at, length)),
        (at(), 1..80_usize, at()).prop_map(|(at, length, to)| Edit::Duplicate(at, length, to)),
        (at(), 0..10_usize, text(6)).prop_map(|(at, length, with)| Edit::Replace(at, length, with)),
        (at(), prop::sample::select(MEANINGFUL)).prop_map(|(at, c)| Edit::Insert(at, c)),
        at().prop_map(Edit::Cut),
    ];
    prop::collection::vec(edit, 1..5)
}

fn text(longest: usize) -> impl Strategy<Value = String> {
    let character = prop_oneof![
        prop::sample::select(MEANINGFUL),
        any::<char>(),
        proptest::char::range('a', 'z')
    ];
    prop::collection::vec(character, 0..longest).prop_map(String::from_iter)
}

fn edited(text: &str, edits: Vec<Edit>) -> String {
    let mut text: Vec<char> = text.chars().collect();
    for edit in edits {
        let count = text.len();
        let slice = |at: Index, length: usize| {
            let start = at.index(count + 1);
            start..(start + length).min(count)
        };
        match edit {
            Edit::Delete(at, length) => drop(text.drain(slice(at, length))),
            Edit::Duplicate(at, length, to) => {
                let copy = text[slice(at, length)].to_vec();
                let to = to.index(count + 1);
                text.splice(to..to, copy);
            }
            Edit::Replace(at, length, with) => {
                text.splice(slice(at, length), with.chars());
            }
            Edit::Insert(at, c) => text.insert(at.index(count + 1), c),
            Edit::Cut(at) => text.truncate(at.index(count + 1)),
        }
    }
    String::from_iter(text)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&bytes)?;
    }

    #[test]
    fn any_text_is_read(text in text(200)) {
        check(text.as_bytes())?;
    }

    #[test]
    fn any_edit_of_a_manifest_is_read(
        manifest in prop::sample::select(&[SHORTEST, LONG, API, FAULTY][..]),
        edits in edits(),
    ) {
        check(edited(manifest, edits).as_bytes())?;
    }

    #[test]
    fn a_byte_of_another_encoding_is_reported(at in any::<Index>()) {
        let mut bytes = LONG.as_bytes().to_vec();
        bytes.insert(at.index(bytes.len()), 0xff);
        check(&bytes)?;
        prop_assert_eq!(load(&bytes).findings[0].code.as_str(), "M002");
    }
}

#[test]
fn what_no_parser_expects_is_read() {
    let deep = ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000)];
    let wide = [format!("a: {}", "x".repeat(1 << 20)), "a: [".to_owned() + &"x,".repeat(200_000)];
    let many = [
        "a: 1\n".repeat(100_000),
        (0..100_000).map(|i| format!("k{i}: 1\n")).collect(),
        "profiles:\n".to_owned()
            + &(0..30_000).map(|i| format!("  p{i}: {{columns: {{}}}}\n")).collect::<String>(),
        "users:\n".to_owned()
            + &(0..30_000).map(|i| format!("  - profile: p{i}\n")).collect::<String>(),
        "# token\n".repeat(100_000),
        "token &x ".repeat(100_000),
        "&a ".repeat(100_000),
        "a: *b\n".repeat(1000),
        "\r".repeat(100_000),
    ];
    for text in deep.iter().chain(&wide).chain(&many) {
        let loaded = load(text.as_bytes());
        assert!(loaded.manifest.is_none());
        assert!(loaded.findings.len() <= 1001);
        report::render(&loaded.source.files(), &loaded.findings[..1], false);
    }
}
