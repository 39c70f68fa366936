//! The rows of a plan before and after, as a unified diff of YAML.

use similar::TextDiff;

use super::escape::escape;
use crate::model::{Cells, RowKey};
use crate::plan::{Change, Plan, UserPlan};

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
fn grid(plan: &Plan, cells: impl Fn(&Change) -> Cells) -> String {
    let lines = plan.users.iter().flat_map(|user| user_lines(plan, user, &cells));
    lines.fold(String::new(), |text, line| text + &line + "\n")
}

fn user_lines(plan: &Plan, user: &UserPlan, cells: &impl Fn(&Change) -> Cells) -> Vec<String> {
    let mut lines = Vec::new();
    let mut office = None;
    for change in &user.changes {
        let RowKey { office: id, provider } = change.key;
        if office.is_none() {
            lines.push(format!("{}:", key(&user.name)));
        }
        if office != Some(id) {
            office = Some(id);
            lines.push(format!("  {}:", key(&format!("{} ({id})", plan.names.office(id)))));
        }
        let content = cells(change);
        lines.push(format!("    {}:", key(&plan.names.provider(provider))));
        // All nine columns, so that a cell's two levels stand below each other.
        let levels = content.columns().iter();
        lines.extend(levels.map(|(column, level)| format!("      {}: {level}", column.key())));
        lines.extend(content.until().map(|until| format!("      until: {until}")));
    }
    lines
}

/// A name as a quoted YAML key.
fn key(name: &str) -> String {
    format!("\"{}\"", escape(name).replace('\\', "\\\\").replace('"', "\\\""))
}
