//! Cloud Connect: one run at a time, and who appears when.

use serde_json::{Value, json};

use super::{Clinic, WORLD, code, row};

#[test]
fn one_sync_runs_at_a_time_and_shows_green_until_it_is_over() {
    let mut clinic = Clinic::new(WORLD);
    let idle = clinic.get("/cloud-connect/sites/4021").1;
    assert_eq!(
        (&idle["state"], &idle["colour"], &idle["runId"]),
        (&json!("idle"), &json!("blue"), &Value::Null)
    );
    assert_eq!(clinic.post_sync(r#"{"mode": "full"}"#), (202, json!({"runId": "r-1"})));
    let busy = clinic.post_sync(r#"{"mode": "recent"}"#);
    assert_eq!(busy, (409, json!({"error": "sync-running", "runId": "r-1"})));
    clinic.wait(1999);
    let running = clinic.get("/cloud-connect/sites/4021").1;
    assert_eq!((&running["colour"], &running["runId"]), (&json!("green"), &json!("r-1")));
    assert_eq!(clinic.get("/cloud-connect/sites/4021/sync/r-1").1["state"], "running");
    clinic.wait(1);
    assert_eq!(clinic.get("/cloud-connect/sites/4021/sync/r-1").1["state"], "succeeded");
    let over = clinic.get("/cloud-connect/sites/4021").1;
    assert_eq!(over["colour"], "blue");
    assert_eq!(over["lastCompleted"], json!({"full": "2026-11-20T14:00:02Z", "recent": null}));
    assert_eq!(clinic.post_sync(r#"{"mode": "recent"}"#).1["runId"], "r-2");
    for bad in ["", "{}", r#"{"mode": "all"}"#, r#"{"mode": "full", "force": true}"#] {
        assert_eq!(code(&clinic.post_sync(bad)), (422, "invalid-body"), "{bad}");
    }
}

#[test]
fn a_provider_appears_after_a_full_sync_that_started_after_its_row_sufficed() {
    let mut clinic = Clinic::new(WORLD);
    assert_eq!(clinic.page(), [0; 0]);
    clinic.post_sync(r#"{"mode": "full"}"#);
    // Too late for the run that is under way.
    clinic.patch(&[row(1, 10, Some(9), "full")]);
    assert_eq!(clinic.page(), [0; 0], "nobody appears before the sync is over");
    clinic.wait(2000);
    // 12 is not selected, 13 has nothing booked.
    assert_eq!(clinic.page(), [11]);
    clinic.post_sync(r#"{"mode": "recent"}"#);
    clinic.wait(1000);
    assert_eq!(clinic.page(), [11], "a recent sync brings nobody");
    clinic.post_sync(r#"{"mode": "full"}"#);
    clinic.wait(2000);
    assert_eq!(clinic.page(), [10, 11]);
    // Who loses the permission is there until the next full sync.
    clinic.patch(&[row(1, 11, Some(1), "none")]);
    assert_eq!(clinic.page(), [10, 11]);
    clinic.post_sync(r#"{"mode": "full"}"#);
    clinic.wait(2000);
    assert_eq!(clinic.page(), [10]);
}

#[test]
fn one_office_suffices_but_not_two_halves_nor_a_closed_office_nor_a_past_date() {
    let mut clinic = Clinic::new(WORLD);
    let sync = |clinic: &mut Clinic| {
        clinic.post_sync(r#"{"mode": "full"}"#);
        clinic.wait(2000);
        clinic.page()
    };
    // Patient in office 1, the others in office 2.
    let mut half = row(2, 10, Some(1), "full");
    half["columns"]["patient"] = json!("none");
    assert_eq!(clinic.patch(&[half.clone(), row(3, 10, None, "full")]).0, 200);
    assert_eq!(sync(&mut clinic), [11]);
    half["columns"]["patient"] = json!("read-only");
    half["expectedRevision"] = json!(2);
    assert_eq!(clinic.patch(&[half]).0, 200);
    assert_eq!(sync(&mut clinic), [11]);
    let mut dated = row(2, 10, Some(3), "full");
    dated["accessUntil"] = json!("2026-11-19");
    assert_eq!(clinic.patch(&[dated.clone()]).0, 200);
    assert_eq!(sync(&mut clinic), [11]);
    dated["accessUntil"] = json!("2026-11-20");
    dated["expectedRevision"] = json!(4);
    assert_eq!(clinic.patch(&[dated]).0, 200);
    assert_eq!(sync(&mut clinic), [10, 11]);
}

#[test]
fn a_clinic_that_was_synced_before_shows_who_is_there_from_the_start() {
    let mut clinic =
        Clinic::new(&WORLD.replace("full_sync_seconds", "already_synced: true, full_sync_seconds"));
    assert_eq!(clinic.page(), [11]);
    let (_, site) = clinic.get("/cloud-connect/sites/4021");
    assert_eq!(site["lastCompleted"]["full"], "2026-11-20T14:00:00Z");
}
