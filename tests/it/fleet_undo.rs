//! Rollouts that are taken back.

use accuroform::sim::{Columns, Content, Level, RowKey, Written};
use jiff::{Timestamp, ToSpan as _};
use serde_json::Value;

use super::fleet_scene::{Scene, Shore, pairs};

const ALL: [&str; 5] = ["ash", "birch", "cedar", "dogwood", "elm"];

#[test]
fn what_takes_a_rollout_back_gives_every_clinic_its_grid_again_and_holds_what_moved() {
    let any = "  safety: {allow_empty: true, max_revocations: 100}\n";
    let scene = Shore::usual().defaults(any).open();
    scene.ran(&["apply", "fleet.yaml", "-auto-approve"], 0);
    scene.ran(&["rollout", "undo", "fleet.yaml", "-out", "back.bundle"], 0);
    let shown = scene.ran(&["show", "back.bundle"], 0).stdout;
    assert!(shown.contains("- 15 rows in 5 clinics: ") && shown.contains("(undo)"), "{shown}");
    let ended = scene.ran(&["apply", "back.bundle"], 0);
    assert!(ended.stdout.contains("5 clinics: 5 verified"), "{}", ended.stdout);
    for id in ALL {
        scene.must_be_as_before(id);
    }

    // Somebody changed a row since: it is held by name, and all others go back.
    let scene = Shore::usual().defaults(any).rollout("  stop_on: {held_rows_percent: 50}\n").open();
    scene.ran(&["apply", "fleet.yaml", "-auto-approve"], 0);
    let row = RowKey { user: 77, office: 1, provider: 2 };
    let mut columns = Columns::NONE;
    columns.patient = Level::ReadOnly;
    let content = Content::New(Written { columns, until: None });
    scene.clinic("cedar").write_as_somebody_else(row, content).unwrap();
    scene.ran(&["rollout", "undo", "fleet.yaml", "-out", "back.bundle"], 0);
    let ended = scene.ran(&["apply", "back.bundle"], 4);
    assert!(ended.stderr.contains("cedar: verified; rows: 2 done, 1 held"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("cedar/OceanAPICEDAR/North/Two, Bob (2): held"),
        "{}",
        ended.stderr
    );
    for id in ["ash", "birch", "dogwood", "elm"] {
        scene.must_be_as_before(id);
    }
    let log = scene.clinic("cedar").write_log().unwrap();
    let last = log.iter().rfind(|write| write.provider == 2).unwrap();
    assert_eq!((last.after.columns, &last.idempotency_key), (columns, &None));
}

/// Only some clinics were written when the rollout stopped: those are taken back, the others left out.
#[test]
fn what_takes_a_stopped_rollout_back_is_about_the_clinics_that_it_wrote() {
    let any = "  safety: {allow_empty: true, max_revocations: 100}\n";
    let account = "\naccount: {may_write_grid: false}\noffices:";
    let scene = Shore::usual().defaults(any).world("birch", "\noffices:", account).open();
    scene.ran(&["apply", "fleet.yaml", "-auto-approve"], 4);
    let stages: Vec<_> = scene.stages().into_iter().filter(|(id, _)| id != "cedar").collect();
    assert_eq!(stages, pairs(&[("ash", "verified"), ("birch", "incomplete")]));
    let ended = scene.ran(&["rollout", "undo", "fleet.yaml", "-out", "back.bundle"], 0);
    assert!(
        ended.stdout.contains("\nash") && !ended.stdout.contains("\nbirch"),
        "{}",
        ended.stdout
    );
    let written = scene.written_to(&ALL);
    scene.ran(&["apply", "back.bundle"], 0);
    for id in written {
        scene.must_be_as_before(id);
    }

    // A clinic that left the fleet cannot be taken back with it, and that is said.
    let scene = Shore::usual().defaults(any).open();
    scene.ran(&["apply", "fleet.yaml", "-auto-approve"], 0);
    std::fs::remove_file(scene.path("clinics/elm.yaml")).unwrap();
    let ended = scene.ran(&["rollout", "undo", "fleet.yaml", "-out", "back.bundle"], 8);
    assert!(ended.stdout.contains("! not read: elm: [R040] "), "{}", ended.stdout);

    let scene = Shore::usual().world("ash", "\noffices:", account).open();
    scene.ran(&["apply", "fleet.yaml", "-auto-approve"], 4);
    let ended = scene.ran(&["rollout", "undo", "fleet.yaml", "-out", "back.bundle"], 1);
    assert!(ended.stderr.contains("error[R042]"), "{}", ended.stderr);
}

const ANY: &str = "  safety: {allow_empty: true, max_revocations: 100}\n";

/// Where the folder state keeps a rollout.
fn kept(rollout: &str) -> String {
    format!(".accuroform/rollouts/{rollout}/rollout.json")
}

/// The rollout as it would be if the clock of the machine that began it were so many hours ahead.
fn begin_ahead(scene: &Scene, hours: i64) {
    let name = kept(&scene.rollout());
    let mut rollout: Value = serde_json::from_slice(&scene.read(&name)).unwrap();
    let created: Timestamp = rollout["created"].as_str().unwrap().parse().unwrap();
    rollout["created"] = (created + hours.hours()).to_string().into();
    scene.write(&name, &rollout.to_string());
}

/// The clinics were written by another machine than the one that began the rollout, and clocks differ.
#[test]
fn what_a_rollout_wrote_is_known_whatever_the_clocks_say() {
    let scene = Shore::usual().defaults(ANY).open();
    scene.ran(&["apply", "fleet.yaml", "-auto-approve"], 0);
    begin_ahead(&scene, 24);
    let history = scene.ran(&["history", "fleet.yaml", "--clinic", "ash"], 0).stdout;
    assert!(history.contains(&format!("\n  of rollout {}\n", scene.rollout())), "{history}");
    let ended = scene.ran(&["rollout", "undo", "fleet.yaml", "-out", "back.bundle"], 0);
    assert!(ended.stdout.contains("Plan of 5 clinics: 5 with changes"), "{}", ended.stdout);
    scene.ran(&["apply", "back.bundle"], 0);
    for id in ALL {
        scene.must_be_as_before(id);
    }
}

/// A rollout from before has a later name: of the same second, or of a machine whose clock is ahead.
#[test]
fn the_last_rollout_is_the_one_that_was_begun_last_whatever_the_clocks_say() {
    let manual = "  pause: {between_waves: manual}\n";
    let scene = Shore::usual().defaults(ANY).rollout(manual).open();
    scene.ran(&["apply", "fleet.yaml", "-auto-approve"], 4);
    let first = scene.rollout();
    let ahead = "20990101T000000Z-ffffffffffffffff";
    let text = String::from_utf8(scene.read(&kept(&first))).unwrap();
    std::fs::create_dir(scene.path(&format!(".accuroform/rollouts/{ahead}"))).unwrap();
    scene.write(&kept(ahead), &text.replace(&first, ahead));
    assert_eq!(scene.rollout(), ahead);

    scene.ran(&["rollout", "undo", &first, "fleet.yaml", "-out", "back.bundle"], 0);
    scene.ran(&["apply", "back.bundle"], 0);
    let last = scene.rollout();
    assert!(last != first && last != ahead, "{last}");
    assert_eq!(scene.stages(), pairs(&[("ash", "verified")]));
    scene.must_be_as_before("ash");
}

/// The journal is elsewhere, or gone: then nobody knows what is to be taken back, and it is said.
#[test]
fn a_clinic_whose_journal_lacks_a_run_of_the_rollout_is_not_left_out() {
    let scene = Shore::usual().defaults(ANY).open();
    scene.ran(&["apply", "fleet.yaml", "-auto-approve"], 0);
    let journal = "clinics/.accuroform/birch.journal.jsonl";
    std::fs::remove_file(scene.path(journal)).unwrap();
    let ended = scene.ran(&["rollout", "undo", "fleet.yaml", "-out", "back.bundle"], 8);
    assert!(ended.stdout.contains("! not read: birch: [R043] "), "{}", ended.stdout);
    assert!(ended.stdout.contains("Plan of 5 clinics: 4 with changes"), "{}", ended.stdout);
    let ended = scene.ran(&["apply", "back.bundle"], 4);
    assert!(ended.stdout.contains("1 failed"), "{}", ended.stdout);
}

/// Begun again before its end, what takes a rollout back does not take itself back.
#[test]
fn what_is_taken_back_by_default_is_never_an_undo() {
    let manual = "  pause: {between_waves: manual}\n";
    let scene = Shore::usual().defaults(ANY).rollout(manual).open();
    scene.ran(&["apply", "fleet.yaml", "-auto-approve"], 4);
    let first = scene.rollout();
    assert_eq!(scene.resume().code, 4);
    let undo = ["rollout", "undo", "fleet.yaml", "-out", "back.bundle"];
    scene.ran(&undo, 0);
    scene.ran(&["apply", "back.bundle"], 4);
    assert_ne!(scene.rollout(), first);
    let ended = scene.ran(&undo, 0);
    assert!(ended.stderr.contains(&format!("the rollout {first} back")), "{}", ended.stderr);
    assert!(ended.stdout.contains("0 rows to grant, 6 to revoke"), "{}", ended.stdout);
    // By its name it is taken back like any other.
    let named = ["rollout", "undo", &scene.rollout(), "fleet.yaml", "-out", "again.bundle"];
    let ended = scene.ran(&named, 0);
    assert!(ended.stdout.contains("3 rows to grant, 0 to revoke"), "{}", ended.stdout);
}

/// Rows that somebody else had set as planned are not the rollout's: they stay, and that is said.
#[test]
fn a_clinic_that_was_as_planned_before_its_turn_is_named_as_not_taken_back() {
    let scene = Shore::usual().defaults(ANY).open();
    scene.ran(&["plan", "fleet.yaml", "-out", "all.bundle"], 0);
    scene.ran(&["apply", "fleet.yaml", "--clinic", "birch", "-auto-approve"], 0);
    scene.ran(&["apply", "all.bundle"], 0);
    let status = scene.status();
    let birch = status["clinics"].as_array().unwrap().iter().find(|one| one["clinic"] == "birch");
    assert_eq!(
        (&birch.unwrap()["stage"], &birch.unwrap()["run"]),
        (&"verified".into(), &Value::Null)
    );
    let ended = scene.ran(&["rollout", "undo", "fleet.yaml", "-out", "back.bundle"], 0);
    assert!(ended.stdout.contains("Plan of 4 clinics: 4 with changes"), "{}", ended.stdout);
    let note = "note: by their journals the rollout wrote nothing to these, so they stay: birch\n";
    assert!(ended.stderr.contains(note), "{}", ended.stderr);
    scene.ran(&["apply", "back.bundle"], 0);
    scene.must_be_written_once("birch");
}

/// The users had nothing before, which a limit keeps anybody from leaving them with again.
#[test]
fn what_a_limit_refuses_is_not_offered_for_an_apply() {
    let scene = Shore::usual().open();
    scene.ran(&["apply", "fleet.yaml", "-auto-approve"], 0);
    let ended = scene.ran(&["rollout", "undo", "fleet.yaml", "-out", "back.bundle"], 5);
    let words = "saved to back.bundle; it is not applied while what is said above stands\n";
    assert!(ended.stderr.contains(words), "{}", ended.stderr);
    scene.ran(&["apply", "back.bundle"], 5);
}
