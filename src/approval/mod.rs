//! The only way to an [`Approved`] plan, which is the only thing that `apply` takes.
//!
//! `signature.rs` makes and checks signed approvals, `demand.rs` says which of them count;
//! `four_eyes.rs` keeps who verifies apart from who did it.

mod demand;
mod four_eyes;
mod signature;

use thiserror::Error;

pub use demand::{Approver, Count, Demand, Given, NotCounted, Reason, TrustedKey};
pub use four_eyes::{SameEyes, other_eyes};
pub use signature::{Approval, FORMAT, NotAKey, NotAnApproval, Signer, Statement};

use crate::plan::{Plan, Refusal, Violation, check};

/// A plan that somebody said yes to, with the digest they said it to.
#[derive(Debug)]
pub struct Approved<'p> {
    plan: &'p Plan,
    digest: &'p str,
    approvals: Count,
}

impl<'p> Approved<'p> {
    /// The plan.
    pub fn plan(&self) -> &'p Plan {
        self.plan
    }

    /// The digest of exactly this plan.
    pub fn digest(&self) -> &'p str {
        self.digest
    }

    /// The signed approvals that were at hand; none where the clinic demands none.
    pub fn approvals(&self) -> &Count {
        &self.approvals
    }
}

/// What stands behind an approval, beside the plan itself.
#[derive(Debug, Clone, Copy)]
pub struct Consent<'a> {
    /// A prefix of the plan's digest: it overrides the mass-change guards for this very plan and no
    /// other.
    pub allow_mass_change: Option<&'a str>,
    /// The signed approvals that the clinic demands.
    pub demand: Option<&'a Demand>,
    /// The signed approvals at hand.
    pub given: &'a [Given],
}

impl<'a> Consent<'a> {
    /// The consent of a clinic that demands no signed approvals.
    pub const fn unsigned(allow_mass_change: Option<&'a str>) -> Self {
        Self { allow_mass_change, demand: None, given: &[] }
    }
}

/// The fewest characters of a digest that name a plan.
const PREFIX: usize = 8;

/// Why a plan cannot be approved.
#[derive(Debug, Error)]
pub enum NotApproved {
    /// Names are unknown or ambiguous.
    #[error("the plan has {0} unresolved findings and cannot be applied")]
    Unresolved(usize),
    /// The plan contradicts itself: a defect of the program that made it, or a forged plan.
    #[error("the plan is not sound: {0}")]
    Unsound(Violation),
    /// A guard refuses it.
    #[error("the plan is refused by its guards: {}", guards(.0))]
    Refused(Vec<Refusal>),
    /// The override names another plan.
    #[error("--allow-mass-change={0} does not name this plan")]
    OtherPlan(String),
    /// The approvals at hand are too few.
    #[error("the plan needs {} and has {}{}", needed(*required), approvals.counted.len(), reasons(approvals))]
    TooFew {
        /// How many different keys must have signed.
        required: usize,
        /// What is at hand.
        approvals: Count,
    },
    /// Its planner's approval must not count, and it does not name one.
    #[error("the plan does not name its planner, whose approval must not count")]
    NoPlanner,
}

/// Which guards.
fn guards(refusals: &[Refusal]) -> String {
    refusals.iter().map(|refusal| refusal.code.as_str()).collect::<Vec<_>>().join(", ")
}

fn needed(number: usize) -> String {
    if number == 1 { "1 approval".to_owned() } else { format!("{number} approvals") }
}

/// Why the others do not count, by file.
fn reasons(count: &Count) -> String {
    count.not_counted.iter().map(|not| format!("; {not}")).collect::<Vec<_>>().concat()
}

/// Binds somebody's yes to a plan that may be applied.
pub fn approve<'p>(
    plan: &'p Plan,
    digest: &'p str,
    refusals: &[Refusal],
    consent: Consent<'_>,
) -> Result<Approved<'p>, NotApproved> {
    if plan.errors() > 0 {
        return Err(NotApproved::Unresolved(plan.errors()));
    }
    if let Some(violation) = check(plan).into_iter().next() {
        return Err(NotApproved::Unsound(violation));
    }
    let Consent { allow_mass_change, demand, given } = consent;
    let allowed = match allow_mass_change {
        None => false,
        Some(prefix) if names(digest, prefix) => true,
        Some(prefix) => return Err(NotApproved::OtherPlan(prefix.to_owned())),
    };
    let standing: Vec<Refusal> =
        refusals.iter().filter(|refusal| !(allowed && refusal.overridable)).cloned().collect();
    if !standing.is_empty() {
        return Err(NotApproved::Refused(standing));
    }
    let approvals = match demand {
        None => Count::default(),
        Some(demand) => signed(plan, digest, demand, given)?,
    };
    Ok(Approved { plan, digest, approvals })
}

/// Counts the signed approvals.
fn signed(
    plan: &Plan,
    digest: &str,
    demand: &Demand,
    given: &[Given],
) -> Result<Count, NotApproved> {
    if demand.not_the_planner && plan.planner.is_none() {
        return Err(NotApproved::NoPlanner);
    }
    let approvals = demand.count(plan, digest, given);
    // A demand for nothing would be none; it must not be read as one that is always met.
    let required = demand.required.max(1);
    if approvals.counted.len() < required {
        return Err(NotApproved::TooFew { required, approvals });
    }
    Ok(approvals)
}

/// Whether `prefix`, with or without `sha256:`, is a long enough beginning of the digest.
fn names(digest: &str, prefix: &str) -> bool {
    let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
    let prefix = prefix.strip_prefix("sha256:").unwrap_or(prefix);
    prefix.len() >= PREFIX && hex.starts_with(prefix)
}
