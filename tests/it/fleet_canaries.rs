//! What a fleet must never print: its clinics' secrets, and foreign text as it is.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::escaping::{EVIL, is_raw, quoted};
use super::fleet_scene::{Scene, Shore};
use super::program::Ended;

const ID: &str = "canary-id-zq1x";
const SECRET: &str = "canary&secret<zq2x>";
const KEY: &str = "canary-key zq3x";
const WRONG: &str = "canary-wrong-zq4x";

/// Every file below the folder, as text.
fn files(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            found.push((path.to_string_lossy().into_owned(), text));
        }
    }
}

/// Four clinics with secrets of their own, by the names of their variables.
fn guarded() -> Scene {
    let require = "\nrequire: {headers: {X-Key: \"canary-key zq3x\"}}\noffices:";
    let mut shore = Shore::new(&["ash canary", "mill-pond second", "elm", "fir"])
        .defaults("  safety: {allow_empty: true, max_revocations: 100}\n")
        .rollout("  stop_on: {failed_clinics: 9}\n")
        .credentials(
            ID,
            SECRET,
            &[
                ("client_id: {env: ID}", "client_id: {env: \"CLINIC_{ID}_ID\"}"),
                (
                    "client_secret: {env: SECRET}",
                    "client_secret: {env: \"CLINIC_{ID}_SECRET\"}\n        \
                     headers: {X-Key: {env: \"CLINIC_{ID}_KEY\"}}",
                ),
            ],
        );
    for id in ["ash", "mill-pond", "elm", "fir"] {
        shore = shore.world(id, "\noffices:", require);
    }
    shore.open()
}

#[test]
fn no_secret_of_a_clinic_is_printed_or_kept() {
    let scene = guarded();
    let mut said = Vec::new();
    // The secret of elm is wrong, and the one of fir is not there.
    let mut run = |arguments: &[&str], code: i32| -> Ended {
        let mut command = scene.command(arguments);
        for id in ["ASH", "MILL_POND", "ELM", "FIR"] {
            let secret = if id == "ELM" { WRONG } else { SECRET };
            command.env(format!("CLINIC_{id}_ID"), ID).env(format!("CLINIC_{id}_KEY"), KEY);
            command.env(format!("CLINIC_{id}_SECRET"), secret);
        }
        command.env_remove("CLINIC_FIR_SECRET").env("ACCUROFORM_LOG", "trace");
        let ended = Ended::of(command.output().unwrap());
        assert_eq!(ended.code, code, "{arguments:?}: {}", ended.everything());
        said.push((format!("{arguments:?}"), ended.everything()));
        ended
    };
    let ended = run(&["plan", "fleet.yaml", "-out", "all.bundle"], 8);
    assert!(ended.stdout.contains("CLINIC_FIR_SECRET"), "the variable is named: {}", ended.stdout);
    run(&["validate", "fleet.yaml"], 0);
    run(&["plan", "fleet.yaml", "--json"], 8);
    run(&["show", "all.bundle"], 0);
    run(&["apply", "all.bundle", "--json"], 4);
    assert_eq!(scene.written_to(&["ash", "mill-pond", "elm", "fir"]), ["ash", "mill-pond"]);
    run(&["rollout", "status", "fleet.yaml", "--json"], 0);
    run(&["rollout", "status", "fleet.yaml"], 0);
    run(&["apply", "--resume", &scene.rollout(), "fleet.yaml"], 4);
    run(&["rollout", "undo", "fleet.yaml", "-out", "back.bundle"], 0);
    run(&["apply", "back.bundle"], 0);
    run(&["history", "fleet.yaml"], 0);
    run(&["history", "fleet.yaml", "--json"], 0);
    for command in ["verify", "sync"] {
        assert_ne!(run(&[command, "fleet.yaml", "--clinic", "elm"], 1).code, 0);
    }

    let log = said.iter().map(|(_, text)| text.as_str()).collect::<String>();
    assert!(log.contains("TRACE") && log.contains("401"), "the log was there");
    let basic = STANDARD.encode(format!("{ID}:{SECRET}"));
    files(&scene.path(""), &mut said);
    assert!(said.iter().any(|(name, _)| name.ends_with("ash.journal.jsonl")));
    for (place, text) in &said {
        for canary in ["zq1x", "zq2x", "zq3x", "zq4x", &basic[..12]] {
            assert!(!text.contains(canary), "{canary} in {place}");
        }
    }
}

#[test]
fn foreign_text_is_escaped_in_everything_that_a_fleet_prints() {
    let evil = quoted(EVIL);
    let scene = Shore::usual()
        .world("ash", "last: Two", &format!("last: {evil}"))
        .manifest("birch", "accuro: {tenant: {tenant}, connection: {api: {client_id: {env: NOBODY}}}}\nocean: {site: \"{site}\"}\n")
        .faults(&format!("- {{on: sync_start, nth: 1, sync: fail, message: {evil}}}\n- {{on: grid_write, nth: 2, status: 400, text: {evil}}}\n"))
        .rollout("  stop_on: {failed_clinics: 9, verify_failures: 9}\n")
        .open();
    let run = |arguments: &[&str], code: i32| {
        let ended = scene.ran(arguments, code);
        for text in [&ended.stdout, &ended.stderr] {
            let raw = text.lines().find(|line| line.contains(is_raw));
            assert_eq!(raw, None, "{arguments:?}");
            assert!(!text.contains("\nz"), "{arguments:?}: {text}");
        }
        ended
    };
    run(&["plan", "fleet.yaml", "-out", "all.bundle"], 8);
    run(&["plan", "fleet.yaml", "--json"], 8);
    let shown = run(&["show", "all.bundle", "--clinic", "ash"], 0);
    assert!(shown.stdout.contains(r"\u{1b}[31m"), "{}", shown.stdout);
    let json = run(&["show", "all.bundle", "--clinic", "ash", "--json"], 0);
    assert!(json.stdout.contains(r"\u001b[31m"), "{}", json.stdout);
    let ended = run(&["apply", "all.bundle"], 4);
    assert!(
        ended.stderr.contains(r"[S001] ") && ended.stderr.contains(r"\u{1b}[31m"),
        "{}",
        ended.stderr
    );
    let status = run(&["rollout", "status", "fleet.yaml"], 0);
    assert!(status.stdout.contains(r"\u{1b}[31m"), "{}", status.stdout);
    let json = run(&["rollout", "status", "fleet.yaml", "--json"], 0);
    assert!(json.stdout.contains(r"\u001b[31m"), "{}", json.stdout);
    let ended = run(&["plan", "fleet.yaml", "--tag", EVIL], 1);
    assert!(ended.stderr.contains(r"\u{1b}[31m"), "{}", ended.stderr);
    run(&["apply", "--resume", EVIL, "fleet.yaml"], 1);
    run(&["rollout", "undo", "fleet.yaml", EVIL, "-out", "back.bundle"], 1);
    run(&["history", "fleet.yaml"], 0);
    // Names of the manifests that hold such text are refused, and shown escaped.
    scene.edit(
        "clinics/ash.yaml",
        "tags: [canary]",
        &format!("tags: [canary, {evil}], name: {evil}"),
    );
    let ended = scene.run(&["plan", "fleet.yaml"]);
    assert!(
        !ended.everything().lines().any(|line| line.contains(is_raw)),
        "{}",
        ended.everything()
    );
}
