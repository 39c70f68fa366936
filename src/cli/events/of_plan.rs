//! Events of a plan.

use super::event::{
    self, AgainstGit, ChangeSummary, EntryStart, Event, Operation, PlanSaved, PlannedUnread,
};
use super::line::{Level, Told};
use super::rows::{PlannedChange, PlannedExcess, PlannedHeld, Row, RuleAt};
use crate::diagnostic::Position;
use crate::model::Column;
use crate::plan::{Change, Plan, Refusal, Rule, Summary, Unread, UserPlan, Why};
use crate::report;

/// What is known about a plan besides it.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Judged<'a> {
    pub(in crate::cli) operation: Operation,
    pub(in crate::cli) digest: &'a str,
    pub(in crate::cli) refusals: &'a [Refusal],
    pub(in crate::cli) sync_owed: bool,
}

/// Every row that a plan speaks of by itself, then its summary, then what refuses it.
pub(in crate::cli) fn plan<'a>(
    plan: &'a Plan,
    judged: Judged<'a>,
) -> impl Iterator<Item = Told> + 'a {
    let changes = plan
        .users
        .iter()
        .flat_map(move |user| user.changes.iter().map(move |row| change(plan, user, row)));
    let summary = std::iter::once_with(move || summary(plan, judged));
    let refused = refusals(plan, judged.refusals, judged.digest);
    changes.chain(excess(plan)).chain(held(plan)).chain(unread(plan)).chain(summary).chain(refused)
}

fn change(plan: &Plan, user: &UserPlan, change: &Change) -> Told {
    let Change { key, before, after, revision, action, rule } = *change;
    let row = Row::of(plan, &user.name, key);
    let columns: Vec<Column> = Column::ALL
        .into_iter()
        .filter(|column| before.columns().get(*column) != after.columns().get(*column))
        .collect();
    let mut words: Vec<String> = columns
        .iter()
        .map(|column| {
            let (was, is) = (before.columns().get(*column), after.columns().get(*column));
            format!("{column} {was} -> {is}")
        })
        .collect();
    if before.until() != after.until() {
        words.push(after.until().map_or_else(
            || "no end of access".to_owned(),
            |until| format!("access until {until}"),
        ));
    }
    let message = format!("{}: to {}: {}", row.address, action.key(), words.join(", "));
    let rule = user.rules.get(rule as usize).map(|rule| rule_at(plan, rule));
    let until = after.until();
    let planned = PlannedChange { row, action, before, after, columns, until, revision, rule };
    Told::info(message, Event::PlannedChange(Box::new(planned)))
}

fn rule_at(plan: &Plan, rule: &Rule) -> RuleAt {
    let Rule { why, reason, layer, line, column } = rule;
    let (why, of) = match why {
        Why::Exact => ("exact", None),
        Why::Profile(name) => ("profile", Some(name)),
        Why::Override(name) => ("override", Some(name)),
        Why::Undo(run) => ("undo", Some(run)),
    };
    let is_there = *line > 0;
    RuleAt {
        why: why.to_owned(),
        of: of.cloned(),
        reason: reason.clone(),
        file: is_there.then(|| plan.manifest.file(*layer).to_owned()),
        line: is_there.then_some(*line),
        column: is_there.then_some(*column),
    }
}

fn excess(plan: &Plan) -> impl Iterator<Item = Told> + '_ {
    let one = |user: &UserPlan, excess: &crate::plan::Excess| {
        let crate::plan::Excess { key, holds, says } = *excess;
        let row = Row::of(plan, &user.name, key);
        let message = format!("{}: keeps more than the manifest says", row.address);
        Told::new(
            Level::Warn,
            message,
            Event::PlannedExcess(Box::new(PlannedExcess { row, holds, says })),
        )
    };
    plan.users.iter().flat_map(move |user| user.excess.iter().map(move |row| one(user, row)))
}

fn held(plan: &Plan) -> impl Iterator<Item = Told> + '_ {
    plan.held.iter().zip(report::held_rows(plan)).map(|(held, words)| {
        let crate::plan::HeldRow { user, key, was, is, reason } = held;
        let row = Row::of(plan, user, *key);
        let held = PlannedHeld { row, was: *was, is: *is, reason: *reason };
        Told::new(Level::Warn, words, Event::PlannedHeld(Box::new(held)))
    })
}

fn unread(plan: &Plan) -> impl Iterator<Item = Told> + '_ {
    plan.unread.iter().map(|unread| {
        let Unread { part, reason } = unread.clone();
        let message = format!("not read: {reason}");
        Told::new(Level::Error, message, Event::PlannedUnread(PlannedUnread { part, reason }))
    })
}

fn summary(plan: &Plan, judged: Judged<'_>) -> Told {
    let Judged { operation, digest, refusals, sync_owed } = judged;
    let changes: Summary = plan.summary();
    let summary = ChangeSummary {
        operation,
        digest: digest.to_owned(),
        manifest_digest: plan.manifest.digest.clone(),
        planner: plan.planner.clone(),
        undoes: plan.undoes.clone(),
        targets: plan.targets.clone(),
        changes,
        complete: plan.is_complete(),
        errors: plan.errors(),
        refusals: refusals.len(),
        sync_owed,
    };
    let is_good = plan.is_complete() && plan.errors() == 0;
    let message = report::summary_line(plan);
    Told::new(Level::error_unless(is_good), message, Event::ChangeSummary(Box::new(summary)))
}

/// What refuses a plan.
pub(in crate::cli) fn refusals<'a>(
    plan: &'a Plan,
    refusals: &'a [Refusal],
    digest: &'a str,
) -> impl Iterator<Item = Told> + 'a {
    refusals.iter().map(move |refusal| {
        let words = report::refused(plan, refusal);
        let message = format!("error[{}]: refused: {words}", refusal.code);
        Told::new(Level::Error, message, Event::Refusal(refused(plan, refusal, digest)))
    })
}

pub(super) fn refused(plan: &Plan, refusal: &Refusal, digest: &str) -> event::Refusal {
    let Refusal { code, message, hint, overridable, at } = refusal;
    let named = || report::allowance(digest);
    let range = |Position { layer, line, column }: Position| EntryStart {
        file: plan.manifest.file(layer).to_owned(),
        line,
        column,
    };
    event::Refusal {
        code: code.as_str().to_owned(),
        summary: message.clone(),
        hint: hint.clone(),
        r#override: overridable.then(named),
        range: at.map(range),
    }
}

/// What the change of the manifest since a commit asks for.
pub(in crate::cli) fn against_git(against: AgainstGit) -> Told {
    let AgainstGit { r#ref, by_change, pending, both, withdrawn, commit: _, is_new: _ } = &against;
    let message = format!(
        "since {ref}: {} rows by the change of the manifest, {} due before, {} both, {} withdrawn",
        by_change.len(),
        pending.len(),
        both.len(),
        withdrawn.len()
    );
    Told::info(message, Event::AgainstGit(against))
}

/// The plan was saved.
pub(in crate::cli) fn saved(file: &str, digest: &str) -> Told {
    let saved = PlanSaved { file: file.to_owned(), digest: digest.to_owned() };
    Told::info(format!("saved to {file}"), Event::PlanSaved(saved))
}
