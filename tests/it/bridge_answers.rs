//! How every answer of the contract is read, and which ones are refused.

use accuroform::bridge::{BridgeError, Mode, RunState, Started, Written};
use accuroform::model::{OfficeId, ProviderId, Revision, UserId};
use serde_json::{Value, json};

use super::bridge_contract::{SITE, contract, row_key, write};
use super::sim_client::{key, wire};
use super::stand_in::{Bridge, PATCH_GRID, Reply, Script, StandIn, assert_no_secret};

/// The largest number that JSON carries exactly everywhere.
const LARGEST: u64 = (1 << 53) - 1;

#[tokio::test]
async fn every_answer_of_the_contract_is_understood() {
    let server = contract();
    let Bridge { reader, starter, .. } = Bridge::to(&server);
    let offices = reader.offices().await.unwrap();
    assert_eq!((offices[0].id, offices[0].name.as_str()), (OfficeId(1), "Main Street"));
    assert!(offices[0].active);
    let providers = reader.providers(OfficeId(1)).await.unwrap();
    assert_eq!(providers[0].id, ProviderId(1042));
    assert_eq!(providers[0].name.listed(), "Singh, Anita");
    let users = reader.users("x").await.unwrap();
    assert_eq!((users[0].id, users[0].name.as_str()), (UserId(77), "OceanAPILAKESIDE"));
    assert!(users[0].active);
    let grid = reader.grid(UserId(77)).await.unwrap();
    assert_eq!((grid[0].key, grid[0].revision), (row_key(1, 1042), Revision(9)));
    assert_eq!(grid[0].cells.until().unwrap().to_string(), "2027-01-31");
    let columns = grid[0].cells.columns();
    let levels: Vec<&str> = columns.iter().map(|(_, level)| level.key()).collect();
    let full_labs = ["full", "full", "none", "none", "full", "read-only", "none", "full", "none"];
    assert_eq!(levels, full_labs);
    let site = reader.site("4021").await.unwrap();
    assert_eq!(site.emr_user.as_deref(), Some("OceanAPILAKESIDE"));
    assert_eq!((site.running, site.last_recent), (None, None));
    assert_eq!(site.last_full.as_deref(), Some("2026-11-20T14:00:00Z"));
    let run = reader.sync_run("4021", "r-8").await.unwrap();
    assert_eq!((run.mode, run.state), (Mode::Full, RunState::Succeeded));
    let listed = reader.site_providers("4021").await.unwrap();
    assert_eq!((listed[0].id, listed[0].appointments), (ProviderId(1042), 12));
    assert!(listed[0].selected && listed[0].on_patients_page);

    let run = format!("GET {SITE}/sync/r-8");
    let script = Script::contract()
        .on(&format!("GET {SITE}"), [Reply::wire(200, "site.running.json")])
        .on(&format!("POST {SITE}/sync"), [Reply::wire(409, "sync.start.running.json")])
        .on(&run, ["sync.run.running.json", "sync.run.failed.json"].map(|f| Reply::wire(200, f)));
    let busy = StandIn::scripted(script);
    let Bridge { reader, starter: busy_starter, .. } = Bridge::to(&busy);
    let running = reader.site("4021").await.unwrap().running;
    assert_eq!(running, Some(Some("r-7".to_owned())));
    let started = busy_starter.start("4021", Mode::Full).await.unwrap();
    assert_eq!(started, Started::Busy("r-7".to_owned()));
    assert_eq!(reader.sync_run("4021", "r-8").await.unwrap().state, RunState::Running);
    let failed = RunState::Failed("the EMR did not answer".to_owned());
    assert_eq!(reader.sync_run("4021", "r-8").await.unwrap().state, failed);
    assert!(starter.start("4021", Mode::Full).await.is_ok());
}

#[tokio::test]
async fn refused_batches_are_answers_not_failures() {
    let fixtures = [
        Reply::wire(409, "grid.patch.conflict.json"),
        Reply::wire(422, "grid.patch.invalid-row.json"),
        Reply::wire(422, "grid.patch.idempotency-mismatch.json"),
    ];
    let server = StandIn::scripted(Script::contract().on(PATCH_GRID, fixtures));
    let Bridge { writer, .. } = Bridge::to(&server);
    let mut answers = Vec::new();
    for number in 1..=3 {
        answers.push(writer.write(UserId(77), &[write()], &key(number)).await.unwrap());
    }
    let Written::Conflict(moved) = &answers[0] else { panic!("{:?}", answers[0]) };
    assert_eq!((moved[0].key, moved[0].revision), (row_key(1, 1042), Revision(10)));
    let Written::Invalid { message, rows } = &answers[1] else { panic!("{:?}", answers[1]) };
    assert!(message.starts_with("invalid-row: office 1, provider 9999"), "{message}");
    assert_eq!(rows, &[row_key(1, 9999)]);
    let Written::Invalid { message, rows } = &answers[2] else { panic!("{:?}", answers[2]) };
    assert!(message.starts_with("idempotency-mismatch: "), "{message}");
    assert!(rows.is_empty());
}

/// Adds a field nobody knows to every object.
fn with_unknown_fields(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let known = fields.iter().map(|(key, value)| (key.clone(), with_unknown_fields(value)));
            let unknown = ("unknownField".to_owned(), json!({"deep": [1, null, "x"]}));
            Value::Object(known.chain([unknown]).collect())
        }
        Value::Array(values) => values.iter().map(with_unknown_fields).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// Asks for whatever is answered by the fixture, with `body` as the answer.
async fn read_as(fixture: &str, body: &Value) -> Result<(), BridgeError> {
    let status = match fixture {
        "grid.patch.conflict.json" => 409,
        "grid.patch.invalid-row.json" => 422,
        _ => 200,
    };
    let body = body.clone();
    let server = StandIn::start(move |seen| match seen.path.as_str() {
        "/oauth/token" => super::stand_in::token("t"),
        _ => Reply::json(status, &body),
    });
    let Bridge { reader, writer, starter, .. } = Bridge::to(&server);
    match fixture {
        "offices.json" => reader.offices().await.map(drop),
        "providers.json" => reader.providers(OfficeId(1)).await.map(drop),
        "users.json" => reader.users("x").await.map(drop),
        "grid.page.last.json" => reader.grid(UserId(77)).await.map(drop),
        "site.idle.json" | "site.running.json" => reader.site("4021").await.map(drop),
        "sync.run.succeeded.json" => reader.sync_run("4021", "r-8").await.map(drop),
        "site.providers.json" => reader.site_providers("4021").await.map(drop),
        "sync.start.response.json" => starter.start("4021", Mode::Full).await.map(drop),
        other if other.starts_with("grid.patch") => {
            writer.write(UserId(77), &[write()], &key(1)).await.map(drop)
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn unknown_fields_of_an_answer_are_ignored() {
    for fixture in [
        "offices.json",
        "providers.json",
        "users.json",
        "grid.page.last.json",
        "grid.patch.response.json",
        "grid.patch.conflict.json",
        "grid.patch.invalid-row.json",
        "site.idle.json",
        "site.running.json",
        "sync.run.succeeded.json",
        "sync.start.response.json",
        "site.providers.json",
    ] {
        read_as(fixture, &with_unknown_fields(&wire(fixture))).await.unwrap();
    }
}

/// Removes what a JSON pointer names.
fn without(value: &Value, pointer: &str) -> Value {
    let mut value = value.clone();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    let parent = value.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    assert!(parent.remove(field).is_some(), "{pointer}");
    value
}

#[tokio::test]
async fn a_missing_field_that_decides_access_is_an_error_never_a_default() {
    let columns = [
        "patient",
        "scheduling",
        "billing",
        "inbox",
        "emr",
        "labs",
        "reporting",
        "visible",
        "prescribeFor",
    ];
    let columns = columns.map(|column| format!("/rows/0/columns/{column}"));
    let row = ["officeId", "providerId", "revision", "accessUntil", "columns"];
    let row: Vec<String> =
        row.iter().map(|field| format!("/rows/0/{field}")).chain(columns).collect();
    let mut cases: Vec<(&str, String)> = Vec::new();
    for fixture in ["grid.page.last.json", "grid.patch.response.json", "grid.patch.conflict.json"] {
        cases.extend(row.iter().map(|field| (fixture, field.clone())));
    }
    cases.extend(
        [
            ("grid.page.last.json", "/nextCursor"),
            ("grid.page.last.json", "/rows"),
            ("grid.patch.response.json", "/rows"),
            ("grid.patch.invalid-row.json", "/rows/0/officeId"),
            ("grid.patch.invalid-row.json", "/rows/0/providerId"),
            ("offices.json", "/0/officeId"),
            ("providers.json", "/0/providerId"),
            ("users.json", "/0/userId"),
            ("users.json", "/0/userName"),
            ("users.json", "/0/active"),
            ("site.idle.json", "/state"),
            ("sync.run.succeeded.json", "/mode"),
            ("sync.run.succeeded.json", "/state"),
            ("sync.start.response.json", "/runId"),
            ("site.providers.json", "/0/providerId"),
            ("site.providers.json", "/0/selected"),
            ("site.providers.json", "/0/onPatientsPage"),
        ]
        .map(|(fixture, field)| (fixture, field.to_owned())),
    );
    for (fixture, pointer) in cases {
        let error = read_as(fixture, &without(&wire(fixture), &pointer)).await.unwrap_err();
        assert_eq!(error.code(), "C010", "{fixture} without {pointer}: {error}");
        let field = pointer.rsplit('/').next().unwrap();
        assert!(error.to_string().contains(field), "{fixture} without {pointer}: {error}");
        assert!(!error.changed_nothing(), "{error}");
        assert_no_secret(&error.to_string());
    }
}

/// Replaces what a JSON pointer names.
fn with(fixture: &str, pointer: &str, new: Value) -> Value {
    let mut value = wire(fixture);
    *value.pointer_mut(pointer).unwrap() = new;
    value
}

#[tokio::test]
async fn a_number_that_json_cannot_carry_exactly_is_refused_where_it_comes_in() {
    let numbers = [
        ("offices.json", "/0/officeId"),
        ("providers.json", "/0/providerId"),
        ("users.json", "/0/userId"),
        ("grid.page.last.json", "/rows/0/officeId"),
        ("grid.page.last.json", "/rows/0/providerId"),
        ("grid.page.last.json", "/rows/0/revision"),
        ("grid.patch.response.json", "/rows/0/revision"),
        ("grid.patch.conflict.json", "/rows/0/revision"),
        ("grid.patch.invalid-row.json", "/rows/0/officeId"),
        ("grid.patch.invalid-row.json", "/rows/0/providerId"),
        ("site.providers.json", "/0/providerId"),
        ("site.providers.json", "/0/appointments"),
    ];
    for (fixture, pointer) in numbers {
        read_as(fixture, &with(fixture, pointer, json!(LARGEST))).await.unwrap();
        for wrong in [json!(LARGEST + 1), json!(u64::MAX), json!(-1), json!(1.5), json!("7")] {
            let error = read_as(fixture, &with(fixture, pointer, wrong.clone())).await.unwrap_err();
            assert_eq!(error.code(), "C010", "{fixture} {pointer} {wrong}: {error}");
        }
        let error =
            read_as(fixture, &with(fixture, pointer, json!(LARGEST + 1))).await.unwrap_err();
        assert!(error.to_string().contains("9007199254740992"), "{error}");
        assert!(error.to_string().contains("larger than 2^53"), "{error}");
    }
}

#[tokio::test]
async fn a_run_whose_name_cannot_be_asked_for_is_refused() {
    let long = "r".repeat(201);
    for name in ["", ".", "..", &long] {
        for (fixture, pointer) in
            [("sync.start.response.json", "/runId"), ("site.running.json", "/runId")]
        {
            let error = read_as(fixture, &with(fixture, pointer, json!(name))).await.unwrap_err();
            assert_eq!(error.code(), "C010", "{error}");
        }
    }
}

#[tokio::test]
async fn levels_and_dates_are_those_of_the_contract_and_no_others() {
    let until = "/rows/0/accessUntil";
    let blank = with("grid.page.last.json", until, json!(""));
    read_as("grid.page.last.json", &blank).await.unwrap();
    for wrong in ["2027-1-31", "2027-02-30", "2027-01-31T00:00:00Z", "31.01.2027", "never"] {
        let body = with("grid.page.last.json", until, json!(wrong));
        let error = read_as("grid.page.last.json", &body).await.unwrap_err();
        assert_eq!(error.code(), "C010", "{error}");
        assert!(error.to_string().contains(&format!("accessUntil `{wrong}`")), "{error}");
    }
    for wrong in [json!("Full"), json!("readonly"), json!(null), json!(true), json!("")] {
        let body = with("grid.page.last.json", "/rows/0/columns/labs", wrong);
        let error = read_as("grid.page.last.json", &body).await.unwrap_err();
        assert_eq!(error.code(), "C010", "{error}");
    }
}

#[tokio::test]
async fn one_office_or_provider_told_twice_must_be_told_the_same() {
    for (fixture, field) in [("offices.json", "name"), ("providers.json", "lastName")] {
        let entry = wire(fixture)[0].clone();
        let mut other = entry.clone();
        other[field] = json!("Other");
        read_as(fixture, &json!([entry, entry])).await.unwrap();
        let error = read_as(fixture, &json!([entry, other])).await.unwrap_err();
        assert_eq!(error.code(), "C010", "{error}");
        assert!(error.to_string().contains("told twice, and not the same"), "{error}");
    }
}
