//! One request: which call it is, whether it may be made, and who answers it.

use super::call::Call;
use super::message::{Answer, Context, Handled, Request};
use super::{cloud, directory, grid, guard, patch, token};
use crate::sim::state::State;

/// Decides what a request is answered and what it changes.
pub(in crate::sim) fn handle(state: &State, request: &Request, context: &Context) -> Handled {
    decide(state, request, context).unwrap_or_else(Handled::from)
}

fn decide(state: &State, request: &Request, context: &Context) -> Result<Handled, Answer> {
    let world = &state.world;
    let call = Call::find(&request.method, &request.path)?;
    guard::required_headers(&world.require, &request.headers)?;
    if call != Call::Token {
        guard::token(state, &request.headers, context.now)?;
    }
    let query = guard::query(&call, &world.require, request.query.as_deref())?;
    guard::no_body(&call, request)?;
    match call {
        Call::Token => token::issue(state, request, context),
        Call::Offices => directory::offices(state).map(Handled::from),
        Call::Providers { office } => directory::providers(state, office).map(Handled::from),
        Call::Users => grid::users(state, &query).map(Handled::from),
        Call::ReadGrid { user } => grid::page(state, user, &query).map(Handled::from),
        Call::WriteGrid { user } => patch::write(state, user, request, context),
        Call::Site { site } => cloud::site(state, &site, context.now).map(Handled::from),
        Call::StartSync { site } => cloud::start(state, &site, request, context.now),
        Call::Run { site, run } => cloud::run(state, &site, &run, context.now).map(Handled::from),
        Call::SiteProviders { site } => {
            cloud::providers(state, &site, context.now).map(Handled::from)
        }
    }
}
