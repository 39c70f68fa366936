//! Every request and every answer of the contract, over a socket, with every setting in use.

use accuroform::bridge::{Mode, RowWrite, Started, Written};
use accuroform::model::{
    Cells, Columns, Endpoint, Level, LiveRow, OfficeId, ProviderId, Revision, RowKey, UserId,
};
use reqwest::Url;
use serde_json::json;

use super::sim_client::{key, wire};
use super::stand_in::{
    Bridge, CLIENT_ID, GET_GRID, HEADER, PATCH_GRID, QUERY, Reply, SECRET, Script, Seen, StandIn,
    TOKEN, TOKEN_CALL, assert_no_secret, settings,
};

pub(crate) const SITE: &str = "/cloud-connect/sites/4021";

pub(crate) fn contract() -> StandIn {
    StandIn::scripted(Script::contract())
}

pub(crate) fn row_key(office: u64, provider: u64) -> RowKey {
    RowKey { office: OfficeId(office), provider: ProviderId(provider) }
}

/// The content of the contract's requests: Ocean's columns.
fn ocean_columns() -> Columns {
    use accuroform::model::Column::{Billing, Emr, Labs, Patient, Scheduling, Visible};
    let full = [Patient, Scheduling, Billing, Emr, Labs, Visible];
    Columns::from_fn(|one| if full.contains(&one) { Level::Full } else { Level::None })
}

/// The row of `grid.patch.request.json`.
pub(crate) fn write() -> RowWrite {
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
