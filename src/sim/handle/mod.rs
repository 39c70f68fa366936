//! What the simulator answers, as pure functions of (state, request, context): no I/O, no clock,
//! no randomness. Start reading at [`handle`].

mod call;
mod cloud;
mod cursor;
mod directory;
mod elsewhere;
mod form;
mod grid;
mod guard;
mod message;
mod patch;
mod route;
mod token;

#[cfg(test)]
mod tests;

pub(super) use call::{Asked, asked};
pub(super) use elsewhere::{Elsewhere, happen, write};
pub(super) use form::redact;
pub(super) use guard::tenant;
pub(super) use message::{Answer, Context, Request, refuse};
pub(super) use route::handle;
