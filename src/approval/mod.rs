//! The only way to an [`Approved`] plan, which is the only thing that `apply` takes.

use thiserror::Error;

use crate::plan::{Plan, Refusal, Violation, check};

/// A plan that somebody said yes to, with the digest they said it to.
#[derive(Debug)]
pub struct Approved<'p> {
    plan: &'p Plan,
    digest: &'p str,
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
    #[error("the plan is refused by {} of its guards", .0.len())]
    Refused(Vec<Refusal>),
    /// The override names another plan.
    #[error("--allow-mass-change={0} does not name this plan")]
    OtherPlan(String),
}

/// Binds somebody's yes to a plan that may be applied.
///
/// `allow_mass_change` is a prefix of the plan's digest: it overrides the mass-change guards for
/// this very plan and no other.
pub fn approve<'p>(
    plan: &'p Plan,
    digest: &'p str,
    refusals: &[Refusal],
    allow_mass_change: Option<&str>,
) -> Result<Approved<'p>, NotApproved> {
    if plan.errors() > 0 {
        return Err(NotApproved::Unresolved(plan.errors()));
    }
    if let Some(violation) = check(plan).into_iter().next() {
        return Err(NotApproved::Unsound(violation));
    }
    let allowed = match allow_mass_change {
        None => false,
        Some(prefix) if names(digest, prefix) => true,
        Some(prefix) => return Err(NotApproved::OtherPlan(prefix.to_owned())),
    };
    let standing: Vec<Refusal> =
        refusals.iter().filter(|refusal| !(allowed && refusal.overridable)).cloned().collect();
    if standing.is_empty() {
        Ok(Approved { plan, digest })
    } else {
        Err(NotApproved::Refused(standing))
    }
}

/// Whether `prefix`, with or without `sha256:`, is a long enough beginning of the digest.
fn names(digest: &str, prefix: &str) -> bool {
    let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
    let prefix = prefix.strip_prefix("sha256:").unwrap_or(prefix);
    prefix.len() >= PREFIX && hex.starts_with(prefix)
}
