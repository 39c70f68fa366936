//! The base URL of a bridge: HTTPS, or HTTP to this computer, and nothing in it that may be secret.

use std::net::{IpAddr, Ipv6Addr};

use super::pattern::Fault;
use crate::diagnostic::Code;

/// The message never shows the URL: what is wrong with it may be a password.
pub(super) fn url(written: &str) -> Result<(), Fault> {
    let fault = |message: &str, hint: &str| Err(Fault::new(Code::Url, message, hint));
    let lower = written.to_ascii_lowercase();
    let (secure, rest) = match (lower.starts_with("https://"), lower.starts_with("http://")) {
        (true, _) => (true, written.get(8..).unwrap_or_default()),
        (_, true) => (false, written.get(7..).unwrap_or_default()),
        _ => return fault("the URL does not start with https://", "write the whole URL"),
    };
    if written.contains(char::is_whitespace) || written.contains(char::is_control) {
        return fault("the URL contains white space", "write a space in a path as %20");
    }
    let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if authority.contains('@') {
        return fault(
            "the URL contains a user or password",
            "remove it, and use client_id and client_secret",
        );
    }
    if tail.contains('?') {
        return fault("the URL has a query", "move its parameters to `query`");
    }
    if tail.contains('#') {
        return fault("the URL has a fragment", "remove the part from `#` on");
    }
    if !written.starts_with("http") {
        return fault("the URL does not start with https://", "write https in small letters");
    }
    let Some(host) = host(authority) else {
        return fault("the URL has no valid host", "write https://host or https://host:port");
    };
    if secure || is_loopback(host) {
        Ok(())
    } else {
        fault(
            "the URL is http, and not to this computer",
            "use https: secrets and permissions go over this connection",
        )
    }
}

/// The host of `host`, `host:port` or `[address]:port`, if it is well formed.
fn host(authority: &str) -> Option<&str> {
    let (host, port) = if authority.starts_with('[') {
        let (host, rest) = authority.split_at(authority.find(']')? + 1);
        let address = host.trim_start_matches('[').trim_end_matches(']');
        address.parse::<Ipv6Addr>().ok()?;
        (host, rest.strip_prefix(':').or(rest.is_empty().then_some("0"))?)
    } else {
        authority.split_once(':').unwrap_or((authority, "0"))
    };
    let name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '[' | ']' | ':');
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    (!host.is_empty() && host.chars().all(name) && digits && port.parse::<u16>().is_ok())
        .then_some(host)
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
