//! Which call of the contract a method and a path mean.

use axum::http::Method;

use super::form;
use super::message::{Answer, refuse};
use crate::sim::faults::{Endpoint, Page};

/// A call of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Call {
    Token,
    Offices,
    Providers { office: u64 },
    Users,
    ReadGrid { user: u64 },
    WriteGrid { user: u64 },
    Site { site: String },
    StartSync { site: String },
    Run { site: String, run: String },
    SiteProviders { site: String },
}

impl Call {
    /// The call, or 404 for an unknown path and 405 for a known one with another method.
    pub(super) fn find(method: &Method, path: &str) -> Result<Self, Answer> {
        let segments = path
            .strip_prefix('/')
            .and_then(|rest| rest.split('/').map(form::decode).collect::<Option<Vec<_>>>())
            .ok_or_else(|| not_found(path))?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            ["oauth", "token"] => only(method, &Method::POST, Self::Token),
            ["rest", "v1", "offices"] => only(method, &Method::GET, Self::Offices),
            ["rest", "v1", "providers", "offices", office] => {
                let office = id(office).ok_or_else(|| not_found(path))?;
                only(method, &Method::GET, Self::Providers { office })
            }
            ["rest", "v1", "permissions", "users"] => only(method, &Method::GET, Self::Users),
            ["rest", "v1", "permissions", "users", user, "grid"] => {
                let user = id(user).ok_or_else(|| not_found(path))?;
                match *method {
                    Method::GET => Ok(Self::ReadGrid { user }),
                    Method::PATCH => Ok(Self::WriteGrid { user }),
                    _ => Err(wrong_method(method, "GET, PATCH")),
                }
            }
            ["cloud-connect", "sites", site, rest @ ..] => Self::cloud(method, path, site, rest),
            _ => Err(not_found(path)),
        }
    }

    fn cloud(method: &Method, path: &str, site: &str, rest: &[&str]) -> Result<Self, Answer> {
        let site = site.to_owned();
        match rest {
            [] => only(method, &Method::GET, Self::Site { site }),
            ["sync"] => only(method, &Method::POST, Self::StartSync { site }),
            ["sync", run] => {
                let run = (*run).to_owned();
                only(method, &Method::GET, Self::Run { site, run })
            }
            ["providers"] => only(method, &Method::GET, Self::SiteProviders { site }),
            _ => Err(not_found(path)),
        }
    }

    /// The query parameters that the call knows.
    pub(super) fn parameters(&self) -> &'static [&'static str] {
        match self {
            Self::Users => &["userName"],
            Self::ReadGrid { .. } => &["pageSize", "cursor"],
            Self::Token
            | Self::Offices
            | Self::Providers { .. }
            | Self::WriteGrid { .. }
            | Self::Site { .. }
            | Self::StartSync { .. }
            | Self::Run { .. }
            | Self::SiteProviders { .. } => &[],
        }
    }

    /// Whether the call has a body.
    pub(super) fn has_body(&self) -> bool {
        match self {
            Self::Token | Self::WriteGrid { .. } | Self::StartSync { .. } => true,
            Self::Offices
            | Self::Providers { .. }
            | Self::Users
            | Self::ReadGrid { .. }
            | Self::Site { .. }
            | Self::Run { .. }
            | Self::SiteProviders { .. } => false,
        }
    }
}

/// What of a request a fault can be matched with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sim) struct Asked {
    /// `None` for what is no call of the contract.
    pub(in crate::sim) endpoint: Option<Endpoint>,
    pub(in crate::sim) office: Option<u64>,
    pub(in crate::sim) user: Option<u64>,
    pub(in crate::sim) page: Option<Page>,
}

/// What a request asks for, whether or not it may.
pub(in crate::sim) fn asked(method: &Method, path: &str, query: Option<&str>) -> Asked {
    let nothing = Asked { endpoint: None, office: None, user: None, page: None };
    let Ok(call) = Call::find(method, path) else { return nothing };
    let to = |endpoint| Asked { endpoint: Some(endpoint), ..nothing };
    match call {
        Call::Token => to(Endpoint::Token),
        Call::Offices => to(Endpoint::Offices),
        Call::Providers { office } => {
            Asked { office: Some(office), ..to(Endpoint::OfficeProviders) }
        }
        Call::Users => to(Endpoint::Users),
        Call::ReadGrid { user } => {
            let names = form::read(query.unwrap_or_default()).unwrap_or_default();
            let page = if names.contains_key("cursor") { Page::Later } else { Page::First };
            Asked { user: Some(user), page: Some(page), ..to(Endpoint::GridRead) }
        }
        Call::WriteGrid { user } => Asked { user: Some(user), ..to(Endpoint::GridWrite) },
        Call::Site { .. } => to(Endpoint::Site),
        Call::StartSync { .. } => to(Endpoint::SyncStart),
        Call::Run { .. } => to(Endpoint::SyncRun),
        Call::SiteProviders { .. } => to(Endpoint::SiteProviders),
    }
}

fn only(method: &Method, expected: &Method, call: Call) -> Result<Call, Answer> {
    if method == expected {
        return Ok(call);
    }
    let allow = if *expected == Method::GET { "GET" } else { "POST" };
    Err(wrong_method(method, allow))
}

fn wrong_method(method: &Method, allow: &'static str) -> Answer {
    let message = format!("{method} is not known here; this path knows {allow}");
    refuse(405, "method-not-allowed", &message).with("allow", allow)
}

fn not_found(path: &str) -> Answer {
    refuse(404, "not-found", &format!("there is nothing at {path}"))
}

/// An id as the contract writes it: digits, no sign, no leading zero.
fn id(text: &str) -> Option<u64> {
    let id: u64 = text.parse().ok()?;
    (id.to_string() == text).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_paths_are_404_and_unknown_methods_405() {
        let status = |method: Method, path| Call::find(&method, path).unwrap_err().status;
        for path in [
            "/",
            "/rest/v1/offices/",
            "//rest/v1/offices",
            "/rest/v1/providers/offices/x",
            "/rest/v1/permissions/users/+77/grid",
            "/rest/v1/permissions/users/077/grid",
            "/cloud-connect/sites",
            "/cloud-connect/sites/4021/sync/r-1/more",
            "/rest/v1/%ff",
            "*",
        ] {
            assert_eq!(status(Method::GET, path), 404, "{path}");
        }
        for (method, path) in [
            (Method::GET, "/oauth/token"),
            (Method::POST, "/rest/v1/offices"),
            (Method::HEAD, "/rest/v1/offices"),
            (Method::PUT, "/rest/v1/permissions/users/77/grid"),
            (Method::GET, "/cloud-connect/sites/4021/sync"),
        ] {
            assert_eq!(status(method, path), 405, "{path}");
        }
    }

    #[test]
    fn segments_are_decoded_after_they_were_split() {
        let call = Call::find(&Method::GET, "/cloud-connect/sites/a%2Fb%20c").unwrap();
        assert_eq!(call, Call::Site { site: "a/b c".to_owned() });
    }
}
