//! What a command found and did, as CI systems are told. GitHub and GitLab get the same counts and
//! meanings, each in its own form.

mod annotation;
mod facts;
mod github;
mod gitlab;
mod notes;
mod values;
mod waiting;

pub use annotation::without_commands;
pub use facts::{Facts, NotRead, Outcomes, SyncEnd};
pub use github::{SUMMARY_LIMIT, annotations, left_out, outputs, plan_limit, summary};
pub use gitlab::{dotenv, junit, widget};
pub use values::Ending;
pub use waiting::Waiting;
