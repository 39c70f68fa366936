//! How long a manifest takes to check: `cargo bench --bench manifest`. Ten times the lines must
//! not take much more than ten times as long.

use std::fmt::Write as _;

use accuroform::diagnostic::has_errors;
use accuroform::manifest;
use divan::Bencher;

fn main() {
    divan::main();
}

const TOP: &str = "\
version: 1
clinic: {id: lakeside, name: Lakeside Family Health, timezone: America/Toronto}
accuro: {tenant: LAKESIDE, connection: {embedded: {world: world.yaml}}}
ocean: {site: \"4021\", connection: {embedded: {}}}
users:
  - profile: ocean
    offices:
";

/// A manifest of many offices with fifty providers each, half of which have overrides.
fn sound(lines: usize) -> String {
    let mut text = TOP.to_owned();
    let mut count = text.lines().count();
    let mut id = 0;
    while count < lines {
        if id % 50 == 0 {
            let _ = write!(text, "      - name: Office {id}\n        providers:\n");
            count += 2;
        }
        id += 1;
        let _ = if id % 2 == 0 {
            count += 4;
            write!(
                text,
                "          - id: {id}\n            columns: {{labs: read-only, billing: none}}\n            \
                 until: 2027-01-31\n            reason: \"Holiday cover, ticket {id}\"\n"
            )
        } else {
            count += 1;
            writeln!(text, "          - name: \"Surname{id}, First\"")
        };
    }
    text
}

/// The same with a fault in every fourth line.
fn faulty(lines: usize) -> String {
    sound(lines).replace("columns: {labs: read-only", "columns: {labs: readonly, lab: full")
}

/// Many profiles, each used by one user.
fn profiles(lines: usize) -> String {
    let mut text = TOP.replace("users:\n  - profile: ocean\n    offices:\n", "profiles:\n");
    for profile in 0..lines / 2 {
        let _ = writeln!(text, "  p{profile}: {{columns: {{patient: full}}}}");
    }
    text.push_str("users:\n");
    for profile in 0..lines / 2 {
        let _ =
            writeln!(text, "  - {{name: User{profile}, profile: p{profile}, all_offices: true}}");
    }
    text
}

fn bench(bencher: Bencher<'_, '_>, text: &str, is_sound: bool) {
    let loaded = manifest::load("clinic.yaml", text.as_bytes(), None);
    assert_eq!(has_errors(&loaded.findings), !is_sound, "{:?}", loaded.findings.first());
    bencher
        .counter(divan::counter::BytesCount::of_str(text))
        .bench(|| manifest::load("clinic.yaml", divan::black_box(text.as_bytes()), None));
}

#[divan::bench(args = [10_000, 100_000], sample_count = 10)]
fn load(bencher: Bencher<'_, '_>, lines: usize) {
    bench(bencher, &sound(lines), true);
}

#[divan::bench(args = [10_000, 100_000], sample_count = 10)]
fn load_faulty(bencher: Bencher<'_, '_>, lines: usize) {
    bench(bencher, &faulty(lines), false);
}

#[divan::bench(args = [10_000, 100_000], sample_count = 10)]
fn load_many_profiles(bencher: Bencher<'_, '_>, lines: usize) {
    bench(bencher, &profiles(lines), true);
}

#[divan::bench(args = [10_000, 100_000], sample_count = 10)]
fn load_no_yaml(bencher: Bencher<'_, '_>, lines: usize) {
    bench(bencher, &(sound(lines) + "]"), false);
}
