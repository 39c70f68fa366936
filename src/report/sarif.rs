//! What stands in the way of plans as SARIF 2.1.0, for code scanning: each result at its line of the
//! manifest.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::escape::escape;
use super::review::{NotPlanned, Problem, ProblemKind, Review};
use crate::model::sha256;

/// Where the schema of the format is.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Results of the clinics, by id.
#[derive(Debug, Clone, Default)]
pub(super) struct Sarif {
    clinics: BTreeMap<String, Vec<Problem>>,
}

impl Sarif {
    /// Adds the plan of one more clinic.
    pub(super) fn add(&mut self, review: Review<'_>) {
        self.clinics.insert(review.plan.clinic.clone(), review.problems());
    }

    /// Adds a clinic that could not be planned.
    pub(super) fn not_planned(&mut self, not: &NotPlanned<'_>) {
        self.clinics.insert(not.clinic.to_owned(), vec![Problem::not_planned(not)]);
    }

    /// The log, one line.
    pub(super) fn text(&self) -> String {
        let titles: BTreeMap<&str, &str> = self
            .clinics
            .values()
            .flatten()
            .map(|problem| (problem.code.as_str(), problem.title))
            .collect();
        let rules: Vec<Value> = titles
            .iter()
            .map(|(code, title)| json!({"id": code, "shortDescription": {"text": sentence(title)}}))
            .collect();
        let results: Vec<Value> = self
            .clinics
            .iter()
            .flat_map(|(clinic, problems)| problems.iter().map(move |one| result(clinic, one)))
            .collect();
        let document = json!({
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [{
                "tool": {"driver": {
                    "name": "accuroform",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": rules,
                }},
                "columnKind": "unicodeCodePoints",
                "results": results,
            }],
        });
        format!("{document}\n")
    }
}

fn result(clinic: &str, problem: &Problem) -> Value {
    let Problem { kind, code, title: _, message, hint, file, place } = problem;
    let level = match kind {
        ProblemKind::Refused | ProblemKind::Unread | ProblemKind::Error => "error",
        ProblemKind::Warning => "warning",
    };
    let hint = hint.as_ref().map(|hint| format!(" Hint: {}", sentence(hint))).unwrap_or_default();
    // Readers show places and nothing else, so what has none is at the file's beginning.
    let region = match place {
        Some((line, column)) => json!({"startLine": line, "startColumn": column}),
        None => json!({"startLine": 1}),
    };
    let locations = if file.is_empty() {
        json!([])
    } else {
        json!([{"physicalLocation": {"artifactLocation": {"uri": uri(file)}, "region": region}}])
    };
    // The same finding stays the same when lines above it come and go.
    let print = sha256(format!("{code}\n{clinic}\n{file}\n{message}").as_bytes());
    json!({
        "ruleId": code,
        "level": level,
        "message": {"text": escape(&format!("{}{hint}", sentence(message)))},
        "locations": locations,
        "partialFingerprints": {"accuroformFinding/v1": print},
    })
}

/// A fragment as a sentence.
fn sentence(fragment: &str) -> String {
    let mut characters = fragment.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let rest = characters.as_str().trim_end_matches('.');
    format!("{first}{rest}.")
}

/// A path as a reference relative to the folder that was worked in.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let start = if path.starts_with('/') { "file://" } else { "" };
    let mut uri = start.to_owned();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}
