//! What an organisation says of a plan beside its limits: built-in rules, and rules in Rego.
//!
//! Everything here is a function of values: a plan, its document, and the text of policies. It reads no
//! file, asks no network and knows no time. [`Judgement`] is what comes out.

mod error;
mod judgement;
#[cfg(feature = "policy")]
mod rego;
#[cfg(not(feature = "policy"))]
#[path = "rego_off.rs"]
mod rego;
mod rules;

pub use error::PolicyError;
pub use judgement::{Judgement, RegoFile, TestOutcome};
pub use rego::{judge, run_tests};
pub use rules::{Settings, judge_rules, locate};
