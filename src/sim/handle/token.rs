//! `POST /oauth/token`.

use axum::http::header;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use serde::Serialize;

use super::message::{Answer, Context, Handled, Request, refuse};
use super::{form, guard};
use crate::sim::credentials::{Fingerprint, fingerprint, hex};
use crate::sim::state::{Changes, State};

#[derive(Serialize)]
struct Body<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u32,
}

/// Gives out a token for the right credentials.
pub(super) fn issue(
    state: &State,
    request: &Request,
    context: &Context,
) -> Result<Handled, Answer> {
    if basic(request) != Some(context.client) {
        let message = "send the client id and secret as HTTP Basic authorization";
        return Err(refuse(401, "invalid-client", message).with("www-authenticate", "Basic"));
    }
    guard::content_type(request, "application/x-www-form-urlencoded")?;
    check_form(state, &request.body)?;
    let lifetime = state.world.token.lifetime_seconds;
    let end = context
        .now
        .checked_add(SignedDuration::from_secs(i64::from(lifetime)))
        .unwrap_or(jiff::Timestamp::MAX);
    let token = hex(&context.random);
    let body = Body { access_token: &token, token_type: "Bearer", expires_in: lifetime };
    Ok(Handled {
        answer: Answer::json(200, &body).with("cache-control", "no-store"),
        changes: Changes { token: Some((fingerprint("token", &token), end)), ..Changes::default() },
    })
}

fn basic(request: &Request) -> Option<Fingerprint> {
    let value = guard::header(&request.headers, &header::AUTHORIZATION).ok()??;
    let (scheme, encoded) = guard::scheme(value)?;
    if scheme != "basic" {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some(fingerprint(id, secret))
}

fn check_form(state: &State, body: &[u8]) -> Result<(), Answer> {
    let invalid = |message: &str| refuse(422, "invalid-request", message);
    let mut form = std::str::from_utf8(body)
        .ok()
        .and_then(|text| form::read(text).ok())
        .ok_or_else(|| invalid("the body is not a form in which each name is there once"))?;
    if form.remove("grant_type").as_deref() != Some("client_credentials") {
        let message = "grant_type must be client_credentials";
        return Err(refuse(422, "unsupported-grant-type", message));
    }
    let scope = form.remove("scope");
    if let Some(name) = form.keys().next() {
        return Err(invalid(&format!("form field {name} is not known here")));
    }
    match &state.world.token.scope {
        Some(wanted) if scope.as_ref() != Some(wanted) => {
            Err(refuse(422, "invalid-scope", &format!("scope must be {wanted}")))
        }
        Some(_) | None => Ok(()),
    }
}
