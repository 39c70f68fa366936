//! Tokens, scopes, what every call must carry, what an account may do.

use std::sync::Arc;

use super::{Clinic, GRID, WORLD, code, row};
use axum::http::Method;

#[test]
fn a_token_is_good_until_it_expires() {
    let mut clinic = Clinic::new(WORLD);
    clinic.wait(59_999);
    assert_eq!(clinic.get("/rest/v1/offices").0, 200);
    clinic.wait(1);
    assert_eq!(code(&clinic.get("/rest/v1/offices")), (401, "token-expired"));
    clinic.token = "made-up".to_owned();
    assert_eq!(code(&clinic.get("/rest/v1/offices")), (401, "token-unknown"));
    let bare = clinic.send(Method::GET, "/rest/v1/offices", &[], "");
    assert_eq!(code(&bare), (401, "token-missing"));
}

#[test]
fn tokens_that_ended_long_ago_are_forgotten_when_another_is_given_out() {
    let mut clinic = Clinic::new(WORLD);
    let first = *clinic.state.tokens.keys().next().unwrap();
    // The test's tokens are all the same text, so they are told apart by their keys here.
    let end = clinic.state.tokens.remove(&first).unwrap();
    clinic.state.tokens.insert([1; 32], end);
    clinic.wait(60_000 + 3_600_000);
    clinic.log_in();
    assert_eq!(clinic.state.tokens.len(), 2, "an hour after its end it is still known");
    clinic.wait(1);
    clinic.log_in();
    assert_eq!(clinic.state.tokens.keys().collect::<Vec<_>>(), [&first]);
}

#[test]
fn a_token_request_that_is_not_the_contracts_is_refused() {
    let mut clinic = Clinic::new(WORLD);
    for (pair, form, expected) in [
        ("id:wrong", "grant_type=client_credentials", (401, "invalid-client")),
        ("idsecret", "grant_type=client_credentials", (401, "invalid-client")),
        ("id:secret", "grant_type=password", (422, "unsupported-grant-type")),
        ("id:secret", "", (422, "unsupported-grant-type")),
        ("id:secret", "grant_type=client_credentials&client_id=id", (422, "invalid-request")),
        ("id:secret", "grant_type=client_credentials&scope=a&scope=b", (422, "invalid-request")),
    ] {
        assert_eq!(code(&clinic.ask_token(pair, form)), expected, "{pair} {form}");
    }
    let basic = "Basic aWQ6c2VjcmV0";
    let json_body = clinic.send(
        Method::POST,
        "/oauth/token",
        &[("authorization", basic), ("content-type", "application/json")],
        "grant_type=client_credentials",
    );
    assert_eq!(code(&json_body), (415, "unsupported-media-type"));
}

#[test]
fn a_scope_that_the_world_wants_must_be_asked_for() {
    let mut clinic = Clinic::new(WORLD);
    let mut world = (*clinic.state.world).clone();
    world.token.scope = Some("permissions".to_owned());
    clinic.state.world = Arc::new(world);
    let without = clinic.ask_token("id:secret", "grant_type=client_credentials");
    assert_eq!(code(&without), (422, "invalid-scope"));
    let with = clinic.ask_token("id:secret", "grant_type=client_credentials&scope=permissions");
    assert_eq!(with.0, 200);
}

#[test]
fn what_the_world_wants_on_every_call_is_wanted_on_every_call() {
    let mut clinic = Clinic::new(WORLD);
    let mut world = (*clinic.state.world).clone();
    world.require.query.insert("uuid".to_owned(), "u-1".to_owned());
    world.require.headers.insert("X-Key".to_owned(), "k".to_owned());
    clinic.state.world = Arc::new(world);
    let bearer = format!("Bearer {}", clinic.token);
    let mut ask = |target, headers: &[(&str, &str)]| {
        let (status, body) = clinic.send(Method::GET, target, headers, "");
        (status, body["error"].as_str().unwrap_or("").to_owned())
    };
    let full = [("authorization", bearer.as_str()), ("x-key", "k")];
    assert_eq!(ask("/rest/v1/offices?uuid=u-1", &full).0, 200);
    assert_eq!(ask("/rest/v1/offices?uuid=u-1", &full[..1]).1, "header-required");
    assert_eq!(ask("/rest/v1/offices", &full).1, "query-parameter-required");
    assert_eq!(ask("/rest/v1/offices?uuid=u-2", &full).1, "query-parameter-required");
    let token = clinic.ask_token("id:secret", "grant_type=client_credentials");
    assert_eq!(code(&token), (401, "header-required"));
}

#[test]
fn what_the_account_may_not_do_is_refused() {
    let denied = "account: {may_read_directory: false, may_read_grid: false, may_write_grid: \
                  false, site_admin: false}\noffices:";
    let world = WORLD.replacen("offices:", denied, 1);
    for (world, status) in [
        (world.clone(), 403),
        (world.replace("site_admin: false", "site_admin: false, denied_status: 401"), 401),
    ] {
        let mut clinic = Clinic::new(&world);
        for target in [
            "/rest/v1/offices",
            "/rest/v1/providers/offices/1",
            "/rest/v1/permissions/users?userName=x",
            GRID,
        ] {
            assert_eq!(code(&clinic.get(target)), (status, "permission-missing"), "{target}");
        }
        let patch = clinic.patch(&[row(1, 10, Some(9), "full")]);
        assert_eq!(code(&patch), (status, "permission-missing"));
        let sync = clinic.post_sync(r#"{"mode": "full"}"#);
        assert_eq!(code(&sync), (403, "site-admin-required"));
        assert_eq!(clinic.get("/cloud-connect/sites/4021").0, 200);
    }
}
