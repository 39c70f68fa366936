//! Plans of a fleet: a line a clinic, what could not be read first, and the same bytes every time.

use std::collections::BTreeSet;

use serde_json::Value;

use super::event_stream::Events;
use super::fleet_scene::{Scene, Shore};
use super::program::Ended;

/// Neither may be asked for anything.
const UNREADABLE: (&str, &str) = ("\noffices:", "\naccount: {may_read_directory: false}\noffices:");
const GRIDLESS: (&str, &str) = ("\noffices:", "\naccount: {may_read_grid: false}\noffices:");

/// Two plain clinics, one whose directory and one whose grid cannot be read.
fn partly_unread() -> Shore {
    Shore::new(&["ash canary", "birch second", "cedar", "dogwood"])
        .world("birch", UNREADABLE.0, UNREADABLE.1)
        .world("cedar", GRIDLESS.0, GRIDLESS.1)
}

/// The clinics that have a line of their own, in order.
fn lines(ended: &Ended) -> Vec<String> {
    let body = ended.stdout.split("\nThe same change").next().unwrap();
    let line = |line: &str| {
        let line = line.strip_prefix("! not read: ").unwrap_or(line);
        let (id, rest) = line.split_once([' ', ':'])?;
        let is_clinic = id.chars().all(|c| c.is_ascii_lowercase()) && !id.is_empty();
        (is_clinic && !rest.is_empty()).then(|| id.to_owned())
    };
    body.lines().filter_map(line).collect()
}

#[test]
fn clinics_that_could_not_be_read_come_first_and_are_never_without_changes() {
    let scene = partly_unread().open();
    let ended = scene.ran(&["plan", "fleet.yaml"], 8);
    assert_eq!(lines(&ended), ["birch", "cedar", "ash", "dogwood"], "{}", ended.stdout);
    let unread = ended.stdout.split("\nash").next().unwrap();
    assert!(!unread.contains("No changes"), "{unread}");
    assert!(!ended.stdout.contains("No changes"), "{}", ended.stdout);
    for (clinic, rows) in [("ash", 3), ("dogwood", 3)] {
        let line = ended.stdout.lines().find(|line| line.starts_with(clinic)).unwrap();
        assert!(line.contains(&format!("{rows} rows to grant")), "{line}");
    }
    assert!(ended.stdout.contains("+ 6 rows in 2 clinics: Patient, "), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("Plan of 4 clinics: 2 with changes, 0 without, 2 not read; 6 rows"),
        "{}",
        ended.stdout
    );
    let calls = scene.calls_since(0);
    assert!(
        calls.values().flatten().all(|call| call.method == "GET" || call.path == "/oauth/token")
    );
}

/// Plans with an answer that takes longer here and there come in another order each time.
#[test]
fn a_bundle_is_the_same_bytes_in_whatever_order_the_clinics_answer() {
    let scene = Shore::new(&["ash", "birch", "cedar", "dogwood", "elm", "fir"])
        .without_waves()
        .rollout("  max_parallel: 2\n")
        .faults("- random: {seed: 3, percent: 40, delay: 0.06, of: [delay]}\n")
        .open();
    let (mut orders, mut bundles) = (BTreeSet::new(), BTreeSet::new());
    for number in 0..4 {
        let file = format!("{number}.bundle");
        let ended = scene.ran(&["plan", "fleet.yaml", "--json", "-out", &file], 0);
        orders.insert(events(&ended, "clinic_planned").iter().map(clinic).collect::<Vec<_>>());
        bundles.insert(scene.read(&file));
    }
    assert!(orders.len() > 1, "they came in one order: {orders:?}");
    assert_eq!(bundles.len(), 1);
}

fn clinic(event: &Value) -> String {
    event["clinic"].as_str().unwrap().to_owned()
}

/// Every line of standard output as an event; those of one kind are given.
fn events(ended: &Ended, kind: &str) -> Vec<Value> {
    let events = Events::of(&ended.stdout, ended.code);
    events.all(kind).into_iter().cloned().collect()
}

#[test]
fn json_is_one_event_a_line_and_nothing_else() {
    let scene = partly_unread().open();
    let ended = scene.ran(&["plan", "fleet.yaml", "--json", "-out", "a.bundle"], 8);
    let first: Value = serde_json::from_str(ended.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(first["type"], "version");
    let [planned] = &events(&ended, "fleet_planned")[..] else { panic!("{}", ended.stdout) };
    assert_eq!(planned["exit_code"], 8);
    assert_eq!(planned["unread"], serde_json::json!(["birch", "cedar"]));
    assert_eq!(planned["summary"]["grant"], 6);
    let unread = events(&ended, "clinic_unread");
    assert_eq!(unread.iter().map(clinic).collect::<Vec<_>>(), ["birch"]);
    let complete: BTreeSet<(String, bool)> = events(&ended, "clinic_planned")
        .iter()
        .map(|event| (clinic(event), event["complete"].as_bool().unwrap()))
        .collect();
    let expected = [("ash", true), ("cedar", false), ("dogwood", true)];
    assert_eq!(complete, expected.map(|(id, whole)| (id.to_owned(), whole)).into());
}

#[test]
fn a_selection_plans_those_clinics_and_asks_no_other() {
    let scene = Shore::usual().open();
    for (flags, expected) in [
        (&["--clinic", "ash", "--clinic", "elm"][..], &["ash", "elm"][..]),
        (&["--tag", "second"], &["birch", "cedar"]),
        (&["--tag", "second", "--tag", "canary"], &["ash", "birch", "cedar"]),
        (&["--exclude-tag", "second"], &["ash", "dogwood", "elm"]),
        (&["--exclude-tag", "canary,second"], &["dogwood", "elm"]),
    ] {
        let mark = scene.mark();
        let ended = scene.run(&[&["plan", "fleet.yaml"], flags].concat());
        if flags.contains(&"canary,second") {
            // Tags are given one by one; a list is a tag that nobody has.
            assert_eq!(ended.code, 1, "{}", ended.everything());
            assert!(ended.stderr.contains("error[R005]"), "{}", ended.stderr);
            assert_eq!(scene.mark(), mark);
            continue;
        }
        assert_eq!(ended.code, 0, "{}", ended.everything());
        assert_eq!(lines(&ended), expected, "{flags:?}: {}", ended.stdout);
        let asked: Vec<String> = scene.calls_since(mark).into_keys().collect();
        assert_eq!(asked, expected, "{flags:?}");
    }
    let mut all = Vec::new();
    for shard in ["1/3", "2/3", "3/3"] {
        all.extend(lines(&scene.ran(&["plan", "fleet.yaml", "--shard", shard], 0)));
    }
    all.sort();
    assert_eq!(all, ["ash", "birch", "cedar", "dogwood", "elm"]);
    for (flags, code) in [(["--clinic", "asch"], "R004"), (["--tag", "secnd"], "R005")] {
        let ended = scene.ran(&[&["plan", "fleet.yaml"], &flags[..]].concat(), 1);
        assert!(ended.stderr.contains(code), "{}", ended.stderr);
    }
}

#[test]
fn the_exit_code_says_what_is_worst_about_the_fleet() {
    let excess = (
        "users: [{id: 77, name: OceanAPIBIRCH}]",
        "users: [{id: 77, name: OceanAPIBIRCH, grid: [{office: 1, provider: 1, full: [patient, scheduling, billing, emr, labs, visible, inbox]}]}]",
    );
    let exact = "accuro: {tenant: {tenant}}\nocean: {site: \"{site}\"}\nsafety: {max_revocations: 0}\n\
                 users: [{profile: ocean, all_offices: true, management: exact}]\n";
    let nobody = "accuro: {tenant: {tenant}}\nocean: {site: \"{site}\"}\n\
                  users: [{profile: ocean, offices: [{name: North, providers: [{id: 9}]}]}]\n";
    let plain = || Shore::new(&["ash canary", "birch second"]);
    let refused = || plain().world("birch", excess.0, excess.1).manifest("birch", exact);

    let scene = plain().open();
    scene.ran(&["plan", "fleet.yaml"], 0);
    scene.ran(&["plan", "fleet.yaml", "--detailed-exitcode"], 2);

    let scene = refused().open();
    let ended = scene.ran(&["plan", "fleet.yaml", "--detailed-exitcode"], 5);
    assert!(ended.stdout.contains("error[G002]: refused: "), "{}", ended.stdout);
    assert!(ended.stdout.contains("--allow-mass-change="), "{}", ended.stdout);

    let scene = plain().manifest("birch", nobody).open();
    let ended = scene.ran(&["plan", "fleet.yaml"], 1);
    assert!(ended.stdout.contains("clinics/birch.yaml:"), "{}", ended.stdout);

    let scene = refused().world("ash", UNREADABLE.0, UNREADABLE.1).open();
    scene.ran(&["plan", "fleet.yaml", "--detailed-exitcode"], 8);

    // Shards that are merged end and are offered as the plan of the whole.
    let stands = "it is not applied while what is said above stands";
    let refusal = "birch: error[G002]: refused: ";
    let unread = "! not read: ash: ";
    for (shore, code, told, left_out) in [
        (plain(), 0, vec!["to apply exactly these plans: accuroform apply "], vec![stands]),
        (refused(), 5, vec![refusal, stands], vec!["accuroform apply"]),
        (
            plain().manifest("birch", nobody),
            1,
            vec!["birch: a name of its manifest is not resolved", stands],
            vec!["accuroform apply"],
        ),
        (
            refused().world("ash", UNREADABLE.0, UNREADABLE.1),
            8,
            vec![unread, refusal, stands],
            vec!["accuroform apply"],
        ),
    ] {
        let scene = shore.open();
        let whole = scene.ran(&["plan", "fleet.yaml", "-out", "all.bundle"], code);
        for shard in ["1", "2"] {
            let (of, out) = (format!("{shard}/2"), format!("{shard}.bundle"));
            scene.run(&["plan", "fleet.yaml", "--shard", &of, "-out", &out]);
        }
        let merge = ["plan", "merge", "-out", "merged.bundle", "1.bundle", "2.bundle"];
        let merged = scene.ran(&merge, code);
        assert_eq!(scene.read("merged.bundle"), scene.read("all.bundle"));
        for words in &told {
            assert!(merged.everything().contains(words), "{words}: {}", merged.everything());
        }
        for words in &left_out {
            assert!(!merged.everything().contains(words), "{words}: {}", merged.everything());
            assert!(!whole.everything().contains(words), "{words}: {}", whole.everything());
        }
        let offers = |ended: &Ended| ended.stderr.contains("accuroform apply ");
        assert_eq!(offers(&whole), offers(&merged));
        if offers(&merged) {
            continue;
        }
        // What is not offered is refused, before anything is written.
        scene.ran(&["apply", "merged.bundle"], 5);
        assert_eq!(scene.written_to(&["ash", "birch"]), [""; 0]);
    }
}

#[test]
fn output_that_is_no_terminal_has_no_bars_and_no_escape_codes() {
    let ids: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    let scene = Shore::new(&ids).without_waves().rollout("  max_parallel: 6\n").open();
    let plain = |scene: &Scene, arguments: &[&str]| {
        let output = scene.command(arguments).env("TERM", "xterm-256color").output().unwrap();
        let ended = Ended::of(output);
        assert_eq!(ended.code, 0, "{}", ended.everything());
        let is_drawn =
            |c: char| c == '\u{1b}' || c == '\r' || ('\u{2500}'..'\u{2600}').contains(&c);
        assert!(!ended.everything().contains(is_drawn), "{}", ended.everything());
        ended
    };
    let ended = plain(&scene, &["plan", "fleet.yaml"]);
    assert!(ended.stderr.contains("planned 6 of 12 clinics, about "), "{}", ended.stderr);
    let ended = plain(&scene, &["apply", "fleet.yaml", "-auto-approve"]);
    assert!(ended.stderr.contains("applied 6 of 12 clinics, about "), "{}", ended.stderr);
    plain(&scene, &["plan", "fleet.yaml", "--detailed-exitcode"]);
}
