//! Every call of the contract as data: endpoint, path values, query, body. Nothing is sent here.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::marker::PhantomData;

use reqwest::Url;

use super::{Mode, RowWrite, wire};
use crate::model::{Endpoint, OfficeId, UserId};

/// The most rows on a page and in a batch.
pub(crate) const PAGE: usize = 500;

/// A call that reads; its answer decodes to `T`.
#[derive(Debug)]
pub(super) struct Read<T> {
    pub(super) call: Call,
    answer: PhantomData<fn() -> T>,
}

/// A call that writes.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) call: Call,
    pub(super) method: WriteMethod,
    pub(super) body: Vec<u8>,
    /// With a key the same call may be sent again.
    pub(super) idempotency_key: Option<String>,
}

/// How a write is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WriteMethod {
    Patch,
    Post,
}

/// What reads and writes have in common.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) endpoint: Endpoint,
    /// What is attempted, on what, as messages say it after "cannot".
    pub(super) attempted: String,
    values: Vec<(&'static str, String)>,
    query: Vec<(&'static str, String)>,
}

impl Call {
    fn new(endpoint: Endpoint, attempted: impl Into<String>) -> Self {
        Self { endpoint, attempted: attempted.into(), values: Vec::new(), query: Vec::new() }
    }

    fn value(mut self, name: &'static str, value: &dyn Display) -> Self {
        self.values.push((name, value.to_string()));
        self
    }

    fn query(mut self, name: &'static str, value: &dyn Display) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    /// The address of the call, without the connection's own query parameters.
    ///
    /// Every value is percent-encoded, so a name can never reach another path.
    pub(super) fn url(
        &self,
        base: &Url,
        paths: &BTreeMap<Endpoint, String>,
    ) -> Result<Url, String> {
        let template =
            paths.get(&self.endpoint).map_or(self.endpoint.default_path(), String::as_str);
        let mut url = base.clone();
        {
            let mut segments =
                url.path_segments_mut().map_err(|()| "the url cannot carry a path".to_owned())?;
            segments.pop_if_empty();
            for segment in template.trim_start_matches('/').split('/') {
                let filled = self.values.iter().fold(segment.to_owned(), |text, (name, value)| {
                    text.replace(&format!("{{{name}}}"), value)
                });
                if matches!(filled.as_str(), "" | "." | "..") {
                    return Err(format!("the path `{template}` cannot be filled in"));
                }
                segments.push(&filled);
            }
        }
        for (name, value) in &self.query {
            url.query_pairs_mut().append_pair(name, value);
        }
        Ok(url)
    }
}

fn read<T>(call: Call) -> Read<T> {
    Read { call, answer: PhantomData }
}

pub(super) fn offices() -> Read<Vec<wire::Office>> {
    read(Call::new(Endpoint::Offices, "list the offices"))
}

pub(super) fn providers(office: OfficeId) -> Read<Vec<wire::Provider>> {
    let call =
        Call::new(Endpoint::OfficeProviders, format!("list the providers of office {office}"));
    read(call.value("officeId", &office))
}

pub(super) fn users(name: &str) -> Read<Vec<wire::User>> {
    let call = Call::new(Endpoint::Users, format!("look up the user `{name}`"));
    read(call.query("userName", &name))
}

pub(super) fn grid(user: UserId, page: usize, cursor: Option<&str>) -> Read<wire::GridPage> {
    let call = Call::new(Endpoint::Grid, format!("read page {page} of the grid of user {user}"))
        .value("userId", &user)
        .query("pageSize", &PAGE);
    read(match cursor {
        Some(cursor) => call.query("cursor", &cursor),
        None => call,
    })
}

pub(super) fn site(site: &str) -> Read<wire::Site> {
    read(
        Call::new(Endpoint::Site, format!("read the state of Ocean site {site}"))
            .value("site", &site),
    )
}

pub(super) fn sync_run(site: &str, run: &str) -> Read<wire::SyncRun> {
    let call = Call::new(Endpoint::SyncRun, format!("read sync run {run} of Ocean site {site}"));
    read(call.value("site", &site).value("runId", &run))
}

pub(super) fn site_providers(site: &str) -> Read<Vec<wire::SiteProvider>> {
    let call =
        Call::new(Endpoint::SiteProviders, format!("list the providers of Ocean site {site}"));
    read(call.value("site", &site))
}

/// The batch of rows as one write; serialising plain values cannot fail.
pub(super) fn patch_grid(user: UserId, rows: &[RowWrite], key: &str) -> Write {
    let attempted = match rows.len() {
        1 => format!("write a row of the grid of user {user}"),
        several => format!("write {several} rows of the grid of user {user}"),
    };
    Write {
        call: Call::new(Endpoint::Grid, attempted).value("userId", &user),
        method: WriteMethod::Patch,
        body: json(&wire::GridPatch { rows: rows.iter().map(wire::PatchRow::from).collect() }),
        idempotency_key: Some(key.to_owned()),
    }
}

pub(super) fn start_sync(site: &str, mode: Mode) -> Write {
    let attempted = format!("start the {} sync of Ocean site {site}", mode.key());
    Write {
        call: Call::new(Endpoint::Sync, attempted).value("site", &site),
        method: WriteMethod::Post,
        body: json(&wire::StartSync { mode: mode.key() }),
        idempotency_key: None,
    }
}

fn json(body: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(body).unwrap_or_default()
}

/// The address of the token call.
pub(super) fn token() -> Call {
    Call::new(Endpoint::Token, "get a token")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(call: &Call) -> String {
        let base = Url::parse("https://bridge.example.org/clinic/").unwrap();
        call.url(&base, &BTreeMap::new()).unwrap().to_string()
    }

    #[test]
    fn names_are_escaped_and_never_change_the_path() {
        assert_eq!(
            url(&users("Ocean API&x=1/../é").call),
            "https://bridge.example.org/clinic/rest/v1/permissions/users?userName=Ocean+API%26x%3D1%2F..%2F%C3%A9"
        );
        assert_eq!(
            url(&site("a/../b").call),
            "https://bridge.example.org/clinic/cloud-connect/sites/a%2F..%2Fb"
        );
        let base = Url::parse("https://bridge.example.org").unwrap();
        assert!(sync_run("4021", "..").call.url(&base, &BTreeMap::new()).is_err());
    }

    #[test]
    fn an_overridden_template_is_filled_in() {
        let base = Url::parse("https://bridge.example.org").unwrap();
        let paths = BTreeMap::from([(Endpoint::OfficeProviders, "/v2/o-{officeId}/p".to_owned())]);
        assert_eq!(providers(OfficeId(7)).call.url(&base, &paths).unwrap().path(), "/v2/o-7/p");
    }
}
