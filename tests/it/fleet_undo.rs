//! Rollouts that are taken back.

use accuroform::sim::{Columns, Content, Level, RowKey, Written};

use super::fleet_scene::{Shore, pairs};

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
