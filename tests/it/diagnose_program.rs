//! `diagnose` on the program: a world with the cause of each of the article's symptoms, the diff in the hands of
//! `patch`, and what cannot be read.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::escaping::{EVIL, is_raw, quoted};
use crate::program::{Ended, Program};

const MANIFEST: &str = "\
version: 1
clinic: {id: lakeside, timezone: America/Toronto}
accuro: {tenant: LAKESIDE, connection: {embedded: {world: world.yaml}}}
ocean: {site: \"4021\", connection: {embedded: {}}}
users:
  - profile: ocean
    all_offices: true
";

const WORLD: &str = "\
version: 1
tenant: LAKESIDE
offices: [{id: 1, name: Main Street}, {id: 2, name: Walk-in}]
providers:
  - {id: 1042, first: Anita, last: Singh, offices: [1, 2], appointments: [{in_days: 0, count: 12}]}
  - {id: 1043, first: Marc, last: Tremblay, offices: [1], appointments: [{in_days: 0, count: 5}]}
users:
  - id: 77
    name: OceanAPILAKESIDE
    grid:
      - {office: all, provider: all, full: [patient, scheduling, billing, emr, labs, visible]}
ocean: {site: \"4021\", emr_user: OceanAPILAKESIDE, full_sync_seconds: 0.05, already_synced: true}
";

/// A clinic with this more in its manifest, and its grid changed by these entries.
fn clinic(more: &str, grid: &str) -> Program {
    let program = Program::with_manifest(format!("{MANIFEST}{more}"));
    let world = WORLD.replace("ocean: {site", &format!("{grid}ocean: {{site"));
    fs::write(program.folder().join("world.yaml"), world).unwrap();
    program
}

fn change_world(program: &Program, from: &str, to: &str) {
    let path = program.folder().join("world.yaml");
    let world = fs::read_to_string(&path).unwrap();
    assert!(world.contains(from));
    fs::write(path, world.replace(from, to)).unwrap();
}

#[track_caller]
fn ends(program: &Program, arguments: &[&str], code: i32) -> Ended {
    let ended = program.run(arguments);
    assert_eq!(ended.code, code, "{arguments:?}: {}", ended.everything());
    ended
}

/// The document of a diagnosis of one symptom.
#[track_caller]
fn document(program: &Program, symptom: &str, code: i32) -> Value {
    let ended = ends(program, &["diagnose", "--json", "--symptom", symptom], code);
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(document["kind"], "accuroform.diagnosis");
    assert_eq!(document["exit_code"], code);
    document
}

/// Runs a program of others in the clinic's folder.
#[track_caller]
fn runs(program: &Program, words: &[&str]) {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).current_dir(program.folder()).stdin(Stdio::null());
    let ended = Ended::of(command.output().unwrap());
    assert_eq!(ended.code, 0, "{words:?}: {}", ended.everything());
}

/// Where a sentence stands in a text.
#[track_caller]
fn at(text: &str, words: &str) -> usize {
    text.find(words).unwrap_or_else(|| panic!("no `{words}` in: {text}"))
}

#[test]
fn a_missing_provider_is_first_looked_for_in_oceans_selection() {
    let program =
        clinic("", "      - {office: 1, provider: 1043, full: [patient, billing, emr, labs]}\n");
    change_world(&program, "last: Tremblay, ", "last: Tremblay, selected: false, ");
    let text = ends(&program, &["diagnose", "--symptom", "missing-provider"], 3).stdout;
    let hand = at(&text, "was not saved");
    let selection = at(&text, "not selected in \"Sync Appointments For Provider(s)\"");
    let grid = at(&text, "Main Street: Scheduling, Visible none [W020]");
    assert!(hand < selection && selection < grid, "cheap causes come first: {text}");
    assert!(text.contains("documented (Ocean article 360060307451)"), "{text}");
    assert!(text.contains("assumed by accuroform"), "{text}");
    assert!(!text.contains("Singh"), "nothing is wrong with her: {text}");
    let lower = text.to_lowercase();
    assert!(!lower.contains("can see") && !lower.contains("may see"), "{text}");
}

#[test]
fn missing_bookings_are_looked_for_in_the_days_to_sync_and_in_scheduling() {
    let program = clinic(
        "",
        "      - {office: 2, provider: 1042, full: [patient, billing, emr, labs, visible]}\n",
    );
    let document = document(&program, "missing-bookings", 3);
    let hand = document["check_by_hand"].as_array().unwrap();
    assert!(hand[0]["what"].as_str().unwrap().contains("Schedule Days to Sync is 1"), "{document}");
    assert_eq!(hand[0]["documented"], true);
    let row = &document["providers"][0]["rows"][0];
    assert_eq!((&row["office_id"], &row["lacks"]["scheduling"]), (&2.into(), &"none".into()));
    assert_eq!(row["likely_source"], "assumed by accuroform");
    assert_eq!((&row["remedy"], &document["remedy"]["diff"]), (&"apply".into(), &Value::Null));
}

#[test]
fn reminders_are_looked_for_in_oceans_settings_and_in_patient() {
    let program = clinic(
        "",
        "      - {office: 1, provider: 1042, full: [scheduling, billing, emr, labs, visible]}\n",
    );
    let found = document(&program, "no-reminders", 3);
    assert_eq!(found["check_by_hand"].as_array().unwrap().len(), 4);
    assert!(found["check_by_hand"].to_string().contains("Test Mode"), "{found}");
    assert_eq!(found["providers"][0]["rows"][0]["lacks"]["patient"], "none");
}

#[test]
fn confirming_needs_scheduling_at_full_as_is_assumed() {
    let program = clinic(
        "",
        "      - {office: 1, provider: 1042, full: [patient, billing, emr, labs, visible], read_only: [scheduling]}\n",
    );
    let text = ends(&program, &["diagnose", "--symptom", "cannot-confirm"], 3).stdout;
    assert!(text.contains("Main Street: Scheduling read-only [W020]"), "{text}");
    assert!(text.contains("six wrong verifications"), "{text}");
    let text = ends(&program, &["diagnose", "--symptom", "save-for-ocean"], 3).stdout;
    assert!(text.contains("not likely the cause of save-for-ocean by itself; assumed"), "{text}");
}

#[test]
fn saving_for_ocean_needs_emr_and_labs_as_is_assumed_and_has_no_other_documented_cause() {
    let program = clinic(
        "",
        "      - {office: 2, provider: 1042, full: [patient, scheduling, billing, visible]}\n",
    );
    let found = document(&program, "save-for-ocean", 3);
    assert_eq!(found["check_by_hand"], Value::Array(Vec::new()));
    let row = &found["providers"][0]["rows"][0];
    assert_eq!(row["lacks"], serde_json::json!({"emr": "none", "labs": "none"}));
    ends(&program, &["apply", "-auto-approve"], 0);
    ends(&program, &["diagnose", "--symptom", "save-for-ocean"], 0);
    let text = ends(&program, &["diagnose"], 0).stdout;
    assert!(text.ends_with("\nNothing found that can be seen from here.\n"), "{text}");
}

#[test]
fn patch_and_apply_with_the_diff_leave_nothing_to_find() {
    let more = "    except_providers: [{id: 1043}]
    offices:
      - name: Walk-in
        providers:
          - id: 1042
            columns:
              labs: none # ticket 881
              visible: none
";
    let rows = "      - {office: 1, provider: 1043, absent: true}
      - {office: 2, provider: 1042, full: [patient, scheduling, billing, emr, labs]}
";
    let program = clinic(more, rows);
    let text = ends(&program, &["diagnose"], 3).stdout;
    let diff = &text[at(&text, "--- clinic.yaml")..];
    assert!(!text.contains("ticket 881"), "comments are not shown: {text}");
    fs::write(program.folder().join("mend.diff"), diff).unwrap();
    runs(&program, &["patch", "-p0", "-i", "mend.diff"]);
    let manifest = fs::read_to_string(program.folder().join("clinic.yaml")).unwrap();
    assert!(manifest.contains("labs: none # ticket 881"), "it lacked nothing there: {manifest}");
    ends(&program, &["apply", "-auto-approve"], 0);
    ends(&program, &["diagnose"], 0);
}

#[test]
fn a_part_that_cannot_be_read_is_unknown_and_exits_with_8() {
    for (fault, words) in [
        (
            "{on: office_providers, office: 2, status: 403}",
            "the providers of Walk-in could not be read",
        ),
        ("{on: grid_read, status: 403}", "the grid of OceanAPILAKESIDE could not be read"),
        ("{on: site_providers, status: 403}", "Ocean's list of providers could not be read"),
        ("{on: site, status: 403}", "the state of the Ocean site could not be read"),
    ] {
        let program = clinic("", "");
        let path = program.folder().join("world.yaml");
        let world = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{world}faults: [{fault}]\n")).unwrap();
        let text = ends(&program, &["diagnose"], 8).stdout;
        assert!(text.contains(words), "{text}");
        assert!(!text.contains("W020") && !text.contains("Nothing found that"), "{text}");
    }
}

#[test]
fn a_sync_that_is_owed_is_said_for_every_provider() {
    let program = clinic("", "      - {office: 1, provider: 1042, full: [patient]}\n");
    let path = program.folder().join("world.yaml");
    let world = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        format!("{world}faults: [{{on: sync_start, nth: 1, sync: fail, message: no}}]\n"),
    )
    .unwrap();
    ends(&program, &["apply", "-auto-approve"], 6);
    let text = ends(&program, &["diagnose"], 3).stdout;
    assert!(text.contains("no sync was completed since the last write: "), "{text}");
    assert!(text.contains("`accuroform sync` runs one"), "{text}");
}

#[test]
fn one_provider_is_asked_about_by_id_or_name() {
    let program = clinic("", "      - {office: 1, provider: all, full: [patient]}\n");
    for name in ["1043", "Tremblay, Marc", "marc tremblay"] {
        let text = ends(&program, &["diagnose", "--provider", name], 3).stdout;
        assert!(text.contains("Tremblay, Marc (1043)") && !text.contains("Singh"), "{text}");
    }
    let ended = ends(&program, &["diagnose", "--provider", "Nobody"], 1);
    assert!(ended.stderr.contains("error[U001]: --provider Nobody"), "{}", ended.stderr);
    ends(&program, &["diagnose", "--symptom", "tired"], 1);
}

#[test]
fn names_of_the_clinic_are_printed_escaped() {
    let program = clinic(
        "    except_providers: [{id: 1043}]\n",
        "      - {office: 1, provider: 1043, absent: true}\n",
    );
    change_world(&program, "last: Tremblay", &format!("last: {}", quoted(&format!("T{EVIL}"))));
    change_world(&program, "name: Main Street", &format!("name: {}", quoted(&format!("M{EVIL}"))));
    for arguments in [&["diagnose"][..], &["diagnose", "--json"]] {
        let ended = ends(&program, arguments, 3);
        assert_eq!(ended.everything().lines().find(|line| line.contains(is_raw)), None);
    }
    let ended = ends(&program, &["diagnose"], 3);
    assert!(ended.stdout.contains(r"M\u{1b}[31m"), "{}", ended.stdout);
    assert!(ended.stdout.contains("-    except_providers: [{id: 1043}]"), "{}", ended.stdout);
}

#[test]
fn a_damaged_journal_is_unknown_and_exits_with_8() {
    let program = clinic("", "      - {office: 1, provider: 1042, full: [patient]}\n");
    ends(&program, &["apply", "-auto-approve"], 0);
    let journal = fs::read_dir(program.folder().join(".accuroform"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .unwrap();
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, text.replacen("lakeside", "leeside", 1)).unwrap();
    let text = ends(&program, &["diagnose"], 8).stdout;
    assert!(text.contains("the journal could not be read: "), "{text}");
    assert!(!text.contains("Nothing found that"), "{text}");
    fs::remove_file(&journal).unwrap();
    fs::create_dir(&journal).unwrap();
    let said = ends(&program, &["history"], 1).stderr;
    assert!(said.contains("J001") && said.contains("let this account read the file"), "{said}");
}

#[test]
fn who_is_still_missing_is_unknown_where_the_grid_was_not_read() {
    let program = clinic("", "");
    let path = program.folder().join("world.yaml");
    let world = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{world}faults: [{{on: grid_read, status: 500}}]\n")).unwrap();
    let text = program.run(&["verify"]).everything();
    assert!(text.contains("still missing: unknown."), "{text}");
    assert!(!text.contains("0 still missing"), "{text}");
}

/// Runs the command that a diagnosis names on the diff that it prints; then nothing is left to find.
#[track_caller]
fn git_apply_mends(program: &Program, manifest: &str) -> String {
    let text = ends(program, &["diagnose", manifest], 3).stdout;
    let command = &text[at(&text, "`git apply") + 1..];
    let command: Vec<&str> = command[..command.find('`').unwrap()].split(' ').collect();
    fs::write(program.folder().join("mend.diff"), &text[at(&text, "--- clinic.yaml")..]).unwrap();
    runs(program, &command);
    ends(program, &["apply", "-auto-approve"], 0);
    let left = ends(program, &["diagnose"], 0).stdout;
    assert!(left.contains("Nothing found"), "{left}");
    text
}

#[test]
fn git_apply_takes_the_diff_of_an_absolute_path_of_crlf_and_without_lines_around() {
    let one = "    offices: [{id: 1, providers: [{id: 1043, columns: {labs: none}}]}]\n";
    let row =
        "      - {office: 1, provider: 1043, full: [patient, scheduling, billing, emr, visible]}\n";
    let program = clinic(one, row);
    let path = program.folder().join("clinic.yaml");
    git_apply_mends(&program, path.to_str().unwrap());
    let program = clinic(one, row);
    let path = program.folder().join("clinic.yaml");
    let text = fs::read_to_string(&path).unwrap().replace('\n', "\r\n");
    fs::write(&path, text).unwrap();
    git_apply_mends(&program, "clinic.yaml");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{text:?}");
    let two = "    # zq1x\n    offices: [{id: 1, providers: [{id: 1043, columns: {labs: none}}]}]\n    # zq2x\n";
    let program = clinic(two, row);
    let text = git_apply_mends(&program, "clinic.yaml");
    assert!(text.contains("--unidiff-zero") && !text.contains("zq"), "{text}");
}

#[test]
fn a_manifest_that_import_wrote_is_mended_by_a_diff_that_shows_its_names() {
    let program = clinic("", "      - {office: 1, provider: 1043, full: [patient, labs]}\n");
    ends(&program, &["import", "-out", "imported.yaml"], 0);
    fs::rename(program.folder().join("imported.yaml"), program.folder().join("clinic.yaml"))
        .unwrap();
    let text = git_apply_mends(&program, "clinic.yaml");
    assert!(text.contains("# Tremblay, Marc"), "{text}");
}

#[test]
fn an_office_that_is_left_out_or_a_comment_keeps_no_other_row_from_the_diff() {
    let more = "    except: [{id: 2}]
    offices:
      - id: 1
        providers:
          - id: 1042
            columns: {labs: none} # zq1x
          - id: 1043
            columns: {labs: none}
";
    let row = "      - {office: all, provider: all, full: [patient, scheduling, billing, emr, visible]}\n";
    let program = clinic(more, row);
    let text = ends(&program, &["diagnose"], 3).stdout;
    assert!(text.contains("Not in the manifest, 1 row: no small change"), "{text}");
    assert!(text.contains("Not in the manifest, 1 row: a comment"), "{text}");
    assert!(
        text.contains("clinic.yaml:12:13: Singh, Anita (1042), Main Street: Labs none"),
        "{text}"
    );
    assert!(text.contains("Not in the manifest, 1 row: change it like this"), "{text}");
    assert!(
        text.contains("+            columns: {labs: full}\n") && !text.contains("zq1x"),
        "{text}"
    );
}
