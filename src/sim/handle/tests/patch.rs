//! Writing: all or none, against revisions, once per key.

use axum::http::Method;
use serde_json::{Value, json};

use super::{Clinic, GRID, WORLD, code, key, row};

#[test]
fn a_batch_is_written_whole_or_not_at_all() {
    let mut clinic = Clinic::new(WORLD);
    let before = clinic.get(GRID);
    let conflict = clinic.patch(&[row(1, 11, Some(1), "none"), row(1, 10, Some(8), "full")]);
    assert_eq!(code(&conflict), (409, "revision-conflict"));
    assert_eq!(conflict.1["rows"].as_array().unwrap().len(), 1);
    assert_eq!(conflict.1["rows"][0]["revision"], 9);
    let invalid = clinic.patch(&[row(1, 11, Some(1), "none"), row(2, 11, None, "full")]);
    assert_eq!(code(&invalid), (422, "invalid-row"));
    assert_eq!(invalid.1["rows"], json!([{"officeId": 2, "providerId": 11}]));
    assert_eq!(clinic.get(GRID), before);
    assert_eq!(clinic.writes, []);
    let good = clinic.patch(&[row(1, 11, Some(1), "none"), row(1, 10, Some(9), "full")]);
    assert_eq!(good.0, 200);
    let revisions: Vec<_> = clinic.writes.iter().map(|w| (w.sequence, w.revision)).collect();
    assert_eq!(revisions, [(1, 2), (2, 10)]);
}

#[test]
fn revisions_go_on_where_they_were_when_a_revoked_row_comes_back() {
    let mut clinic = Clinic::new(WORLD);
    assert_eq!(clinic.patch(&[row(1, 10, Some(9), "none")]).1["rows"][0]["revision"], 10);
    let stale = clinic.patch(&[row(1, 10, Some(9), "full")]);
    assert_eq!(stale.1["rows"][0]["revision"], 10);
    assert_eq!(clinic.patch(&[row(1, 10, None, "full")]).1["rows"][0]["revision"], 11);
    // It is there again, so it cannot be expected to be absent.
    assert_eq!(clinic.patch(&[row(1, 10, None, "full")]).0, 409);
    // The row with nothing ticked that the world began with is there, too.
    assert_eq!(clinic.patch(&[row(2, 10, None, "full")]).0, 409);
    // What is as it was written keeps its revision, and shows in the log all the same.
    assert_eq!(clinic.patch(&[row(1, 10, Some(11), "full")]).1["rows"][0]["revision"], 11);
    assert_eq!(clinic.writes.len(), 3);
}

#[test]
fn a_row_that_never_was_is_expected_to_be_absent() {
    let mut clinic = Clinic::new(WORLD);
    let wrong = clinic.patch(&[row(3, 10, Some(1), "full")]);
    assert_eq!((wrong.0, &wrong.1["rows"][0]["revision"]), (409, &json!(0)));
    let nothing = clinic.patch(&[row(3, 10, None, "none")]);
    assert_eq!(nothing.1["rows"][0]["revision"], 0);
    let right = clinic.patch(&[row(3, 10, None, "full")]);
    assert_eq!((right.0, &right.1["rows"][0]["revision"]), (200, &json!(1)));
    assert_eq!(clinic.writes.last().unwrap().before, None);
}

#[test]
fn the_same_key_gets_the_same_answer_for_a_day() {
    let mut clinic = Clinic::new(WORLD);
    let body = json!({"rows": [row(1, 10, Some(9), "full")]}).to_string();
    let first = clinic.patch_with(&key(1), &body);
    assert_eq!(first.0, 200);
    clinic.patch(&[row(1, 10, Some(10), "none")]);
    assert_eq!(clinic.patch_with(&key(1), &body), first);
    let upper = key(1).to_uppercase();
    assert_eq!(clinic.patch_with(&upper, &body), first);
    let other = clinic.patch_with(&key(1), &body.replace("full", "none"));
    assert_eq!(code(&other), (422, "idempotency-mismatch"));
    // Refusals are kept as well: the conflict stays one although the row could now be written.
    let early = json!({"rows": [row(1, 10, Some(12), "full")]}).to_string();
    assert_eq!(clinic.patch_with(&key(2), &early).0, 409);
    clinic.patch(&[row(1, 10, Some(11), "full")]);
    assert_eq!(clinic.patch_with(&key(2), &early).0, 409);
    assert_eq!(clinic.writes.len(), 3);

    clinic.wait(24 * 60 * 60 * 1000);
    clinic.log_in();
    assert_eq!(clinic.patch_with(&key(1), &body).0, 409);
    assert_eq!(clinic.state.contents.kept.len(), 1, "expired answers are forgotten");
}

#[test]
fn a_key_that_is_missing_or_no_uuid_is_refused_and_nothing_is_kept() {
    let mut clinic = Clinic::new(WORLD);
    let body = json!({"rows": [row(1, 10, Some(9), "full")]}).to_string();
    for bad in
        ["", "1", "00000000-0000-4000-8000-00000000000g", "{00000000-0000-4000-8000-000000000001}"]
    {
        let answer = clinic.patch_with(bad, &body);
        assert_eq!(code(&answer), (422, "idempotency-key-required"), "{bad}");
    }
    let bearer = format!("Bearer {}", clinic.token);
    let json_type = ("content-type", "application/json");
    let without = [("authorization", bearer.as_str()), json_type];
    assert_eq!(clinic.send(Method::PATCH, GRID, &without, &body).0, 422);
    for content_type in ["text/plain", "application/json; charset=latin1", ""] {
        let key = key(1);
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", content_type),
            ("idempotency-key", &key),
        ];
        assert_eq!(clinic.send(Method::PATCH, GRID, &headers, &body).0, 415, "{content_type}");
    }
    assert!(clinic.state.contents.kept.is_empty());
}

#[test]
fn bodies_that_are_not_the_contracts_are_refused() {
    let mut clinic = Clinic::new(WORLD);
    let good = row(1, 10, Some(9), "full");
    let with = |pointer: &str, value: Value| {
        let mut row = good.clone();
        *row.pointer_mut(pointer).unwrap() = value;
        row
    };
    let without = |parent: &str, field: &str| {
        let mut row = good.clone();
        row.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(field);
        row
    };
    let mut extra = good.clone();
    extra["note"] = json!("x");
    for (row, expected) in [
        (extra, "invalid-body"),
        (without("", "expectedRevision"), "invalid-body"),
        (without("", "accessUntil"), "invalid-body"),
        (without("/columns", "prescribeFor"), "invalid-body"),
        (with("/officeId", json!("1")), "invalid-body"),
        (with("/expectedRevision", json!(-1)), "invalid-body"),
        (with("/columns/labs", json!(true)), "invalid-body"),
        (with("/columns/labs", json!("Full")), "invalid-row"),
        (with("/columns/labs", json!("read_only")), "invalid-row"),
        (with("/accessUntil", json!("2027-02-30")), "invalid-row"),
        (with("/accessUntil", json!("2027-01-31T00:00:00Z")), "invalid-row"),
        (with("/accessUntil", json!("")), "invalid-row"),
        (with("/officeId", json!(9)), "invalid-row"),
        (with("/providerId", json!(9)), "invalid-row"),
    ] {
        assert_eq!(code(&clinic.patch(std::slice::from_ref(&row))), (422, expected), "{row}");
    }
    for body in ["", "{}", "[]", r#"{"rows": [], "dryRun": true}"#, r#"{"rows": {}}"#] {
        let number = clinic.state.contents.kept.len();
        let answer = clinic.patch_with(&key(number), body);
        assert_eq!(code(&answer), (422, "invalid-body"), "{body}");
    }
    assert_eq!(code(&clinic.patch(&[])), (422, "invalid-batch"));
    assert_eq!(code(&clinic.patch(&vec![good.clone(); 501])), (422, "invalid-batch"));
    let twice = clinic.patch(&[good.clone(), good]);
    assert_eq!(code(&twice), (422, "invalid-row"));
    assert_eq!(twice.1["rows"], json!([{"officeId": 1, "providerId": 10}]));
    assert_eq!(clinic.writes, []);
}
