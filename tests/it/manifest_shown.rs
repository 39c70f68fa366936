//! Findings as people see them: the claim first, then the text.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use accuroform::diagnostic::{Code, Diagnostic};
use accuroform::manifest::{self, Loaded};
use accuroform::report;
use insta::assert_snapshot;
use jiff::civil::date;

use super::fleet_files::Fleet;

const TOP: &str = "\
version: 1
clinic: {id: lakeside}
accuro: {tenant: LAKESIDE, connection: {embedded: {world: world.yaml}}}
ocean: {site: \"4021\", connection: {embedded: {}}}
";

fn load(bytes: &[u8]) -> Loaded {
    manifest::load("clinic.yaml", bytes, Some(date(2026, 11, 23)))
}

fn file(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifests/invalid");
    fs::read(folder.join(name)).unwrap()
}

/// The text, after the codes and places were found to be those that are expected.
#[track_caller]
fn shown(bytes: &[u8], expected: &[(Code, usize, usize)]) -> String {
    let loaded = load(bytes);
    let place = |finding: &Diagnostic| {
        let span = finding.span.unwrap();
        (finding.code, span.line, span.column)
    };
    let found: Vec<_> = loaded.findings.iter().map(place).collect();
    assert_eq!(found, expected);
    report::render(&loaded.source.files(), &loaded.findings, false)
}

#[test]
fn several_faults_are_shown_in_the_order_of_the_file() {
    let text = "\
version: 1
clinic: {id: Lakeside Family}
accuro: {tenant: LAKESIDE, connection: {embedded: {world: world.yaml}}}
ocean: {site: 4021, sync: ful, connection: {embedded: {}}}
users:
  - profile: ocaen
    all_ofices: true
";
    assert_snapshot!(shown(
        text.as_bytes(),
        &[
            (Code::ClinicId, 2, 14),
            (Code::WrongType, 4, 15),
            (Code::BadValue, 4, 27),
            (Code::Selects, 6, 5),
            (Code::UnknownProfile, 6, 14),
            (Code::UnknownField, 7, 5),
        ],
    ), @r#"
    error[M014]: `Lakeside Family` is not a clinic id
     --> clinic.yaml:2:14
      |
    2 | clinic: {id: Lakeside Family}
      |              ^^^^^^^^^^^^^^^
      |
      = hint: use 1 to 63 of a to z, 0 to 9 and -, with no - at either end: `lakeside-family`

    error[M011]: `site` must be text, not the number `4021`
     --> clinic.yaml:4:15
      |
    4 | ocean: {site: 4021, sync: ful, connection: {embedded: {}}}
      |               ^^^^
      |
      = hint: put it in quotes: "4021"

    error[M012]: `sync` cannot be the text `ful`
     --> clinic.yaml:4:27
      |
    4 | ocean: {site: 4021, sync: ful, connection: {embedded: {}}}
      |                           ^^^
      |
      = hint: did you mean `full`?

    error[M019]: the user entry covers no office
     --> clinic.yaml:6:5
      |
    6 |   - profile: ocaen
      |     ^^^^^^^^^^^^^^
      |
      = hint: add `all_offices: true`, or list `offices`

    error[M018]: there is no profile `ocaen`
     --> clinic.yaml:6:14
      |
    6 |   - profile: ocaen
      |              ^^^^^
      |
      = hint: did you mean `ocean`?

    error[M009]: entry 1 of `users` has no field `all_ofices`
     --> clinic.yaml:7:5
      |
    7 |     all_ofices: true
      |     ^^^^^^^^^^
      |
      = hint: did you mean `all_offices`?
    "#);
}

#[test]
fn a_repeated_key_is_shown_with_both_places() {
    let text =
        format!("{TOP}users:\n  - profile: ocean\n    all_offices: true\n    profile: ocean\n");
    assert_snapshot!(shown(text.as_bytes(), &[(Code::RepeatedKey, 8, 5)]), @r"
    error[M006]: `profile` is written twice in one mapping
     --> clinic.yaml:8:5
      |
    8 |     profile: ocean
      |     ^^^^^^^
      |
    6 |   - profile: ocean
      |     ------- first written here
      |
      = hint: keep one of the two
    ");
}

#[test]
fn an_ocean_that_shows_another_accuro_is_refused() {
    assert_snapshot!(shown(
        &file("ocean_embedded_alone.yaml"),
        &[(Code::Contradiction, 12, 36)],
    ), @r#"
    error[M023]: ocean is embedded, and accuro is not
      --> clinic.yaml:12:36
       |
    12 | ocean: {site: "4021", connection: {embedded: {}}}
       |                                    ^^^^^^^^
       |
     9 |       url: https://bridge.example.org
       |       ------------------------------- accuro is reached here
       |
       = hint: the simulated Ocean shows the simulated Accuro: use `api` for both, or `embedded`
    "#);
}

#[test]
fn an_alias_bomb_is_refused_at_the_alias() {
    assert_snapshot!(shown(&file("alias_bomb.yaml"), &[(Code::TooLarge, 8, 10)]), @r"
    error[M005]: the aliases expand to more than 100000 values
     --> clinic.yaml:8:10
      |
    8 | a5: &a5 ••••
      |         ^^^^
      |
      = hint: write the values out, or use fewer aliases
    ");
}

#[test]
fn a_file_that_is_not_utf_8_is_shown_up_to_the_fault() {
    assert_snapshot!(shown(&file("not_utf8.yaml"), &[(Code::NotUtf8, 2, 34)]), @r"
    error[M002]: byte 44 of the file is not UTF-8
     --> clinic.yaml:2:34
      |
    2 | clinic: ••••
      |             ^
      |
      = hint: save the file as UTF-8
    ");
}

#[test]
fn control_and_bidi_characters_of_names_are_shown_as_codes() {
    let text = format!(
        "{TOP}users:\n  - profile: ocean\n    offices:\n      \
         - {{name: \"Ma\\e[31min\\u202e\"}}\n      - {{nmae: \"Ma\u{202e}in\u{200b}\"}}\n"
    );
    assert_snapshot!(shown(
        text.as_bytes(),
        &[(Code::Selects, 8, 9), (Code::MissingField, 9, 9), (Code::UnknownField, 9, 10)],
    ), @r#"
    error[M019]: the office entry selects no provider
     --> clinic.yaml:8:9
      |
    8 |       - {name: "Ma\e[31min\u202e"}
      |         ^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = hint: add `all_providers: true` or `providers`; to leave an office out, use the user's `except`

    error[M010]: the entry says not which office it is about
     --> clinic.yaml:9:9
      |
    9 |       - {nmae: "Ma\u{202e}in\u{200b}"}
      |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = hint: add an `id` or a `name`

    error[M009]: entry 2 of `offices` has no field `nmae`
     --> clinic.yaml:9:10
      |
    9 |       - {nmae: "Ma\u{202e}in\u{200b}"}
      |          ^^^^
      |
      = hint: did you mean `name`?
    "#);
}

#[test]
fn a_secret_is_shown_as_dots() {
    assert_snapshot!(shown(&file("literal_secret.yaml"), &[(Code::LiteralSecret, 11, 22)]), @r"
    error[M016]: `client_secret` is written out here
      --> clinic.yaml:11:22
       |
    11 |       client_secret: ••••
       |                      ^^^^
       |
       = hint: write {env: NAME}, {file: PATH} or {command: [PROGRAM]}, and replace the secret: it has been in a file
    ");
}

#[test]
fn a_long_line_is_cut_around_the_fault() {
    let more: String = (2..60).map(|id| format!(", {{id: {id}}}")).collect();
    let text = format!(
        "{TOP}users: [{{profile: ocean, all_offices: true, except: [{{id: 1}}, {{nmae: x}}{more}]}}]\n"
    );
    assert_snapshot!(shown(text.as_bytes(), &[(Code::MissingField, 5, 63), (Code::UnknownField, 5, 64)]), @r"
    error[M010]: the entry says not which office it is about
     --> clinic.yaml:5:63
      |
    5 | …sers: [{profile: ocean, all_offices: true, except: [{id: 1}, {nmae: x}, {id: 2}, {id: 3}, {id: 4}, {id: 5}, {id: 6}, {id: 7}, {id: 8...
      |                                                               ^^^^^^^^^
      |
      = hint: add an `id` or a `name`

    error[M009]: entry 2 of `except` has no field `nmae`
     --> clinic.yaml:5:64
      |
    5 | …ers: [{profile: ocean, all_offices: true, except: [{id: 1}, {nmae: x}, {id: 2}, {id: 3}, {id: 4}, {id: 5}, {id: 6}, {id: 7}, {id: 8}...
      |                                                               ^^^^
      |
      = hint: did you mean `name`?
    ");
}

/// `NotReadable` is for a file that cannot be opened, which no manifest can show.
#[test]
fn every_code_of_the_manifest_is_shown_by_a_file_or_here() {
    let mut seen: BTreeSet<Code> = BTreeSet::from([Code::NotReadable]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifests/invalid");
    for entry in fs::read_dir(&folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        seen.extend(load(&bytes).findings.iter().map(|finding| finding.code));
    }
    for entry in fs::read_dir(folder.join("../../fleets/invalid")).unwrap() {
        let fleet = Fleet::in_folder(&entry.unwrap().path());
        seen.extend(fleet.findings().iter().map(|(_, finding)| finding.code));
    }
    let passed = format!(
        "{TOP}profiles: {{spare: {{columns: {{emr: full}}}}}}\n\
         users: [{{profile: ocean, all_offices: true, until: 2026-11-22}}]\n"
    );
    let warned = load(passed.as_bytes());
    assert!(warned.manifest.is_some(), "warnings refuse nothing: {:#?}", warned.findings);
    let many = format!("{TOP}{}", (0..1100).map(|n| format!("x{n}: 1\n")).collect::<String>());
    let many = load(many.as_bytes());
    assert_eq!(many.findings.last().unwrap().message, "101 more faults are not listed");
    seen.extend(warned.findings.iter().chain(&many.findings).map(|finding| finding.code));
    let manifest_codes = Code::ALL.iter().filter(|code| code.as_str().starts_with('M'));
    let unseen: Vec<_> = manifest_codes.filter(|code| !seen.contains(*code)).collect();
    assert!(unseen.is_empty(), "no test reports {unseen:?}");
}
