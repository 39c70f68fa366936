//! What is checked of every request before its handler sees it.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, HeaderName, header};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::call::Call;
use super::form::{self, FormError};
use super::message::{Answer, Request, refuse};
use crate::sim::credentials::fingerprint;
use crate::sim::state::State;
use crate::sim::world::Require;

/// The one value of a header; `Err` if it is there more than once or is not text.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ()),
        (Some(_), Some(_)) => Err(()),
    }
}

/// The headers that the world wants on every call.
pub(super) fn required_headers(require: &Require, headers: &HeaderMap) -> Result<(), Answer> {
    for (name, value) in &require.headers {
        let carries = HeaderName::from_bytes(name.as_bytes())
            .is_ok_and(|name| header(headers, &name) == Ok(Some(value)));
        if !carries {
            let message = format!("header {name} is missing or wrong; every call must carry it");
            return Err(refuse(401, "header-required", &message));
        }
    }
    Ok(())
}

/// The bearer token: known, and not expired.
pub(super) fn token(state: &State, headers: &HeaderMap, now: Timestamp) -> Result<(), Answer> {
    let refused =
        |code, message| Err(refuse(401, code, message).with("www-authenticate", "Bearer"));
    let Ok(Some(value)) = header(headers, &header::AUTHORIZATION) else {
        return refused("token-missing", "send one Authorization header: Bearer <token>");
    };
    let Some(("bearer", token)) = scheme(value).as_ref().map(|(a, b)| (a.as_str(), *b)) else {
        return refused("token-missing", "the Authorization header must be: Bearer <token>");
    };
    match state.tokens.get(&fingerprint("token", token)) {
        Some(end) if now < *end => Ok(()),
        Some(_) => refused("token-expired", "the token has expired; ask for a new one"),
        None => refused("token-unknown", "the token is not known; ask for a new one"),
    }
}

/// The scheme of an Authorization header, in small letters, and the rest.
pub(super) fn scheme(value: &str) -> Option<(String, &str)> {
    let (scheme, rest) = value.split_once(' ')?;
    Some((scheme.to_ascii_lowercase(), rest.trim_start_matches(' ')))
}

/// The query parameters of the call: those that the world wants are checked and taken out.
pub(super) fn query(
    call: &Call,
    require: &Require,
    query: Option<&str>,
) -> Result<BTreeMap<String, String>, Answer> {
    let mut values = read(query)?;
    for (name, value) in &require.query {
        if values.remove(name).as_ref() != Some(value) {
            return Err(required(name));
        }
    }
    match values.keys().find(|name| !call.parameters().contains(&name.as_str())) {
        None => Ok(values),
        Some(name) => Err(refuse(
            422,
            "unknown-query-parameter",
            &format!("query parameter {name} is not known here"),
        )),
    }
}

/// The tenant that a call names, where one server has many.
pub(in crate::sim) fn tenant(query: Option<&str>) -> Result<String, Answer> {
    const NAME: &str = "tenant";
    read(query)?.remove(NAME).ok_or_else(|| required(NAME))
}

fn read(query: Option<&str>) -> Result<BTreeMap<String, String>, Answer> {
    form::read(query.unwrap_or_default()).map_err(|error| match error {
        FormError::Malformed => {
            refuse(422, "invalid-query", "the query is not percent-encoded UTF-8")
        }
        FormError::Repeated(name) => {
            refuse(422, "invalid-query", &format!("query parameter {name} is there more than once"))
        }
    })
}

fn required(name: &str) -> Answer {
    let message = format!("query parameter {name} is missing or wrong; every call must carry it");
    refuse(422, "query-parameter-required", &message)
}

/// That a call without a body has none.
pub(super) fn no_body(call: &Call, request: &Request) -> Result<(), Answer> {
    if call.has_body() || request.body.is_empty() {
        return Ok(());
    }
    Err(refuse(422, "unexpected-body", "this call takes no body"))
}

/// That the body is labelled as what it must be; UTF-8 is the only charset.
pub(super) fn content_type(request: &Request, expected: &str) -> Result<(), Answer> {
    let wrong = || {
        let message = format!("the body must be labelled Content-Type: {expected}");
        refuse(415, "unsupported-media-type", &message)
    };
    let value = header(&request.headers, &header::CONTENT_TYPE).ok().flatten().ok_or_else(wrong)?;
    let (essence, parameters) = value.split_once(';').unwrap_or((value, ""));
    let utf8 = ["", "charset=utf-8", "charset=\"utf-8\""];
    let accepted = essence.trim().eq_ignore_ascii_case(expected)
        && utf8.contains(&parameters.trim().to_ascii_lowercase().as_str());
    if accepted { Ok(()) } else { Err(wrong()) }
}

/// The JSON body; unknown and missing fields are refused.
pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Answer> {
    serde_json::from_slice(body)
        .map_err(|error| refuse(422, "invalid-body", &format!("cannot read the body: {error}")))
}

/// That the account may do it; else what the world's account answers.
pub(super) fn permitted(state: &State, may: bool, what: &str) -> Result<(), Answer> {
    if may {
        return Ok(());
    }
    let message = format!("the account lacks the permission to {what}");
    Err(refuse(state.world.account.denied_status, "permission-missing", &message))
}
