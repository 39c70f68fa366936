//! What a policy says.

use crate::diagnostic::Position;

/// One thing that a policy says of a plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Judgement {
    /// Which rule: a built-in one, or `package.rule` of a Rego file.
    pub rule: String,
    /// Whether the plan may not be applied; else it is a warning.
    pub is_denied: bool,
    /// What is wrong, in the rule's words.
    pub message: String,
    /// On what: a row's address, or what the rule itself names.
    pub place: Option<String>,
    /// The entry of the manifest behind it, where one is.
    pub at: Option<Position>,
}

impl Judgement {
    /// `excess-columns: 3 rows keep more (lakeside/OceanAPILAKESIDE/Main Street/Singh, Anita (1042))`.
    pub fn text(&self) -> String {
        let Self { rule, is_denied: _, message, place, at: _ } = self;
        let place = place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
        format!("{rule}: {message}{place}")
    }
}

/// The text of one policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegoFile {
    /// Its path, for messages.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// How one test of a policy ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TestOutcome {
    /// `package.test_name`.
    pub name: String,
    /// Whether it holds.
    pub holds: bool,
}
