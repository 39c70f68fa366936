//! Every request and every answer of the contract, over a socket, with every setting in use.

use accuroform::bridge::{BridgeError, Mode, RowWrite, RunState, Started, Written};
use accuroform::model::{
    Cells, Columns, Endpoint, Level, LiveRow, OfficeId, ProviderId, Revision, RowKey, UserId,
};
use reqwest::Url;
use serde_json::{Value, json};

use super::sim_client::{key, wire};
use super::stand_in::{
    Bridge, CLIENT_ID, GET_GRID, HEADER, PATCH_GRID, QUERY, Reply, SECRET, Script, Seen, StandIn,
    TOKEN, TOKEN_CALL, assert_no_secret, settings,
};

const SITE: &str = "/cloud-connect/sites/4021";

/// The largest number that JSON carries exactly everywhere.
const LARGEST: u64 = (1 << 53) - 1;

fn contract() -> StandIn {
    StandIn::scripted(Script::contract())
}

fn row_key(office: u64, provider: u64) -> RowKey {
    RowKey { office: OfficeId(office), provider: ProviderId(provider) }
}

/// The content of the contract's requests: Ocean's columns.
fn ocean_columns() -> Columns {
    use accuroform::model::Column::{Billing, Emr, Labs, Patient, Scheduling, Visible};
    let full = [Patient, Scheduling, Billing, Emr, Labs, Visible];
    Columns::from_fn(|one| if full.contains(&one) { Level::Full } else { Level::None })
}

/// The row of `grid.patch.request.json`.
fn write() -> RowWrite {
    let cells = Cells::new(ocean_columns(), None);
    RowWrite { key: row_key(1, 1042), expected: Some(Revision(9)), cells }
}

/// What every call but the token call carries, whatever it asks.
fn assert_call(seen: &Seen, call: &str, query: &[(&str, &str)]) {
    assert_eq!(seen.call(), call);
    let mut expected: Vec<_> =
        query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    expected.push(("uuid".to_owned(), QUERY.to_owned()));
    assert_eq!(seen.query(), expected, "{call}");
    assert_eq!(seen.header("authorization"), Some(format!("Bearer {TOKEN}1").as_str()), "{call}");
    assert_eq!(seen.header("x-subscription-key"), Some(HEADER), "{call}");
    assert_eq!(seen.header("accept"), Some("application/json"), "{call}");
    assert!(seen.header("user-agent").unwrap().starts_with("accuroform/"), "{call}");
    assert_eq!(seen.header("referer"), None, "{call}");
    assert_eq!(seen.header("cookie"), None, "{call}");
    if seen.method == "GET" {
        assert!(seen.body.is_empty() && seen.header("content-type").is_none(), "{call}");
        assert_eq!(seen.header("idempotency-key"), None, "{call}");
    }
}

#[tokio::test]
async fn each_read_is_the_call_of_the_contract() {
    let server = contract();
    let Bridge { reader, .. } = Bridge::to(&server);
    reader.offices().await.unwrap();
    reader.providers(OfficeId(1)).await.unwrap();
    reader.users("OceanAPILAKESIDE").await.unwrap();
    reader.grid(UserId(77)).await.unwrap();
    reader.site("4021").await.unwrap();
    reader.sync_run("4021", "r-8").await.unwrap();
    reader.site_providers("4021").await.unwrap();

    let seen = server.seen();
    assert_eq!(seen.len(), 8);
    assert_call(&seen[1], "GET /rest/v1/offices", &[]);
    assert_call(&seen[2], "GET /rest/v1/providers/offices/1", &[]);
    assert_call(&seen[3], "GET /rest/v1/permissions/users", &[("userName", "OceanAPILAKESIDE")]);
    assert_call(&seen[4], GET_GRID, &[("pageSize", "500")]);
    assert_call(&seen[5], &format!("GET {SITE}"), &[]);
    assert_call(&seen[6], &format!("GET {SITE}/sync/r-8"), &[]);
    assert_call(&seen[7], &format!("GET {SITE}/providers"), &[]);
}

#[tokio::test]
async fn the_token_call_is_a_form_with_basic_authorization_and_the_connections_extras() {
    use base64::Engine as _;
    let server = contract();
    let bridge = Bridge::to(&server);
    bridge.reader.offices().await.unwrap();
    bridge.reader.offices().await.unwrap();
    let tokens = server.calls(TOKEN_CALL);
    let [token] = tokens.as_slice() else { panic!("{} token calls", tokens.len()) };
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{CLIENT_ID}:{SECRET}"));
    assert_eq!(token.header("authorization"), Some(format!("Basic {basic}").as_str()));
    assert_eq!(token.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(token.header("x-subscription-key"), Some(HEADER));
    assert_eq!(token.query(), [("uuid".to_owned(), QUERY.to_owned())]);
    let form = std::fs::read("tests/wire/token.request.form").unwrap();
    assert_eq!(token.body, form);

    let server = contract();
    let mut without_scope = settings(&server.url());
    without_scope.scope = None;
    Bridge::with(without_scope).reader.offices().await.unwrap();
    assert_eq!(server.calls(TOKEN_CALL)[0].body, b"grant_type=client_credentials");
}

#[tokio::test]
async fn a_write_is_the_request_of_the_contract_with_all_nine_columns() {
    let server = contract();
    let Bridge { writer, .. } = Bridge::to(&server);
    let written = writer.write(UserId(77), &[write()], &key(1)).await.unwrap();
    let row = LiveRow {
        key: row_key(1, 1042),
        cells: Cells::new(ocean_columns(), None),
        revision: Revision(10),
    };
    assert_eq!(written, Written::All(vec![row]));
    let until = Some("2027-01-31".parse().unwrap());
    let absent = RowWrite {
        key: row_key(1, 1043),
        expected: None,
        cells: Cells::new(ocean_columns(), until),
    };
    writer.write(UserId(77), &[absent], &key(2)).await.unwrap();

    let seen = server.calls(PATCH_GRID);
    for (seen, number, fixture) in
        [(&seen[0], 1, "grid.patch.request.json"), (&seen[1], 2, "grid.patch.request.absent.json")]
    {
        assert_call(seen, PATCH_GRID, &[]);
        assert_eq!(seen.header("content-type"), Some("application/json"));
        assert_eq!(seen.header("idempotency-key"), Some(key(number).as_str()));
        assert_eq!(seen.json(), wire(fixture));
    }
}

#[tokio::test]
async fn a_sync_is_started_with_its_mode_alone() {
    let server = contract();
    let Bridge { starter, .. } = Bridge::to(&server);
    let started = Started::Run("r-8".to_owned());
    assert_eq!(starter.start("4021", Mode::Full).await.unwrap(), started);
    assert_eq!(starter.start("4021", Mode::Recent).await.unwrap(), started);
    let seen = server.calls(&format!("POST {SITE}/sync"));
    for (seen, fixture) in
        [(&seen[0], "sync.start.request.json"), (&seen[1], "sync.start.request.recent.json")]
    {
        assert_call(seen, &format!("POST {SITE}/sync"), &[]);
        assert_eq!(seen.header("content-type"), Some("application/json"));
        assert_eq!(seen.header("idempotency-key"), None);
        assert_eq!(seen.json(), wire(fixture));
    }
}

#[tokio::test]
async fn names_are_escaped_in_the_path_and_in_the_query() {
    let server = StandIn::start(|seen| match seen.path.as_str() {
        "/oauth/token" => super::stand_in::token("t"),
        "/rest/v1/permissions/users" => Reply::json(200, &json!([])),
        _ => Reply::wire(200, "site.idle.json"),
    });
    let Bridge { reader, .. } = Bridge::to(&server);
    let name = "Ocean API&userName=x#/../é%20+";
    reader.users(name).await.unwrap();
    reader.site("a/../b?c#d%2f é").await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[1].query()[0], ("userName".to_owned(), name.to_owned()));
    assert_eq!(seen[1].path, "/rest/v1/permissions/users");
    assert_eq!(seen[2].path, "/cloud-connect/sites/a%2F..%2Fb%3Fc%23d%252f%20%C3%A9");
    assert_eq!(seen[2].query().len(), 1);
    // A name that is a step in the path cannot be escaped, so it is not sent.
    for name in ["", ".", ".."] {
        let error = reader.site(name).await.unwrap_err();
        assert_eq!(error.code(), "C011", "{error}");
    }
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn every_path_may_be_another_and_the_url_may_have_one() {
    let server = StandIn::start(|seen| match seen.path.as_str() {
        "/base/t" => super::stand_in::token(&format!("{TOKEN}1")),
        "/base/o" => Reply::wire(200, "offices.json"),
        "/base/o/1/p" => Reply::wire(200, "providers.json"),
        "/base/u" => Reply::wire(200, "users.json"),
        "/base/g-77" if seen.method == "PATCH" => Reply::wire(200, "grid.patch.response.json"),
        "/base/g-77" => Reply::wire(200, "grid.page.last.json"),
        "/base/s/4021" => Reply::wire(200, "site.idle.json"),
        "/base/s/4021/go" => Reply::wire(202, "sync.start.response.json"),
        "/base/r-8/of/4021" => Reply::wire(200, "sync.run.running.json"),
        "/base/s/4021/who" => Reply::wire(200, "site.providers.json"),
        _ => Reply::refusal(404, "no-such-path"),
    });
    let paths = [
        (Endpoint::Token, "/t"),
        (Endpoint::Offices, "/o"),
        (Endpoint::OfficeProviders, "/o/{officeId}/p"),
        (Endpoint::Users, "/u"),
        (Endpoint::Grid, "/g-{userId}"),
        (Endpoint::Site, "/s/{site}"),
        (Endpoint::Sync, "/s/{site}/go"),
        (Endpoint::SyncRun, "/{runId}/of/{site}"),
        (Endpoint::SiteProviders, "/s/{site}/who"),
    ];
    assert_eq!(paths.len(), Endpoint::ALL.len());
    let mut settings = settings(&server.url());
    settings.url = Url::parse(&format!("{}/base/", server.url())).unwrap();
    settings.paths = paths.map(|(endpoint, path)| (endpoint, path.to_owned())).into();
    let Bridge { reader, writer, starter, .. } = Bridge::with(settings);
    reader.offices().await.unwrap();
    reader.providers(OfficeId(1)).await.unwrap();
    reader.users("x").await.unwrap();
    reader.grid(UserId(77)).await.unwrap();
    writer.write(UserId(77), &[write()], &key(1)).await.unwrap();
    reader.site("4021").await.unwrap();
    starter.start("4021", Mode::Full).await.unwrap();
    reader.sync_run("4021", "r-8").await.unwrap();
    reader.site_providers("4021").await.unwrap();
    assert_eq!(server.seen().len(), 10);
}

#[tokio::test]
async fn a_grid_is_read_page_by_page_with_the_servers_own_cursor() {
    let row = |provider: u64| {
        let mut row = wire("grid.page.json")["rows"][0].clone();
        row["providerId"] = json!(provider);
        row
    };
    let cursor = "a&b=c d/é+%";
    let pages = [
        json!({"rows": [row(3), row(1)], "nextCursor": cursor}),
        json!({"rows": [], "nextCursor": "next"}),
        json!({"rows": [row(2)], "nextCursor": null}),
    ];
    let pages = pages.map(|page| Reply::json(200, &page));
    let server = StandIn::scripted(Script::contract().on(GET_GRID, pages));
    let rows = Bridge::to(&server).reader.grid(UserId(77)).await.unwrap();
    let ids: Vec<u64> = rows.iter().map(|row| row.key.provider.0).collect();
    assert_eq!(ids, [1, 2, 3]);
    let seen = server.calls(GET_GRID);
    assert_eq!(seen.len(), 3);
    assert_call(&seen[0], GET_GRID, &[("pageSize", "500")]);
    assert_call(&seen[1], GET_GRID, &[("pageSize", "500"), ("cursor", cursor)]);
    assert_call(&seen[2], GET_GRID, &[("pageSize", "500"), ("cursor", "next")]);
}

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
    assert_eq!(reader.site("4021").await.unwrap().running.as_deref(), Some("r-7"));
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
            ("site.running.json", "/runId"),
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

#[test]
fn what_cannot_be_sent_is_refused_before_anything_is() {
    let refused = |change: fn(&mut accuroform::bridge::Settings)| {
        let mut settings = settings("http://127.0.0.1:1");
        change(&mut settings);
        let error = accuroform::bridge::Client::new(settings).unwrap_err();
        assert_no_secret(&format!("{error} {error:?} {}", error.hint()));
        assert_eq!(error.code(), "C011");
        error.to_string()
    };
    let message = refused(|settings| settings.url = Url::parse("http://10.0.0.1").unwrap());
    assert!(message.contains("must be https, or http to a loopback address"), "{message}");
    let message = refused(|settings| settings.headers[0].0 = "no name".to_owned());
    assert!(message.contains("the header `no name` cannot be sent"), "{message}");
    let message = refused(|settings| settings.headers[0].1 = format!("{HEADER}\nx").into());
    assert!(message.contains("the header `X-Subscription-Key` cannot be sent"), "{message}");
    let message = refused(|settings| settings.ca = Some(b"no certificate".to_vec()));
    assert!(message.contains("ca_file"), "{message}");
}
