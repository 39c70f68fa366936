//! The rows of a plan before and after, as a unified diff of YAML.

use similar::TextDiff;

use super::escape::escape;
use crate::model::{Cells, Level, RowKey};
use crate::plan::{Plan, UserPlan};

/// The difference that the plan makes, with three lines of context.
pub fn diff(plan: &Plan) -> String {
    let before = grid(plan, |change| change.before);
    let after = grid(plan, |change| change.after);
    TextDiff::from_lines(before.as_str(), after.as_str())
        .unified_diff()
        .context_radius(3)
        .header("live", "planned")
        .to_string()
}

/// The planned rows as YAML. Names are escaped, so a name can never look like another line.
fn grid(plan: &Plan, cells: impl Fn(&crate::plan::Change) -> Cells) -> String {
    let mut text = String::new();
    for user in &plan.users {
        user_rows(plan, user, &cells, &mut text);
    }
    text
}

fn user_rows(
    plan: &Plan,
    user: &UserPlan,
    cells: &impl Fn(&crate::plan::Change) -> Cells,
    text: &mut String,
) {
    if !user.changes.is_empty() {
        text.push_str(&format!("{}:\n", key(&user.name)));
    }
    let mut office = None;
    for change in &user.changes {
        let RowKey { office: id, provider } = change.key;
        if office != Some(id) {
            office = Some(id);
            text.push_str(&format!("  {}:\n", key(&format!("{} ({id})", plan.names.office(id)))));
        }
        let content = cells(change);
        let name = key(&plan.names.provider(provider));
        if content.is_nothing() {
            text.push_str(&format!("    {name}: {{}}\n"));
            continue;
        }
        text.push_str(&format!("    {name}:\n"));
        for (column, level) in content.columns().iter().filter(|(_, level)| *level != Level::None) {
            text.push_str(&format!("      {}: {level}\n", column.key()));
        }
        if let Some(until) = content.until() {
            text.push_str(&format!("      until: {until}\n"));
        }
    }
}

/// A name as a quoted YAML key.
fn key(name: &str) -> String {
    format!("\"{}\"", escape(name).replace('\\', "\\\\").replace('"', "\\\""))
}
