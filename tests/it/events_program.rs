//! The events of the program where nothing is written, or where it is taken back.

use std::fs;

use serde_json::Value;

use super::event_stream::Events;
use super::fleet_scene::Shore;
use super::program::{Ended, Program};
use super::readers::Clinic;

const EMBEDDED: &str = "\
version: 1
clinic: {id: lakeside}
accuro: {tenant: LAKESIDE, connection: {embedded: {world: world.yaml}}}
ocean: {site: \"4021\", connection: {embedded: {}}}
";

#[track_caller]
fn told(ended: &Ended) -> Events {
    Events::of(&ended.stdout, ended.code)
}

fn row(document: &Value, provider: u64) -> &Value {
    let rows = document["plan"]["users"][0]["changes"].as_array().unwrap();
    rows.iter().find(|row| row["provider_id"] == provider).unwrap()
}

#[test]
fn the_events_of_a_plan_say_what_the_document_says() {
    let clinic = Clinic::planned();
    let document: Value =
        serde_json::from_str(&clinic.run(&["plan", "--format", "json"], 5)).unwrap();
    let events = told(&clinic.ended(&["plan", "--json", "-out", "again.json"], &[]));
    let changes = events.all("planned_change");
    let planned = document["plan"]["users"][0]["changes"].as_array().unwrap();
    assert_eq!(changes.len(), planned.len());
    for change in changes {
        let row = row(&document, change["provider_id"].as_u64().unwrap());
        for key in ["address", "office_id", "action", "before", "after", "revision"] {
            assert_eq!(change[key], row[key], "{key}");
        }
        let differ: Vec<&String> = row["after"]["columns"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(column, level)| row["before"]["columns"][column.as_str()] != **level)
            .map(|(column, _)| column)
            .collect();
        let mut columns: Vec<&str> =
            change["columns"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
        columns.sort_unstable();
        assert_eq!(columns, differ);
    }
    let prescribes =
        events.all("planned_change").into_iter().find(|row| row["provider_id"] == 1044);
    let rule = &prescribes.unwrap()["rule"];
    assert_eq!(
        (&rule["why"], &rule["of"], &rule["reason"], &rule["file"], &rule["line"]),
        (
            &"override".into(),
            &"ocean".into(),
            &"ticket 7".into(),
            &"clinic.yaml".into(),
            &12.into()
        )
    );
    let summary = events.one("change_summary");
    assert_eq!(summary["changes"], document["summary"]);
    assert_eq!(summary["digest"], document["digest"]);
    assert_eq!((&summary["operation"], &summary["refusals"]), (&"plan".into(), &1.into()));
    assert_eq!(events.one("refusal")["code"], document["refusals"][0]["code"]);
    assert_eq!(events.one("plan_saved")["digest"], document["digest"]);
    assert_eq!(events.one("plan_saved")["file"], "again.json");
}

#[test]
fn a_refused_apply_tells_the_refusal_and_no_row() {
    let clinic = Clinic::planned();
    for arguments in [&["apply", "plan.json", "--json"][..], &["apply", "-auto-approve", "--json"]]
    {
        let events = told(&clinic.ended(arguments, &[]));
        assert_eq!(events.one("outcome")["exit_code"], 5);
        let refusal = events.one("refusal");
        assert_eq!(refusal["code"], "G002");
        let option = refusal["override"].as_str().unwrap();
        assert!(option.starts_with("--allow-mass-change="), "{option}");
        let [warning, why] = events.all("diagnostic")[..] else { panic!("{:?}", events.kinds()) };
        assert_eq!((&warning["severity"], &why["severity"]), (&"warning".into(), &"error".into()));
        assert_eq!(why["code"], "P009");
        assert!(events.ends().is_empty() && events.all("apply_summary").is_empty());
    }
    // The option is one that helps.
    let ended = clinic.ended(&["plan", "--json"], &[]);
    let option = told(&ended).one("refusal")["override"].as_str().unwrap().to_owned();
    let events = told(&clinic.ended(&["apply", "plan.json", "--json", &option], &[]));
    assert_eq!(events.rows("apply_complete").len(), 3);
}

#[test]
fn every_fault_of_a_manifest_is_a_diagnostic_with_its_place() {
    let program =
        Program::with_manifest(format!("{EMBEDDED}nonsense: 1\nusers: [{{profile: none}}]\n"));
    for arguments in [
        &["plan", "--json"][..],
        &["apply", "--json", "-auto-approve"],
        &["undo", "-auto-approve", "--json"],
    ] {
        let ended = program.run(arguments);
        let events = told(&ended);
        assert_eq!(ended.code, 1);
        let all = events.all("diagnostic");
        let unknown = all.iter().find(|one| one["range"]["path"] == "nonsense").unwrap();
        assert_eq!(unknown["range"]["file"], "clinic.yaml");
        assert_eq!(
            (&unknown["range"]["line"], &unknown["range"]["column"]),
            (&5.into(), &1.into())
        );
        assert_eq!((&unknown["severity"], &unknown["@level"]), (&"error".into(), &"error".into()));
        assert!(unknown["code"].as_str().unwrap().starts_with('M'));
        let last = all.last().unwrap();
        assert!(last["summary"].as_str().unwrap().contains("clinic.yaml has"), "{last}");
        assert!(ended.stderr.contains("nonsense"), "people read it too: {}", ended.stderr);
    }
}

#[test]
fn what_ends_a_command_before_anything_is_read_is_a_diagnostic() {
    let program = Program::with_manifest(EMBEDDED);
    for (arguments, code) in [
        (&["plan", "--json", "gone.yaml"][..], "M001"),
        (&["apply", "--json"], "U003"),
        (&["undo", "--json"], "U003"),
        (&["--chdir", "nowhere", "plan", "--json"], "U004"),
        (&["apply", "--json", "--resume", "1", "fleet.yaml"], "M001"),
    ] {
        let ended = program.run(arguments);
        let events = told(&ended);
        assert_eq!(events.kinds(), [("version", 1), ("diagnostic", 1), ("outcome", 1)]);
        assert_eq!(events.one("diagnostic")["code"], code, "{arguments:?}");
        assert_eq!(events.one("diagnostic")["range"], Value::Null);
        assert!(events.one("diagnostic")["hint"].is_string(), "{arguments:?}");
    }
}

#[test]
fn an_undo_is_told_like_an_apply_and_names_what_it_holds() {
    let program = Program::with_manifest(format!(
        "{EMBEDDED}users: [{{profile: ocean, all_offices: true}}]\n"
    ));
    let world = "version: 1\ntenant: LAKESIDE\noffices: [{id: 1, name: North}]\n\
        providers: [{id: 1, first: Ann, last: One, offices: [1]}, {id: 2, first: Bob, last: Two, offices: [1]}]\n\
        users: [{id: 77, name: OceanAPILAKESIDE, grid: [{office: 1, provider: all, full: [patient], revision: 4}]}]\n\
        ocean: {site: \"4021\", emr_user: OceanAPILAKESIDE, full_sync_seconds: 0.01}\n";
    fs::write(program.folder().join("world.yaml"), world).unwrap();
    let run = told(&program.run(&["apply", "-auto-approve", "--json"]));
    let run = &run.one("apply_summary")["run"];

    let events = told(&program.run(&["undo", "--json", "-out", "undo.json"]));
    assert_eq!(events.one("change_summary")["operation"], "plan");
    assert_eq!(events.one("change_summary")["undoes"], *run);
    assert_eq!(events.one("plan_saved")["file"], "undo.json");
    assert!(events.ends().is_empty());

    let events = told(&program.run(&["undo", "-auto-approve", "--json"]));
    assert_eq!(events.one("change_summary")["operation"], "undo");
    assert_eq!(events.one("apply_summary")["undoes"], *run);
    assert_eq!(events.one("verify_complete")["undoes"], *run);
    assert_eq!(events.rows("apply_complete").len(), 2);
    let row = events.all("planned_change")[0];
    assert_eq!((&row["rule"]["why"], &row["rule"]["of"]), (&"undo".into(), run));

    // Begun again it finds each row as planned.
    let events = told(&program.run(&["apply", "undo.json", "--json"]));
    assert_eq!(events.rows("apply_already_true").len(), 2);
    assert!(events.all("apply_start").is_empty());
}

#[test]
fn a_fleet_has_no_plan_document_but_the_events_of_all() {
    let scene = Shore::usual().open();
    let ended = scene.ran(&["plan", "fleet.yaml", "--format", "json"], 1);
    assert!(ended.stderr.contains("error[U005]"), "{}", ended.stderr);
    let events = told(&scene.ran(&["plan", "fleet.yaml", "--json", "-out", "all.bundle"], 0));
    let counts: Vec<_> = events.counts().into_iter().collect();
    assert_eq!(
        counts,
        [
            ("clinic_planned", 5),
            ("fleet_planned", 1),
            ("outcome", 1),
            ("plan_saved", 1),
            ("version", 1),
        ]
    );
}

#[test]
fn a_rollout_that_is_stopped_says_at_which_clinic_and_how_to_go_on() {
    let scene = Shore::usual().faults("- {on: grid_write, nth: 2, status: 403}\n").open();
    let ended = scene.run(&["apply", "fleet.yaml", "-auto-approve", "--json"]);
    let events = told(&ended);
    assert_ne!(ended.code, 0);
    let [.., failed] = events.all("clinic_complete")[..] else { panic!("{:?}", events.kinds()) };
    assert!(events.all("clinic_complete").iter().any(|one| one["@level"] == "error"), "{failed}");
    let (start, end) = (events.one("rollout_start"), events.one("rollout_end"));
    assert_eq!((&start["rollout"], &end["end"]), (&end["rollout"], &"stopped".into()));
    assert_eq!(start["resumed"], false);
    let id = start["rollout"].as_str().unwrap();
    let ended = scene.run(&["apply", "--resume", id, "fleet.yaml", "--json"]);
    let events = told(&ended);
    assert_eq!(events.one("rollout_start")["resumed"], true);
    assert_eq!((ended.code, &events.one("rollout_end")["end"]), (0, &"through".into()));
}

#[test]
fn a_stream_that_cannot_be_printed_is_an_error() {
    let clinic = Clinic::planned();
    let full = fs::OpenOptions::new().write(true).open("/dev/full");
    let Ok(full) = full else { return };
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_accuroform"));
    command.args(["show", "plan.json"]).current_dir(clinic.folder()).env_clear();
    let mut stream = std::process::Command::new(env!("CARGO_BIN_EXE_accuroform"));
    stream.args(["plan", "nothing.yaml", "--json"]).current_dir(clinic.folder()).env_clear();
    fs::write(clinic.folder().join("nothing.yaml"), format!("{EMBEDDED}users: []\n")).unwrap();
    for command in [&mut command, &mut stream] {
        let output = command.stdout(full.try_clone().unwrap()).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let story = String::from_utf8(output.stderr).unwrap();
        assert_eq!(story.matches("cannot print the result").count(), 1, "{story}");
    }
}
