//! What the targets in `fuzz/` do, on stable and bounded: arbitrary bytes and mutated corpus files
//! never panic a reader of foreign text, and never keep it busy.

use std::path::Path;
use std::time::{Duration, Instant};

use accuroform::bridge::fuzzing;
use accuroform::{journal, manifest, plan, report, worksheet};
use proptest::prelude::*;
use proptest::sample::Index;

/// Far more than any of these inputs needs, and far less than a quadratic mistake takes.
const LONGEST: Duration = Duration::from_secs(5);

fn manifest(bytes: &[u8]) {
    let loaded = manifest::load("clinic.yaml", bytes, None);
    let text = report::render(&loaded.source.files(), &loaded.findings, false);
    assert_eq!(text, report::escape_lines(&text));
    assert!(loaded.manifest.is_some() || !loaded.findings.is_empty(), "refused without a reason");
}

fn plan_file(bytes: &[u8]) {
    if let Ok((plan, digest)) = plan::file::open(&String::from_utf8_lossy(bytes)) {
        // Nothing but a sealed plan is let in, so here it can only be a corpus file as it was.
        assert_eq!(plan::check(&plan), []);
        assert!(digest.starts_with("sha256:"));
        drop((report::plan(&plan), report::diff(&plan)));
    }
}

fn journal(bytes: &[u8]) {
    let checked = journal::check(bytes).unwrap();
    journal::is_pending(&checked.records);
}

/// A reader and the folder of its corpus.
type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 5] = [
    ("manifest", manifest),
    ("plan_file", plan_file),
    ("journal", journal),
    ("wire", fuzzing::answer),
    ("sheet", worksheet::fuzzing::read),
];

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = std::fs::read_dir(Path::new("fuzz/corpus").join(target))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{target} has no corpus");
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

fn within_time(target: &Target, bytes: &[u8]) {
    let begun = Instant::now();
    (target.1)(bytes);
    let took = begun.elapsed();
    assert!(took < LONGEST, "{}: {took:?} for {} bytes", target.0, bytes.len());
}

/// One change of a text.
#[derive(Debug, Clone)]
enum Mutation {
    Flip(Index, u8),
    Remove(Index, usize),
    Repeat(Index, usize, usize),
    Insert(Index, Vec<u8>),
    Splice(Index, Index),
    Cut(Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    // Pieces that mean something to one of the readers.
    let piece = prop_oneof![
        prop::sample::select(vec![
            "\"",
            "'",
            "{",
            "}",
            "[",
            "]",
            ":",
            ": ",
            ",",
            "- ",
            "#",
            "&a ",
            "*a",
            "!t ",
            "<<: ",
            "|\n",
            ">-\n",
            "---\n",
            "...\n",
            "%",
            "\t",
            "\r",
            "\n",
            "\u{feff}",
            "\u{0}",
            "\u{202e}",
            "\u{85}",
            "null",
            "-1",
            "1e999",
            "18446744073709551616",
            "9999-12-31",
            "0000-00-00",
            "\\u0000",
            "\\ud800",
            "sha256:",
            "\u{10ffff}",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 1..9),
    ];
    let at = any::<Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Mutation::Flip(at, byte)),
        (at(), 1..64_usize).prop_map(|(at, length)| Mutation::Remove(at, length)),
        (at(), 1..64_usize, 1..200_usize)
            .prop_map(|(at, length, times)| { Mutation::Repeat(at, length, times) }),
        (at(), piece).prop_map(|(at, piece)| Mutation::Insert(at, piece)),
        (at(), at()).prop_map(|(from, to)| Mutation::Splice(from, to)),
        at().prop_map(Mutation::Cut),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    if bytes.is_empty() {
        bytes.push(b'{');
    }
    let length = bytes.len();
    match mutation {
        Mutation::Flip(at, byte) => bytes[at.index(length)] ^= byte,
        Mutation::Remove(at, many) => {
            let from = at.index(length);
            drop(bytes.drain(from..length.min(from + many)));
        }
        Mutation::Repeat(at, many, times) => {
            let from = at.index(length);
            let piece = bytes[from..length.min(from + many)].repeat(*times);
            drop(bytes.splice(from..from, piece));
        }
        Mutation::Insert(at, piece) => {
            let from = at.index(length);
            drop(bytes.splice(from..from, piece.iter().copied()));
        }
        Mutation::Splice(from, to) => {
            let tail = bytes[from.index(length)..].to_vec();
            drop(bytes.splice(to.index(length).., tail));
        }
        Mutation::Cut(at) => bytes.truncate(at.index(length)),
    }
}

#[test]
fn every_corpus_file_is_read_as_it_is() {
    for target in &TARGETS {
        for bytes in corpus(target.0) {
            within_time(target, &bytes);
        }
    }
    for bytes in corpus("manifest") {
        let loaded = manifest::load("clinic.yaml", &bytes, None);
        assert!(loaded.manifest.is_some(), "{:?}", loaded.findings);
    }
    for bytes in corpus("journal") {
        let checked = journal::check(bytes.as_slice()).unwrap();
        assert!(!checked.records.is_empty() && checked.faults.is_empty(), "{:?}", checked.faults);
    }
    for bytes in corpus("plan_file") {
        plan::file::open(std::str::from_utf8(&bytes).unwrap()).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn arbitrary_bytes_panic_no_reader(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        for target in &TARGETS {
            within_time(target, &bytes);
        }
    }

    #[test]
    fn mutated_corpus_files_panic_no_reader(
        which in any::<Index>(),
        changes in prop::collection::vec(mutation(), 1..6),
    ) {
        for target in &TARGETS {
            let files = corpus(target.0);
            let mut bytes = files[which.index(files.len())].clone();
            for change in &changes {
                mutate(&mut bytes, change);
            }
            within_time(target, &bytes);
        }
    }
}

/// Shapes that make careless readers slow or deep.
#[test]
fn nested_repeated_and_long_texts_end_soon() {
    for piece in
        ["[", "{\"a\":", "{a: ", "- ", "? ", "&a [", "'", "\"", "a: &a\n", "!!a ", "\\", "\u{feff}"]
    {
        let bytes = piece.repeat(50_000);
        for target in &TARGETS {
            within_time(target, bytes.as_bytes());
        }
    }
}
