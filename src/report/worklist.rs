//! The clicks of a plan as text: a checklist for a terminal, Markdown for a ticket, CSV for a sheet.

use super::escape::escape;
use super::markup::{markdown as safe, name};
use super::table::count;
use super::worklist_html::page;
use crate::model::{Column, Level};
use crate::worklist::{AccessUntil, RowClicks, SCREEN, UserClicks, Worklist};

/// In which form a worklist is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorklistForm {
    /// For a terminal or a text file.
    Text,
    /// For a ticket.
    Markdown,
    /// For a sheet.
    Csv,
    /// For a printer.
    Html,
}

/// What the reader must know beside the clicks.
pub(super) const NOTES: [&str; 3] = [
    "What is right already is not listed: leave every other cell as it is.",
    "A row that granted nothing before must have no date in Access Until, unless one is written here.",
    "Offices and providers are in the order of their names, as the screen is assumed to have them.",
];

/// Worklists, one a clinic, in one of their forms.
pub fn worklist(lists: &[Worklist], form: WorklistForm) -> String {
    match form {
        WorklistForm::Text => lists.iter().map(text).collect::<Vec<_>>().join("\n"),
        WorklistForm::Markdown => lists.iter().map(markdown).collect::<Vec<_>>().join("\n"),
        WorklistForm::Csv => sheet(lists),
        WorklistForm::Html => page(lists),
    }
}

/// Whether a text is a worklist in this form: nothing else is overwritten by one.
pub fn is_worklist(text: &str, form: WorklistForm) -> bool {
    match form {
        WorklistForm::Text => text.starts_with("Worklist of "),
        WorklistForm::Markdown => text.starts_with("## Worklist of "),
        WorklistForm::Csv => text.starts_with("id,clinic,user,office_id,"),
        WorklistForm::Html => text.contains("<title>Worklist"),
    }
}

/// `100 rows, 600 cells to set`.
pub(super) fn sum(list: &Worklist) -> String {
    let (rows, clicks) = (list.rows().count(), list.clicks());
    format!("{}, {} to set", count(rows, "row"), count(clicks, "cell"))
}

/// The way to the grid of a user.
pub(super) fn steps(user: &UserClicks) -> Vec<String> {
    SCREEN.iter().map(|step| step.replace("{user}", &user.user)).collect()
}

/// The way to the grid of a user, a line a step; what comes after the last row is not on it.
pub fn way(user: &UserClicks) -> String {
    let steps = steps(user);
    let way = steps.split_last().map_or(&[][..], |(_, way)| way);
    let lines = way.iter().enumerate().map(|(at, step)| format!("{}. {}\n", at + 1, escape(step)));
    lines.collect::<Vec<_>>().concat()
}

fn text(list: &Worklist) -> String {
    let mut lines = vec![
        format!("Worklist of {} ({}): {}", list.clinic, list.tenant, sum(list)),
        format!("plan {}", list.plan),
    ];
    lines.extend(NOTES.map(str::to_owned));
    for user in &list.users {
        lines.push(String::new());
        let steps = steps(user);
        let (save, way) = steps.split_last().map_or(("", &[][..]), |(save, way)| (save, way));
        lines.extend(way.iter().enumerate().map(|(at, step)| format!("{}. {step}", at + 1)));
        for office in &user.offices {
            lines.push(format!("   {} ({})", office.name, office.office));
            for row in &office.rows {
                lines.push(format!("   [ ] {}  {}: {}", row.id, row.provider, words(row)));
            }
        }
        lines.push(format!("{}. {save}", steps.len()));
    }
    lines.iter().map(|line| format!("{}\n", escape(line))).collect::<Vec<_>>().concat()
}

/// `Patient full, Labs read-only, Inbox none; Access Until 2027-01-31`.
pub fn words(row: &RowClicks) -> String {
    let columns = row.columns.iter().map(|click| format!("{} {}", click.column.title(), click.to));
    let mut words = vec![columns.collect::<Vec<_>>().join(", ")];
    words.retain(|words| !words.is_empty());
    words.extend(row.until.map(|until| match until {
        AccessUntil::Write(date) => format!("Access Until {date}"),
        AccessUntil::Empty => "Access Until empty".to_owned(),
    }));
    words.join("; ")
}

fn markdown(list: &Worklist) -> String {
    let mut lines = vec![
        format!("## Worklist of {}", safe(&list.clinic)),
        String::new(),
        format!("{}; tenant {}, plan `{}`", sum(list), name(&list.tenant), safe(&list.plan)),
        String::new(),
    ];
    lines.extend(NOTES.map(|note| format!("- {note}")));
    for user in &list.users {
        lines.extend([String::new(), format!("### User {}", name(&user.user)), String::new()]);
        let steps = steps(user);
        lines.extend(
            steps.iter().enumerate().map(|(at, step)| format!("{}. {}", at + 1, safe(step))),
        );
        for office in &user.offices {
            let title = format!("#### {} ({})", safe(&office.name), office.office);
            lines.extend([String::new(), title, String::new()]);
            let row = |row: &RowClicks| {
                format!("- [ ] {} {}: {}", row.id, name(&row.provider), safe(&words(row)))
            };
            lines.extend(office.rows.iter().map(row));
        }
        lines.extend([String::new(), "- [ ] Saved".to_owned()]);
    }
    lines.join("\n") + "\n"
}

/// A line a row; the last three are filled in by hand.
fn sheet(lists: &[Worklist]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut head: Vec<String> =
        ["id", "clinic", "user", "office_id", "office", "provider_id", "provider"]
            .map(str::to_owned)
            .to_vec();
    head.extend(Column::ALL.map(|column| column.title().to_owned()));
    head.extend(["Access Until", "done", "by", "at"].map(str::to_owned));
    let rows = lists.iter().flat_map(|list| list.rows().map(move |row| (list, row)));
    let rows = rows.map(|(list, (user, office, row))| {
        let level = |column| {
            let click = row.columns.iter().find(|click| click.column == column);
            click.map_or(String::new(), |click| click.to.to_string())
        };
        let mut cells = vec![
            row.id.clone(),
            list.clinic.clone(),
            user.user.clone(),
            office.office.to_string(),
            office.name.clone(),
            row.key.provider.to_string(),
            row.provider.clone(),
        ];
        cells.extend(Column::ALL.map(level));
        cells.push(match row.until {
            None => String::new(),
            Some(AccessUntil::Write(date)) => date.to_string(),
            Some(AccessUntil::Empty) => "empty".to_owned(),
        });
        cells.extend([const { String::new() }; 3]);
        cells
    });
    for cells in std::iter::once(head).chain(rows) {
        // Writing to memory cannot fail.
        drop(writer.write_record(cells.iter().map(|cell| plain(cell))));
    }
    String::from_utf8_lossy(&writer.into_inner().unwrap_or_default()).into_owned()
}

/// Text that no sheet takes for a formula.
fn plain(cell: &str) -> String {
    let cell = escape(cell);
    let is_formula = cell.trim_start().starts_with(['=', '+', '-', '@']);
    if is_formula { format!("'{cell}") } else { cell.into_owned() }
}

/// The word in a cell: what a level is set to.
pub(super) const fn set(level: Level) -> &'static str {
    match level {
        Level::None => "clear",
        Level::ReadOnly => "read-only",
        Level::Full => "full",
    }
}
