//! The plan on disk: versioned canonical JSON (RFC 8785) that carries its own digest.
//!
//! [`seal`] writes it, [`open`] reads it back and refuses anything that is not exactly what was
//! sealed. The digest is the SHA-256 of the canonical JSON without the `digest` field.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use super::guard::Refusal;
use super::text;
use super::value::{Plan, Summary};
use crate::model::{printable_json, sha256};

/// The format this program writes; it reads every file of the same major version.
pub const FORMAT: &str = "1.0";

/// What `kind` says in every plan file.
pub const KIND: &str = "accuroform.plan";

/// A plan as it is stored, with the digest that stands for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// `sha256:` and the digest.
    pub digest: String,
    /// The file: one line of canonical JSON.
    pub text: String,
}

/// A file that is not a plan, or not the plan that was sealed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanFileError {
    /// Not JSON at all, or not a plan.
    #[error("the file is not an accuroform plan: {0}")]
    NotAPlan(String),
    /// Another major version.
    #[error("the plan has format {0}, this program reads format 1")]
    Format(String),
    /// Something in it was changed after it was made.
    #[error("the plan was changed after it was made: {0}")]
    Tampered(String),
}

impl PlanFileError {
    /// A stable code that a user may search for.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAPlan(_) => "P001",
            Self::Format(_) => "P002",
            Self::Tampered(_) => "P003",
        }
    }
}

/// What the file holds beside its digest.
#[derive(Serialize, Deserialize)]
struct Form<'a> {
    kind: Cow<'a, str>,
    format_version: Cow<'a, str>,
    plan: Cow<'a, Plan>,
    refusals: Cow<'a, [Refusal]>,
    summary: Summary,
    /// Whether an apply would have something to do and nothing stands in its way.
    applyable: bool,
    /// Whether everything could be read.
    complete: bool,
}

/// Makes the file of a plan. `refusals` are repeated in it for its readers; apply judges anew.
///
/// # Errors
/// The plan holds a value that canonical JSON cannot carry exactly.
pub fn seal(plan: &Plan, refusals: &[Refusal]) -> Result<Sealed, PlanFileError> {
    let mut bare = plan.clone();
    for user in &mut bare.users {
        user.changes.clear();
    }
    let content = value(form(plan, &bare, refusals), &bare)?;
    let mut text = text::text(&content, plan).map_err(not_a_plan)?;
    let digest = sha256(text.as_bytes());
    // In order the digest comes before the version, and what comes before both holds no text.
    let place = text.find("\"format_version\":").unwrap_or(text.len());
    text.insert_str(place, &format!("\"digest\":\"{digest}\","));
    text.push('\n');
    Ok(Sealed { digest, text })
}

/// The file without its digest.
fn content(plan: &Plan, refusals: &[Refusal]) -> Result<Value, PlanFileError> {
    value(form(plan, plan, refusals), plan)
}

/// What the file of `plan` says, with `written` as the plan in it.
fn form<'a>(plan: &Plan, written: &'a Plan, refusals: &'a [Refusal]) -> Form<'a> {
    Form {
        kind: KIND.into(),
        format_version: FORMAT.into(),
        plan: Cow::Borrowed(written),
        refusals: refusals.into(),
        summary: plan.summary(),
        applyable: is_applyable(plan, refusals),
        complete: plan.is_complete(),
    }
}

/// The form as a value, its rows with their addresses.
fn value(form: Form<'_>, written: &Plan) -> Result<Value, PlanFileError> {
    let mut value = serde_json::to_value(form).map_err(not_a_plan)?;
    for (place, address) in addresses(written) {
        if let Some(Value::Object(fields)) = value.pointer_mut(&place) {
            fields.insert("address".to_owned(), Value::String(address));
        }
    }
    Ok(value)
}

fn is_applyable(plan: &Plan, refusals: &[Refusal]) -> bool {
    !plan.is_empty() && plan.errors() == 0 && refusals.is_empty()
}

/// The place of each change and each held row in the file, and the address that people know it by.
fn addresses(plan: &Plan) -> impl Iterator<Item = (String, String)> {
    let changes = plan.users.iter().enumerate().flat_map(move |(at, user)| {
        user.changes.iter().enumerate().map(move |(row, change)| {
            let address = plan.names.address(&plan.clinic, &user.name, change.key);
            (format!("/plan/users/{at}/changes/{row}"), address)
        })
    });
    let held = plan.held.iter().enumerate().map(move |(row, held)| {
        let address = plan.names.address(&plan.clinic, &held.user, held.key);
        (format!("/plan/held/{row}"), address)
    });
    changes.chain(held)
}

/// A plan that was read back.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The plan.
    pub plan: Plan,
    /// `sha256:` and the digest that stands for it.
    pub digest: String,
    /// The limits that it broke when it was made; apply judges anew.
    pub refusals: Vec<Refusal>,
}

/// Reads a plan back, and nothing else than what [`seal`] wrote. Gives the plan and its digest.
pub fn open(text: &str) -> Result<(Plan, String), PlanFileError> {
    open_whole(text).map(|Opened { plan, digest, refusals: _ }| (plan, digest))
}

/// The same with all that the file says.
pub fn open_whole(text: &str) -> Result<Opened, PlanFileError> {
    let mut value: Value = serde_json::from_str(text).map_err(not_a_plan)?;
    let written = canonical(&value)? + "\n";
    let Value::Object(fields) = &mut value else {
        return Err(PlanFileError::NotAPlan("it is not a JSON object".to_owned()));
    };
    if fields.get("kind").and_then(Value::as_str) != Some(KIND) {
        return Err(PlanFileError::NotAPlan(format!("`kind` is not {KIND}")));
    }
    let format = fields.get("format_version").and_then(Value::as_str).unwrap_or("none");
    if format.split('.').next() != FORMAT.split('.').next() {
        return Err(PlanFileError::Format(format.to_owned()));
    }
    let Some(Value::String(claimed)) = fields.remove("digest") else {
        return Err(PlanFileError::Tampered("it has no digest".to_owned()));
    };
    let actual = digest(&value)?;
    if claimed != actual {
        return Err(PlanFileError::Tampered(format!(
            "it says digest {claimed}, but its content has {actual}"
        )));
    }
    // Printed to a terminal it has another spelling, which may have been redirected into a file.
    if written != text && printable_json(&written) != text {
        return Err(PlanFileError::Tampered("it is not in canonical form".to_owned()));
    }
    let form: Form<'_> = serde_json::from_value(value.clone()).map_err(not_a_plan)?;
    if let Some(problem) = misleading(&value, &form)? {
        return Err(PlanFileError::Tampered(problem));
    }
    let Form { plan, refusals, .. } = form;
    Ok(Opened { plan: plan.into_owned(), digest: claimed, refusals: refusals.into_owned() })
}

/// What the file tells its readers and is not so, whatever its digest says: it repeats in words what
/// the changes are, and a reviewer reads the words.
fn misleading(written: &Value, form: &Form<'_>) -> Result<Option<String>, PlanFileError> {
    let Form { plan, refusals, summary, applyable, complete, kind: _, format_version } = form;
    if *summary != plan.summary() {
        return Ok(Some("its summary is not that of its changes".to_owned()));
    }
    if *complete != plan.is_complete() || *applyable != is_applyable(plan, refusals) {
        return Ok(Some("it says another thing of itself than its parts do".to_owned()));
    }
    for (place, address) in addresses(plan) {
        let shown = written.pointer(&place).and_then(|change| change.get("address"));
        if shown.and_then(Value::as_str) != Some(&address) {
            return Ok(Some(format!("the row of {address} shows another address")));
        }
    }
    // A newer minor version may say more than is known here; this one may not.
    let known = if format_version == FORMAT { content(plan, refusals)? } else { Value::Null };
    Ok((format_version == FORMAT && *written != known)
        .then(|| "it holds something that no plan has".to_owned()))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err asks for")]
fn not_a_plan(error: serde_json::Error) -> PlanFileError {
    PlanFileError::NotAPlan(error.to_string())
}

fn canonical(value: &Value) -> Result<String, PlanFileError> {
    serde_json_canonicalizer::to_string(value).map_err(not_a_plan)
}

fn digest(value: &Value) -> Result<String, PlanFileError> {
    canonical(value).map(|text| sha256(text.as_bytes()))
}
