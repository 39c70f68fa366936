//! Users, pages, and what is not there.

use axum::http::Method;
use serde_json::{Value, json};

use super::{Clinic, GRID, WORLD, code, row};

#[test]
fn users_are_found_by_name_whatever_the_letter_case() {
    let mut clinic = Clinic::new(WORLD);
    let (_, two) = clinic.get("/rest/v1/permissions/users?userName=OCEANAPIT");
    assert_eq!(two.as_array().unwrap().len(), 2);
    let (status, none) = clinic.get("/rest/v1/permissions/users?userName=OceanAPI");
    assert_eq!((status, none), (200, json!([])));
    for bad in ["", "?userName=", "?name=x", "?userName=a&userName=b", "?userName=%ff"] {
        let target = format!("/rest/v1/permissions/users{bad}");
        assert_eq!(clinic.get(&target).0, 422, "{bad}");
    }
}

#[test]
fn what_is_not_there_is_404_and_a_body_where_none_belongs_is_refused() {
    let mut clinic = Clinic::new(WORLD);
    for target in [
        "/rest/v1/providers/offices/9",
        "/rest/v1/permissions/users/9/grid",
        "/cloud-connect/sites/9",
        "/cloud-connect/sites/9/providers",
        "/cloud-connect/sites/4021/sync/r-1",
        "/cloud-connect/sites/4021/sync/1",
    ] {
        assert_eq!(clinic.get(target).0, 404, "{target}");
    }
    let bearer = format!("Bearer {}", clinic.token);
    let answer = clinic.send(Method::GET, GRID, &[("authorization", &bearer)], "{}");
    assert_eq!(code(&answer), (422, "unexpected-body"));
}

#[test]
fn pages_hold_what_was_asked_for_and_cursors_survive_changes_between_them() {
    let mut clinic = Clinic::new(WORLD);
    let rows = |body: &Value| -> Vec<(u64, u64)> {
        let pair =
            |row: &Value| (row["officeId"].as_u64().unwrap(), row["providerId"].as_u64().unwrap());
        body["rows"].as_array().unwrap().iter().map(pair).collect()
    };
    let (_, first) = clinic.get(&format!("{GRID}?pageSize=2"));
    assert_eq!(rows(&first), [(1, 10), (1, 11)]);
    let cursor = first["nextCursor"].as_str().unwrap().to_owned();
    // The row at which the page ended goes, and so does one before it.
    let gone = [row(1, 10, Some(9), "none"), row(1, 11, Some(1), "none")];
    assert_eq!(clinic.patch(&gone).0, 200);
    let (_, second) = clinic.get(&format!("{GRID}?pageSize=3&cursor={cursor}"));
    assert_eq!(rows(&second), [(1, 12), (1, 13), (2, 10)]);
    assert_eq!(second["nextCursor"], Value::Null);
    // Revoked rows are left out; the row that the world began with is not.
    assert_eq!(rows(&clinic.get(GRID).1), [(1, 12), (1, 13), (2, 10)]);
    for size in ["0", "501", "+5", "", "x", "99999999999999999999"] {
        let answer = clinic.get(&format!("{GRID}?pageSize={size}"));
        assert_eq!(code(&answer), (422, "invalid-page-size"), "{size}");
    }
    let foreign = clinic.get(&format!("/rest/v1/permissions/users/78/grid?cursor={cursor}"));
    assert_eq!(code(&foreign), (422, "invalid-cursor"));
}
