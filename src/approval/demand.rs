//! Which approvals a clinic demands, and which of those at hand count.

use std::collections::BTreeMap;
use std::fmt;

use super::signature::{Approval, NotAnApproval};
use crate::model::{PublicKey, fold};
use crate::plan::Plan;

/// The approvals that a plan needs before it is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// Whose approvals count.
    pub keys: Vec<TrustedKey>,
    /// How many different keys must have signed.
    pub required: usize,
    /// Whether an approval by the plan's planner does not count.
    pub not_the_planner: bool,
}

/// A key whose approvals count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    /// Whose key it is.
    pub name: String,
    /// The key.
    pub key: PublicKey,
}

/// An approval as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The file.
    pub file: String,
    /// What is in it.
    pub approval: Result<Approval, NotAnApproval>,
}

/// Somebody whose approval counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approver {
    /// The manifest's name for the key.
    pub name: String,
    /// The key's short name.
    pub key_id: String,
    /// When they signed, by their own clock.
    pub at: String,
    /// What they had to say.
    pub comment: Option<String>,
}

/// An approval that does not count, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCounted {
    /// The file.
    pub file: String,
    /// Why.
    pub reason: Reason,
}

/// Why an approval does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It is no approval.
    NotAnApproval(NotAnApproval),
    /// It is for the plan with this digest.
    OtherPlan(String),
    /// The manifest does not name its key.
    UnknownKey(String),
    /// The signature is not that of the key, over this text.
    BadSignature(String),
    /// The planner signed it.
    Planner(String),
    /// Another file has an approval by the same key.
    Repeated(String),
}

impl fmt::Display for NotCounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} does not count: ", self.file)?;
        match &self.reason {
            Reason::NotAnApproval(problem) => write!(f, "{problem}"),
            Reason::OtherPlan(digest) => write!(f, "it is for another plan, {digest}"),
            Reason::UnknownKey(id) => write!(f, "the manifest names no key {id}"),
            Reason::BadSignature(name) => write!(f, "the signature is not by the key of {name}"),
            Reason::Planner(name) => write!(f, "{name} made the plan"),
            Reason::Repeated(name) => write!(f, "{name} has approved already"),
        }
    }
}

/// The approvals of a plan, judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Count {
    /// Those that count, in manifest order of their keys.
    pub counted: Vec<Approver>,
    /// Those that do not, in the order in which they were given.
    pub not_counted: Vec<NotCounted>,
}

impl Demand {
    /// Judges every approval at hand.
    pub fn count(&self, plan: &Plan, digest: &str, given: &[Given]) -> Count {
        let mut counted: BTreeMap<usize, Approver> = BTreeMap::new();
        let mut not_counted = Vec::new();
        for Given { file, approval } in given {
            match self.judge(plan, digest, approval) {
                Ok((at, approver)) if !counted.contains_key(&at) => {
                    counted.insert(at, approver);
                }
                Ok((_, approver)) => {
                    let reason = Reason::Repeated(approver.name);
                    not_counted.push(NotCounted { file: file.clone(), reason });
                }
                Err(reason) => not_counted.push(NotCounted { file: file.clone(), reason }),
            }
        }
        Count { counted: counted.into_values().collect(), not_counted }
    }

    /// Whose approval it is, by the place of the key.
    fn judge(
        &self,
        plan: &Plan,
        digest: &str,
        approval: &Result<Approval, NotAnApproval>,
    ) -> Result<(usize, Approver), Reason> {
        let approval =
            approval.as_ref().map_err(|problem| Reason::NotAnApproval(problem.clone()))?;
        let named = |(_, trusted): &(usize, &TrustedKey)| trusted.key.id() == approval.key_id;
        let Some((at, TrustedKey { name, key })) = self.keys.iter().enumerate().find(named) else {
            return Err(Reason::UnknownKey(approval.key_id.clone()));
        };
        if !approval.is_signed_by(key) {
            return Err(Reason::BadSignature(name.clone()));
        }
        if approval.plan_digest != digest {
            return Err(Reason::OtherPlan(approval.plan_digest.clone()));
        }
        let is_planner = |planner: &String| fold(planner) == fold(name);
        if self.not_the_planner && plan.planner.as_ref().is_some_and(is_planner) {
            return Err(Reason::Planner(name.clone()));
        }
        let approver = Approver {
            name: name.clone(),
            key_id: approval.key_id.clone(),
            at: approval.at.clone(),
            comment: approval.comment.clone(),
        };
        Ok((at, approver))
    }
}
