//! A plan as Markdown for a comment or a job summary: what matters fits on the first screen, the rest
//! is folded away, and what does not fit into the size is said to be left out.

use std::collections::{BTreeMap, BTreeSet};

use super::cut::{Cut, Item};
use super::fold::{Folded, WEIGHTY};
use super::fold_pattern::{Weight, escalates, loses};
use super::markdown_parts::{clip, details, folded_sections, notes, problem_lines, short};
use super::markup::{markdown as safe, name};
use super::plan::{cell, groups, lists, mark, place_of, summary_line, targets, until, why};
use super::review::Review;
use super::table::count;
use super::undo::held_rows;
use crate::finding::{Kind, sentence};
use crate::model::{Column, OfficeId};
use crate::plan::{Change, Plan, Summary, UserPlan};

/// How many providers of a folded change stand on one line.
const NAMES: usize = 40;

/// How many rows are named on the first screen.
const NAMED: usize = 5;

/// The plan in at most `limit` bytes.
pub(super) fn markdown(review: Review<'_>, limit: usize) -> String {
    let Review { plan, refusals: _, digest } = review;
    let mut cut = Cut::new(limit);
    let clinic: String =
        plan.clinic.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    cut.line(&format!("<!-- accuroform plan {clinic} -->"));
    cut.line(&format!("### {}\n", title(plan)));
    cut.line(&format!("{}\n", sum(plan)));
    cut.line(&format!("<sub>Plan {} from {}</sub>\n", short(digest), short(&plan.manifest.path)));
    let problems = review.problems();
    problem_lines(&problems, &mut cut);
    let mut folded = Folded::new(BTreeSet::from(WEIGHTY));
    folded.add(plan);
    folded_sections(&folded, Some(&|weight| who(plan, weight)), &mut cut);
    for user in &plan.users {
        rows(plan, user, &mut cut);
    }
    notes("Findings", "finding", &problems, &mut cut);
    rest(plan, &mut cut);
    cut.finish("`accuroform show PLAN` prints all of it; `--format html` is a page of it.")
}

/// `Plan of lakeside: 12 rows to grant, 1 to revoke, 2 to change`
fn title(plan: &Plan) -> String {
    let what = match &plan.undoes {
        Some(run) => format!("Undo of {} in {}", short(run), short(&plan.clinic)),
        None => format!("Plan of {}", short(&plan.clinic)),
    };
    let Summary { grant, revoke, change, .. } = plan.summary();
    if plan.is_empty() {
        return format!("{what}: no changes");
    }
    format!("{what}: {} to grant, {revoke} to revoke, {change} to change", count(grant, "row"))
}

/// The first rows that escalate, or lose access.
fn who(plan: &Plan, weight: Weight) -> Option<String> {
    let protected = BTreeSet::from(WEIGHTY);
    let is = |change: &&Change| match weight {
        Weight::Escalates => escalates(change, &protected),
        Weight::Loses => loses(change) && !escalates(change, &protected),
        Weight::Rises => false,
    };
    let changes: Vec<&Change> =
        plan.users.iter().flat_map(|user| &user.changes).filter(is).collect();
    let place = |change: &&Change| {
        let (office, provider) = (change.key.office, change.key.provider);
        short(&format!("{}, {}", plan.names.office(office), plan.names.provider(provider)))
    };
    let first: Vec<String> = changes.iter().take(NAMED).map(place).collect();
    let more = changes.len().saturating_sub(NAMED);
    let more = if more > 0 { format!("; and {more} more, below") } else { String::new() };
    (!first.is_empty()).then(|| format!("{}{more}", first.join("; ")))
}

fn sum(plan: &Plan) -> String {
    let Plan { tenant, site, .. } = plan;
    let mut words = vec![
        safe(clip(&summary_line(plan), 200).0),
        format!("Tenant {}, Ocean site {}.", short(tenant), short(site)),
    ];
    if !plan.targets.is_everything() {
        words.push(format!("**Limited to {}.**", short(&targets(plan))));
    }
    if let Some(planner) = &plan.planner {
        words.push(format!("Planned by {}.", short(planner)));
    }
    words.join(" ")
}

/// The changed rows of a user, as the grid shows them.
fn rows(plan: &Plan, user: &UserPlan, cut: &mut Cut) {
    if user.changes.is_empty() {
        return;
    }
    let mut offices: BTreeMap<OfficeId, Vec<&Change>> = BTreeMap::new();
    for change in &user.changes {
        offices.entry(change.key.office).or_default().push(change);
    }
    for (office, changes) in offices {
        let title = format!(
            "{}, {}: {}",
            name(&user.name),
            name(&format!("{} ({office})", plan.names.office(office))),
            count(changes.len(), "row")
        );
        let headings = Column::ALL.map(Column::title);
        let start = format!(
            "<details><summary>{title}</summary>\n\n| | Provider | {} | Until | Why |\n|-|-|{}-|-|",
            headings.join(" | "),
            "-|".repeat(Column::ALL.len())
        );
        let groups = groups(&changes);
        let lines = groups.iter().flat_map(|group| group.chunks(NAMES));
        let items: Vec<Item> = lines.map(|group| item(plan, user, group)).collect();
        cut.section((&start, "\n</details>\n"), "row", &items);
    }
}

/// A line of the grid: one row, or several that change alike.
fn item(plan: &Plan, user: &UserPlan, group: &[&Change]) -> Item {
    let Some(change) = group.first() else { return Item { line: String::new(), stands_for: 0 } };
    let names: Vec<String> =
        group.iter().map(|change| name(&plan.names.provider(change.key.provider))).collect();
    let who = match group.len() {
        1 => names.join(""),
        many => format!("{many} providers: {}", names.join(", ")),
    };
    let cells = Column::ALL.map(|column| cell(change, column)).join(" | ");
    let why = user.rules.get(change.rule as usize).map_or(String::new(), |rule| {
        let place = place_of(rule, plan.manifest.file(rule.layer));
        let place = place.map(|place| format!(", {}", name(&place))).unwrap_or_default();
        format!("{}{place}", safe(&why(rule)))
    });
    let until = until(change.before, change.after);
    let line = format!("| {} | {who} | {cells} | {until} | {why} |", mark(change.action));
    Item { line, stands_for: group.len() }
}

/// What is not a change, and worth knowing.
fn rest(plan: &Plan, cut: &mut Cut) {
    let list = |lines: Vec<String>| -> Vec<Item> {
        lines.iter().map(|line| Item::one(format!("- {}", name(line.trim())))).collect()
    };
    details(&sentence(Kind::Held.heading()), "held row", &list(held_rows(plan)), cut);
    for user in &plan.users {
        let items = ["row with excess", "uncovered line", "end"];
        for (what, (heading, lines)) in items.into_iter().zip(lists(plan, user)) {
            let title = format!("{}: {heading}", name(&user.name));
            details(&title, what, &list(lines), cut);
        }
    }
}
