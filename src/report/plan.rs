//! A plan as people read it: offices as blocks, providers as lines, nine columns.

use std::collections::{BTreeMap, BTreeSet};

use super::escape::escape;
use super::table::{Table, count, wrap};
use super::undo::{held_count, held_rows, nothing_to_undo};
use crate::finding::{self, Finding, Kind, sentence, unread_part};
use crate::model::{Cells, Column, Level, Names, OfficeId, RowKey};
use crate::plan::{Action, Change, Plan, Rule, Summary, Target, UserPlan, Why};

/// Rows that change alike are folded into one line from this many on.
const FOLD: usize = 3;

/// How wide lists of names run.
const WIDTH: usize = 96;

/// The plan as text, without its findings and refusals.
pub fn plan(plan: &Plan) -> String {
    let mut lines = Vec::new();
    for unread in &plan.unread {
        let what = unread_part(&unread.part, &plan.names);
        lines.push(format!("! {}: {}", sentence(&finding::unread_heading()), escape(&what)));
        lines.push(format!("    {}", escape(&unread.reason)));
        lines.push(String::new());
    }
    if !plan.targets.is_everything() {
        lines.push(format!("Limited to {}.", escape(&targets(plan))));
        lines.push(String::new());
    }
    for user in &plan.users {
        user_block(plan, user, &mut lines);
    }
    section(&mut lines, Kind::Held.heading(), held_rows(plan));
    lines.push(summary_line(plan));
    lines.join("\n") + "\n"
}

/// `Plan: 12 rows to grant, 1 to revoke, 2 to change (41 cells); 85 unchanged.`
pub fn summary_line(plan: &Plan) -> String {
    let Summary { grant, revoke, change, cells, unchanged, excess, uncovered: _ } = plan.summary();
    if plan.is_empty()
        && let Some(run) = &plan.undoes
        && plan.errors() == 0
    {
        return nothing_to_undo(plan, run);
    }
    if plan.is_empty() {
        let mut line = if plan.errors() > 0 {
            "Nothing planned: names of the manifest are not resolved.".to_owned()
        } else if plan.users.is_empty() && !plan.is_complete() {
            "Nothing planned: no grid could be read.".to_owned()
        } else if !plan.is_complete() {
            format!("No changes in what could be read ({}).", count(unchanged, "row"))
        } else if !plan.targets.is_everything() {
            "No changes within the targets.".to_owned()
        } else if plan.users.is_empty() {
            "Nothing planned: no user was found.".to_owned()
        } else {
            let names: Vec<&str> = plan.users.iter().map(|user| user.name.as_str()).collect();
            format!(
                "No changes. The grid of {} is what the manifest says ({}).",
                escape(&names.join(", ")),
                count(unchanged, "row")
            )
        };
        if excess > 0 {
            let verb = if excess == 1 { "holds" } else { "hold" };
            line = format!("{line} {} {verb} more than the manifest says.", count(excess, "row"));
        }
        return line;
    }
    let cells = if cells == 1 { "1 cell".to_owned() } else { format!("{cells} cells") };
    format!(
        "Plan: {} to grant, {revoke} to revoke, {change} to change ({cells}); {unchanged} unchanged.{}",
        count(grant, "row"),
        held_count(plan)
    )
}

pub(super) fn targets(plan: &Plan) -> String {
    let name = |target: &Target| match target {
        Target::Office(office) => format!("office {}", plan.names.office(*office)),
        Target::Provider(provider) => format!("provider {}", plan.names.provider(*provider)),
        Target::Column(column) => format!("column {column}"),
    };
    let list = |targets: &[Target]| targets.iter().map(name).collect::<Vec<_>>().join(", ");
    match (plan.targets.only.as_slice(), plan.targets.except.as_slice()) {
        (only, []) => list(only),
        ([], except) => format!("everything but {}", list(except)),
        (only, except) => format!("{}, without {}", list(only), list(except)),
    }
}

fn user_block(plan: &Plan, user: &UserPlan, lines: &mut Vec<String>) {
    if !user.changes.is_empty() {
        let how = match &plan.undoes {
            Some(run) => format!("undo of {run}"),
            None if user.exact => "exact management".to_owned(),
            None => "additive management".to_owned(),
        };
        let (name, clinic) = (escape(&user.name), escape(&plan.clinic));
        lines.push(format!("{name} ({clinic}, {})", escape(&how)));
        lines.push(String::new());
        let notes = Notes::of(user);
        let mut offices: BTreeMap<OfficeId, Vec<&Change>> = BTreeMap::new();
        for change in &user.changes {
            offices.entry(change.key.office).or_default().push(change);
        }
        for (office, changes) in offices {
            lines.push(format!("{} ({office})", escape(&plan.names.office(office))));
            lines.extend(office_table(plan, &changes, &notes));
            lines.push(String::new());
        }
        lines.extend(notes.lines(plan, user));
        lines.push(String::new());
    }
    for (heading, body) in lists(plan, user) {
        section(lines, &heading, body);
    }
    if user.untargeted > 0 {
        lines.push(format!("{} left out by the targets.", count(user.untargeted, "change")));
        lines.push(String::new());
    }
}

pub(super) fn section(lines: &mut Vec<String>, heading: &str, body: Vec<String>) {
    if !body.is_empty() {
        lines.push(format!("{}:", sentence(heading)));
        lines.extend(body.into_iter().map(|line| format!("  {}", escape(&line))));
        lines.push(String::new());
    }
}

/// The numbered rules at the foot of a user's tables, in the order they are used.
struct Notes(Vec<u32>);

impl Notes {
    fn of(user: &UserPlan) -> Self {
        let rules: BTreeSet<u32> = user.changes.iter().map(|change| change.rule).collect();
        Self(rules.into_iter().collect())
    }

    fn mark(&self, rule: u32) -> String {
        let at = self.0.iter().position(|used| *used == rule).unwrap_or_default();
        format!("[{}]", at + 1)
    }

    fn lines(&self, plan: &Plan, user: &UserPlan) -> Vec<String> {
        let line = |rule: &u32| {
            user.rules.get(*rule as usize).map(|known| {
                let place = place_of(known, plan.manifest.file(known.layer));
                let place = place.map(|place| format!(", {place}")).unwrap_or_default();
                format!("{} {}{}", self.mark(*rule), escape(&why(known)), escape(&place))
            })
        };
        self.0.iter().filter_map(line).collect()
    }
}

/// Where the manifest says so, if it does.
pub(super) fn place_of(rule: &Rule, path: &str) -> Option<String> {
    let Rule { why: _, reason: _, layer: _, line, column } = rule;
    (*line > 0).then(|| format!("{path}:{line}:{column}"))
}

/// Which rule decided, with the manifest's own reason.
pub(super) fn why(rule: &Rule) -> String {
    let Rule { why, reason, layer: _, line: _, column: _ } = rule;
    let why = match why {
        Why::Exact => "not in the manifest (exact management)".to_owned(),
        Why::Profile(profile) => format!("profile {profile}"),
        Why::Override(profile) => format!("override of profile {profile}"),
        Why::Undo(run) => format!("undo of {run}"),
    };
    let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{why}{reason}")
}

/// The headings of the nine columns, long ones over two lines.
pub(super) const HEADINGS: [(&str, &str); 9] = [
    ("Patient", ""),
    ("Sched-", "uling"),
    ("Billing", ""),
    ("Inbox", ""),
    ("EMR", ""),
    ("Labs", ""),
    ("Report-", "ing"),
    ("Visible", ""),
    ("Prescribe", "For"),
];

fn office_table(plan: &Plan, changes: &[&Change], notes: &Notes) -> Vec<String> {
    let dated = changes
        .iter()
        .any(|change| change.before.until().is_some() || change.after.until().is_some());
    let mut table = Table::new();
    let heading = |first: bool| {
        let mut cells = vec![String::new()];
        cells.extend(HEADINGS.iter().map(|(one, two)| if first { *one } else { *two }.to_owned()));
        if dated {
            cells.push(if first { "Access" } else { "Until" }.to_owned());
        }
        cells
    };
    table.row(heading(true));
    table.row(heading(false));
    let groups = groups(changes);
    for group in &groups {
        let Some(change) = group.first() else { continue };
        let who = if group.len() < FOLD {
            escape(&plan.names.provider(change.key.provider)).into_owned()
        } else {
            count(group.len(), "provider")
        };
        let mut cells = vec![format!("  {} {who}", mark(change.action))];
        cells.extend(Column::ALL.map(|column| cell(change, column)));
        if dated {
            cells.push(until(change.before, change.after));
        }
        cells.push(notes.mark(change.rule));
        table.row(cells);
    }
    let mut lines = table.lines().into_iter();
    let mut text: Vec<String> = lines.by_ref().take(2).collect();
    for (group, line) in groups.iter().zip(lines) {
        text.push(line);
        if group.len() >= FOLD {
            let names: Vec<String> = group
                .iter()
                .map(|change| escape(&plan.names.provider(change.key.provider)).into_owned())
                .collect();
            text.extend(wrap(&names, WIDTH).into_iter().map(|line| format!("      {line}")));
        }
    }
    text
}

/// Changes that are alike side by side, if there are enough of them to fold; in plan order of
/// their first.
pub(super) fn groups<'a>(changes: &[&'a Change]) -> Vec<Vec<&'a Change>> {
    let mut groups: Vec<Vec<&Change>> = Vec::new();
    for change in changes {
        let alike = groups.iter_mut().find(|group| {
            group.first().is_some_and(|first| {
                first.before == change.before
                    && first.after == change.after
                    && first.rule == change.rule
            })
        });
        match alike {
            Some(group) => group.push(change),
            None => groups.push(vec![change]),
        }
    }
    let (mut folded, single): (Vec<_>, Vec<_>) =
        groups.into_iter().partition(|group| group.len() >= FOLD);
    folded.extend(single.into_iter().flatten().map(|change| vec![change]));
    folded.sort_by_key(|group| group.first().map(|change| change.key));
    folded
}

/// The mark that stands before a row.
pub(super) const fn mark(action: Action) -> &'static str {
    match action {
        Action::Grant => "+",
        Action::Revoke => "-",
        Action::Change => "~",
    }
}

pub(super) const fn short(level: Level) -> &'static str {
    match level {
        Level::None => ".",
        Level::ReadOnly => "read",
        Level::Full => "full",
    }
}

pub(super) fn cell(change: &Change, column: Column) -> String {
    let before = change.before.columns().get(column);
    let after = change.after.columns().get(column);
    match (before, after) {
        (before, after) if before == after => short(after).to_owned(),
        (Level::None, after) => format!("+{}", short(after)),
        (before, Level::None) => format!("-{}", short(before)),
        (before, after) => format!("{}→{}", short(before), short(after)),
    }
}

pub(super) fn until(before: Cells, after: Cells) -> String {
    let date = |cells: Cells| cells.until().map_or("no end".to_owned(), |until| until.to_string());
    if before.until_differs(after) {
        return format!("{}→{}", date(before), date(after));
    }
    match (before.is_nothing(), after.is_nothing()) {
        (true, false) => after.until().map_or(String::new(), |until| format!("+{until}")),
        (false, true) => before.until().map_or(String::new(), |until| format!("-{until}")),
        _ => after.until().map_or(String::new(), |until| until.to_string()),
    }
}

/// The lists below a user's changes: each with its heading, a fragment.
pub(super) fn lists(plan: &Plan, user: &UserPlan) -> [(String, Vec<String>); 3] {
    let lines = |found: &mut dyn Iterator<Item = Finding>| -> Vec<String> {
        found.map(|finding| finding.line(&plan.names)).collect()
    };
    let uncovered = by_office(&plan.names, finding::uncovered(user).map(|finding| finding.key));
    [
        (finding::kept_heading(), lines(&mut finding::excess(user))),
        (Kind::Uncovered.heading().to_owned(), uncovered),
        (Kind::Ends.heading().to_owned(), lines(&mut finding::ends(user))),
    ]
}

/// Providers, a line or more for each office.
pub(super) fn by_office(names: &Names, keys: impl Iterator<Item = RowKey>) -> Vec<String> {
    let mut offices: BTreeMap<OfficeId, Vec<String>> = BTreeMap::new();
    for key in keys {
        offices.entry(key.office).or_default().push(names.provider(key.provider));
    }
    let line = |(office, providers): (&OfficeId, &Vec<String>)| {
        let office = names.office(*office);
        let mut lines = wrap(providers, WIDTH).into_iter();
        let first = lines.next().unwrap_or_default();
        let mut all = vec![format!("{office}: {first}")];
        all.extend(lines.map(|line| format!("    {line}")));
        all
    };
    offices.iter().flat_map(line).collect()
}
