//! The Cloud Connect of the Ocean site.

use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};

use super::guard;
use super::message::{Answer, Handled, Request, refuse};
use crate::sim::state::{Changes, State};
use crate::sim::sync::{self, Mode, Run, RunState};
use crate::sim::world::{Ocean, Provider};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SiteBody<'a> {
    site: &'a str,
    emr_user: &'a str,
    state: &'static str,
    colour: &'static str,
    run_id: Option<String>,
    last_completed: LastCompleted,
}

#[derive(Serialize)]
struct LastCompleted {
    full: Option<String>,
    recent: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RunBody<'a> {
    run_id: String,
    mode: Mode,
    state: RunState,
    message: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProviderBody {
    provider_id: u64,
    name: String,
    selected: bool,
    on_patients_page: bool,
    appointments: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StartBody {
    mode: Mode,
}

/// Whether a sync runs, and when the last ones completed.
pub(super) fn site(state: &State, site: &str, now: Timestamp) -> Result<Answer, Answer> {
    let ocean = known_site(state, site)?;
    let running = sync::running(state, now);
    let completed = |mode| {
        sync::last_completed(state, mode, now).map(|run| whole_seconds(run.ends()).to_string())
    };
    let body = SiteBody {
        site: &ocean.site,
        emr_user: &ocean.emr_user,
        state: if running.is_some() { "running" } else { "idle" },
        colour: if running.is_some() { "green" } else { "blue" },
        run_id: running.map(Run::id),
        last_completed: LastCompleted {
            full: completed(Mode::Full),
            recent: completed(Mode::Recent),
        },
    };
    Ok(Answer::json(200, &body))
}

/// Starts a sync, one at a time.
pub(super) fn start(
    state: &State,
    site: &str,
    request: &Request,
    now: Timestamp,
) -> Result<Handled, Answer> {
    let ocean = known_site(state, site)?;
    // The contract says 403 here, whatever other refusals answer.
    if !state.world.account.site_admin {
        let message = "the account is not Site Admin of this Ocean site";
        return Err(refuse(403, "site-admin-required", message));
    }
    guard::content_type(request, "application/json")?;
    let StartBody { mode } = guard::json(&request.body)?;
    if let Some(run) = sync::running(state, now) {
        let body = serde_json::json!({"error": "sync-running", "runId": run.id()});
        return Err(Answer::json(409, &body));
    }
    let run = Run::start(state, ocean, mode, now);
    Ok(Handled {
        answer: Answer::json(202, &serde_json::json!({"runId": run.id()})),
        changes: Changes { run: Some(run), ..Changes::default() },
    })
}

/// Where one run is.
pub(super) fn run(state: &State, site: &str, id: &str, now: Timestamp) -> Result<Answer, Answer> {
    known_site(state, site)?;
    let run = id
        .strip_prefix("r-")
        .and_then(|number| number.parse().ok())
        .and_then(|number: u64| state.contents.runs.get(&number))
        .filter(|run| run.id() == id)
        .ok_or_else(|| refuse(404, "run-not-found", &format!("there is no sync run {id}")))?;
    let at = run.state(now);
    let message = match at {
        RunState::Failed => run.failure.as_deref(),
        RunState::Running | RunState::Succeeded => None,
    };
    let body = RunBody { run_id: run.id(), mode: run.mode, state: at, message };
    Ok(Answer::json(200, &body))
}

/// Who is on the Patients page since the last completed full sync.
pub(super) fn providers(state: &State, site: &str, now: Timestamp) -> Result<Answer, Answer> {
    known_site(state, site)?;
    let last = sync::last_completed(state, Mode::Full, now);
    let body: Vec<_> = state
        .world
        .providers
        .iter()
        .map(|provider| {
            let booked = last.and_then(|run| run.page.get(&provider.id));
            ProviderBody {
                provider_id: provider.id,
                name: listed(provider),
                selected: provider.selected,
                on_patients_page: booked.is_some(),
                appointments: booked.copied().unwrap_or(0),
            }
        })
        .collect();
    Ok(Answer::json(200, &body))
}

fn known_site<'a>(state: &'a State, site: &str) -> Result<&'a Ocean, Answer> {
    state
        .world
        .ocean
        .as_ref()
        .filter(|ocean| ocean.site == site)
        .ok_or_else(|| refuse(404, "site-not-found", &format!("there is no Ocean site {site}")))
}

/// As lists show a provider: `Singh, Anita`.
fn listed(provider: &Provider) -> String {
    if provider.first.is_empty() {
        provider.last.clone()
    } else {
        format!("{}, {}", provider.last, provider.first)
    }
}

/// The contract shows times to the second.
fn whole_seconds(time: Timestamp) -> Timestamp {
    time.round(jiff::TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Trunc))
        .unwrap_or(time)
}
