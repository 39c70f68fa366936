//! What was done, as people and programs read it from the journal.

use serde_json::{Value, json};

use super::escape::escape;
use super::outcome::held;
use super::plan::{mark, place_of, why};
use super::table::count;
use crate::diagnostic::Layer;
use crate::finding::difference;
use crate::journal::{
    Attestation, Counts, End, Outcome, RowRecord, Run, RunRow, Said, Standing, Starter, Written,
};
use crate::model::Names;
use crate::plan::Action;

/// As many hexadecimal digits of a digest as people compare.
const SHORT: usize = 12;

/// The runs, newest first.
pub fn history(clinic: &str, runs: &[Run]) -> String {
    if runs.is_empty() {
        return format!("Nothing was applied to {} from here yet.\n", escape(clinic));
    }
    let blocks: Vec<String> = runs.iter().rev().map(head).collect();
    blocks.join("\n")
}

/// The runs for programs, newest first.
pub fn history_json(clinic: &str, runs: &[Run]) -> String {
    let runs: Vec<Value> = runs.iter().rev().map(summary).collect();
    let document = json!({
        "kind": "accuroform.history",
        "format_version": "1.0",
        "clinic": clinic,
        "runs": runs,
    });
    format!("{document}\n")
}

/// One run with its rows.
pub fn run(clinic: &str, run: &Run) -> String {
    let mut text = head(run);
    let file = |layer| {
        let starter = run.starter.as_ref()?;
        match layer {
            Layer::Clinic => starter.manifest_path.as_deref(),
            Layer::Fleet => starter.fleet_path.as_deref(),
        }
    };
    if !run.rows.is_empty() {
        text.push('\n');
    }
    for row in &run.rows {
        let RunRow { user: _, user_id: _, sent, written } = row;
        let action = Action::between(sent.before, sent.after).map_or(" ", mark);
        let cells = difference(sent.before, sent.after);
        text.push_str(&escape(&format!("  {action} {}: {cells}", address(clinic, row))));
        text.push('\n');
        let mut notes = vec![became(sent, written)];
        if let Some(rule) = &sent.rule {
            notes.push(why(rule));
            notes.extend(place_of(rule, file(rule.layer).unwrap_or("manifest")));
        }
        text.push_str(&escape(&format!("      {}", notes.join("; "))));
        text.push('\n');
    }
    text
}

/// One run with its rows, for programs.
pub fn run_json(clinic: &str, run: &Run) -> String {
    let rows = run.rows.iter().map(|row| {
        let RunRow { user, user_id: _, sent, written } = row;
        json!({
            "address": address(clinic, row),
            "user": user,
            "office_id": sent.key.office,
            "office": sent.office,
            "provider_id": sent.key.provider,
            "provider": sent.provider,
            "revision": sent.expected,
            "before": sent.before,
            "after": sent.after,
            "rule": sent.rule,
            "outcome": match written {
                Written::Known(outcome) => json!(outcome),
                Written::Asked(standing) => json!({ "asked": standing }),
                Written::Unknown => Value::Null,
            },
        })
    });
    let document = json!({
        "kind": "accuroform.history.run",
        "format_version": "1.0",
        "clinic": clinic,
        "run": summary(run),
        "rows": rows.collect::<Vec<_>>(),
    });
    format!("{document}\n")
}

fn summary(run: &Run) -> Value {
    let Run { id, at, starter, rows: _, counts, synced, verified, said, end } = run;
    json!({
        "id": id,
        "at": at,
        "operation": starter.as_ref().map(|starter| &starter.operation),
        "undoes": run.undoes(),
        "who": starter.as_ref().map(|starter| &starter.who),
        "host": starter.as_ref().map(|starter| &starter.host),
        "ci": starter.as_ref().and_then(|starter| starter.ci.as_ref()),
        "manifest": starter.as_ref().map(|starter| &starter.manifest),
        "manifest_path": starter.as_ref().and_then(|starter| starter.manifest_path.as_ref()),
        "commit": starter.as_ref().and_then(|starter| starter.commit.as_ref()),
        "plan": starter.as_ref().and_then(|starter| starter.plan.as_ref()),
        "rollout": starter.as_ref().and_then(|starter| starter.rollout.as_ref()),
        "version": starter.as_ref().map(|starter| &starter.version),
        "counts": counts,
        "synced": synced,
        "verified": verified,
        "said": said,
        "end": end,
    })
}

/// What, when, who, from what, and how it ended.
fn head(run: &Run) -> String {
    let Run { id, at, starter, rows, counts, synced: _, verified: _, said, end } = run;
    let operation = starter.as_ref().map_or("run", |starter| starter.operation.as_str());
    let mut lines = vec![format!("{operation} {id}: {}", ended(*end))];
    if let Some(starter) = starter {
        let Starter {
            operation: _,
            undoes,
            rollout,
            clinic: _,
            tenant: _,
            who,
            host,
            ci,
            manifest,
            manifest_path: _,
            fleet_path: _,
            commit,
            plan,
            version: _,
        } = starter;
        let ci = ci.as_ref().map(|run| format!(", {run}")).unwrap_or_default();
        lines.push(format!("  {at} by {who}@{host}{ci}"));
        lines.extend(undoes.as_ref().map(|run| format!("  takes back {run}")));
        lines.extend(rollout.as_ref().map(|rollout| format!("  of rollout {rollout}")));
        let mut from = vec![format!("manifest {}", short(manifest))];
        from.extend(commit.as_ref().map(|commit| format!("commit {}", short(commit))));
        from.extend(plan.as_ref().map(|plan| format!("plan {}", short(plan))));
        lines.push(format!("  {}", from.join(", ")));
    } else {
        lines.push(format!("  {at}"));
    }
    let is_asked = |row: &RunRow| matches!(row.written, Written::Asked(_));
    if rows.iter().any(is_asked) {
        lines.push(format!("  {}", asked(*counts)));
    } else if !matches!(operation, "sync" | "verify" | "worklist") {
        lines.push(format!("  {}", counted(*counts)));
    }
    lines.extend(said.iter().map(|said| format!("  {}", words(said))));
    lines.iter().map(|line| format!("{}\n", escape(line))).collect::<Vec<_>>().concat()
}

/// What a person was asked for, or said.
fn words(said: &Said) -> String {
    match said {
        Said::SyncAsked { site } => format!("a full sync of site {site} is asked of a person"),
        Said::SyncAttested(Attestation { by, at }) => {
            format!("{by} attests a full sync, begun at {at}")
        }
        Said::PageAttested { by, expected, missing } if missing.is_empty() => {
            format!("{by} attests that all {expected} expected are on the Patients page")
        }
        Said::PageAttested { by, expected, missing } => format!(
            "{by} attests that {} of {expected} expected are missing on the Patients page: {}",
            missing.len(),
            missing.join("; ")
        ),
        Said::ClicksAsked { rows } => format!("{} asked of a person", count(*rows, "row")),
        Said::ClicksAttested { by, at, rows } => {
            format!("{by} attests {} as set at {at}", count(*rows, "row"))
        }
        Said::ClicksSeen { rows } => format!("{} read again", count(*rows, "row")),
        Said::ClicksWithdrawn => "rows that nobody set are not asked for any more".to_owned(),
    }
}

/// What became of rows that were asked of a person.
fn asked(counts: Counts) -> String {
    let Counts { done, held: _, failed, unknown, not_reached } = counts;
    let open = not_reached.unwrap_or_default();
    format!(
        "{done} verified, {unknown} attested and not read since, {failed} not as attested, {open} open"
    )
}

fn counted(counts: Counts) -> String {
    let Counts { done, held, failed, unknown, not_reached } = counts;
    let mut words =
        vec![format!("{done} done"), format!("{held} held"), format!("{failed} failed")];
    if unknown > 0 {
        words.push(format!("{unknown} sent without a recorded answer"));
    }
    words.push(match not_reached {
        Some(not_reached) => format!("{not_reached} not reached"),
        None => "how many were not reached is not recorded".to_owned(),
    });
    words.join(", ")
}

const fn ended(end: End) -> &'static str {
    match end {
        End::Verified => "applied and verified",
        End::NotVerified => "applied, not verified",
        End::AlreadyTrue => "everything was already true",
        End::Incomplete => "incomplete",
        End::Synced => "synced",
        End::NotSynced => "not synced or not verified",
        End::SyncAsked | End::ClicksAsked => "asked of a person",
        End::SyncAttested | End::ClicksAttested => "attested, not verified",
        End::ClicksSeen => "attested rows were read again",
        End::ClicksWithdrawn => "no rows are asked of a person any more",
        End::PageConfirmed => "attested: everybody who is expected is on the Patients page",
        End::PageContradicted => "not verified: somebody is missing on the Patients page",
        End::Interrupted => "interrupted: no end record",
        End::Running => "running",
    }
}

fn short(digest: &str) -> String {
    digest.strip_prefix("sha256:").unwrap_or(digest).chars().take(SHORT).collect()
}

/// The address with the names that the directory had then.
fn address(clinic: &str, row: &RunRow) -> String {
    let RunRow { user, user_id: _, sent, written: _ } = row;
    let mut names = Names::default();
    names.offices.extend(sent.office.clone().map(|name| (sent.key.office, name)));
    names.providers.extend(sent.provider.clone().map(|name| (sent.key.provider, name)));
    names.address(clinic, user, sent.key)
}

fn became(sent: &RowRecord, written: &Written) -> String {
    match written {
        Written::Known(Outcome::Done) => "done".to_owned(),
        Written::Known(Outcome::AlreadyTrue) => "already true".to_owned(),
        Written::Known(Outcome::Held(hold)) => held(hold),
        Written::Known(Outcome::Refused(why)) => format!("refused: {why}"),
        Written::Known(Outcome::Failed(why)) => format!("failed: {why}"),
        Written::Known(Outcome::NotReached) => "not reached".to_owned(),
        Written::Unknown => "sent, no answer recorded".to_owned(),
        Written::Asked(Standing::Open) => "asked of a person".to_owned(),
        Written::Asked(Standing::Attested(Attestation { by, at })) => {
            format!("attested by {by} at {at}, not read since")
        }
        Written::Asked(Standing::Verified(Some(Attestation { by, at }))) => {
            format!("verified; set by {by}, as they say, at {at}")
        }
        Written::Asked(Standing::Verified(None)) => {
            "verified; nobody said that they set it".to_owned()
        }
        Written::Asked(Standing::Contradicted { said: Attestation { by, at }, is }) => {
            let words = difference(sent.after, *is);
            format!("attested by {by} at {at}; read since, it is not so (asked → is): {words}")
        }
    }
}
