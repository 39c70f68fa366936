//! What became of an apply, its sync and its verification, as people read it.

use super::escape::escape;
use super::table::{count, wrap};
use crate::finding::{Kind, Origin, below_ocean, why_held};
use crate::journal::{Hold, Outcome, RowOutcome};
use crate::model::{Column, Level};
use crate::ocean::{Appearance, Missing, Reason};
use crate::plan::Plan;

/// Each row that is not as planned, then the counts.
pub fn outcomes(plan: &Plan, outcomes: &[RowOutcome], halted: Option<&str>) -> String {
    let mut lines = Vec::new();
    for row in outcomes {
        let words = match &row.outcome {
            Outcome::Done | Outcome::AlreadyTrue | Outcome::NotReached => continue,
            Outcome::Held(hold) => held(hold),
            Outcome::Refused(why) => format!("refused: {why}"),
            Outcome::Failed(why) => format!("failed: {why}"),
        };
        let address = plan.names.address(&plan.clinic, &row.user, row.key);
        lines.push(escape(&format!("{address}: {words}")).into_owned());
    }
    if let Some(why) = halted {
        lines.push(escape(&format!("Ended early: {why}.")).into_owned());
    }
    lines.push(counts(outcomes));
    lines.join("\n") + "\n"
}

/// Why a row was left alone.
pub fn held(hold: &Hold) -> String {
    let (was, is, now) = match hold {
        Hold::Moved { was, is, now } => (was, is, now),
        Hold::Unplanned { was, now, reason } => {
            return format!("held: {}", why_held(*reason, *was, *now));
        }
    };
    let revision = |revision: &Option<_>| match revision {
        Some(revision) => format!("revision {revision}"),
        None => "absent".to_owned(),
    };
    let granted = now.columns().iter().filter(|(_, level)| *level > Level::None);
    let now: Vec<String> = granted.map(|(column, level)| format!("{column} {level}")).collect();
    let now = if now.is_empty() { "nothing".to_owned() } else { now.join(", ") };
    format!(
        "held: somebody else changed it ({} became {}); it grants {now}",
        revision(was),
        revision(is)
    )
}

/// `Apply: 14 rows done, 0 already true, 1 held, 0 failed, 0 not reached.`
pub fn counts(outcomes: &[RowOutcome]) -> String {
    let (mut done, mut already, mut held, mut failed, mut not_reached) = (0, 0, 0, 0, 0);
    for row in outcomes {
        *match row.outcome {
            Outcome::Done => &mut done,
            Outcome::AlreadyTrue => &mut already,
            Outcome::Held(_) => &mut held,
            Outcome::Refused(_) | Outcome::Failed(_) => &mut failed,
            Outcome::NotReached => &mut not_reached,
        } += 1;
    }
    format!(
        "Apply: {} done, {already} already true, {held} held, {failed} failed, {not_reached} not reached.",
        count(done, "row")
    )
}

/// Who appears on the Patients page, who does not, and why not.
pub fn appearance(appearance: &Appearance) -> String {
    let Appearance { appeared, stayed, vanished, missing, complete } = appearance;
    let missing = missing.as_deref().unwrap_or_default();
    let mut lines = Vec::new();
    if !appeared.is_empty() {
        lines
            .push(format!("{} newly on Ocean's Patients page:", count(appeared.len(), "provider")));
        let booked = |(name, appointments): &(String, u64)| {
            let appointments = usize::try_from(*appointments).unwrap_or(usize::MAX);
            format!("{}: {}", escape(name), count(appointments, "appointment"))
        };
        lines.extend(appeared.iter().map(|one| format!("  + {}", booked(one))));
    }
    if !vanished.is_empty() {
        lines
            .push(format!("{} no longer on the Patients page:", count(vanished.len(), "provider")));
        lines.extend(vanished.iter().map(|name| format!("  - {}", escape(name))));
    }
    if !missing.is_empty() {
        lines.push(format!("{} still missing:", count(missing.len(), "provider")));
        lines.extend(missing_lines(missing));
    }
    let still = match (complete, missing.len()) {
        (true, count) => format!("{count} still missing"),
        (false, 0) => "still missing: unknown".to_owned(),
        (false, count) => format!("at least {count} still missing, of others it is unknown"),
    };
    let newly = appeared.len();
    lines.push(format!("Patients page: {newly} newly there, {stayed} as before, {still}."));
    lines.join("\n") + "\n"
}

/// A line or more for each provider, with the reasons.
pub(super) fn missing_lines(missing: &[Missing]) -> Vec<String> {
    let mut lines = Vec::new();
    for Missing { provider, reasons } in missing {
        let reasons: Vec<String> = reasons.iter().map(reason).collect();
        let mut wrapped = wrap(&reasons, 96).into_iter();
        let first = wrapped.next().unwrap_or_default();
        lines.push(format!("  ! {}: {}", escape(provider), escape(&first)));
        lines.extend(wrapped.map(|line| format!("      {}", escape(&line))));
    }
    lines
}

fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Columns { office, columns, holds } => {
            let below: Vec<(Column, Level)> =
                columns.iter().map(|column| (*column, holds.get(*column))).collect();
            let assumed = Origin::Assumed.label();
            format!("{office}: {}; that this matters is {assumed}", below_ocean(&below))
        }
        Reason::UntilPassed { office, until } => {
            format!("{office}: {}: {until}", Kind::Ended.heading())
        }
        Reason::NotSelected => Kind::NotSelected.heading().to_owned(),
        Reason::NothingBooked => Kind::NothingBooked.heading().to_owned(),
        Reason::ZeroCounted => Kind::ZeroCounted.heading().to_owned(),
        Reason::NotSynced => Kind::NotSynced.heading().to_owned(),
        Reason::SyncUnknown => {
            "whether a sync was completed since the last write is unknown".to_owned()
        }
        Reason::NotListed => Kind::NotListed.heading().to_owned(),
        Reason::Unexplained => {
            format!("{}; {}", Kind::Unexplained.heading(), Kind::Unexplained.hint())
        }
    }
}
