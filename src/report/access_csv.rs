//! Who holds what as CSV (RFC 4180), a line a row. A spreadsheet must not take a name for a formula.

use super::access::{AccessReport, flags};
use super::escape::escape;
use super::plan::why;
use crate::finding::{AccessRow, Kind, UserAccess, unread_part};
use crate::model::Column;
use crate::plan::{Unread, UnreadPart};

/// The names of the fields before and after the nine columns.
const BEFORE: [&str; 8] =
    ["clinic", "tenant", "user", "user_id", "office", "office_id", "provider", "provider_id"];
const AFTER: [&str; 9] =
    ["until", "since", "since_note", "last_run", "last_run_at", "rule", "reason", "flags", "note"];

/// The first line.
pub fn access_csv_head() -> String {
    let columns = Column::ALL.map(Column::key);
    line(BEFORE.into_iter().chain(columns).chain(AFTER).map(str::to_owned))
}

/// The line of a clinic that could not be read: what is not known must not look like nothing.
pub fn access_csv_unread(clinic: &str, why: &str) -> String {
    blank([clinic, "", ""], why)
}

impl AccessReport<'_> {
    /// The lines, without the first.
    pub fn csv(self) -> String {
        let mut text: String =
            self.access.unread.iter().map(|unread| self.csv_unread(unread)).collect();
        for user in &self.access.users {
            text.extend(user.rows.iter().map(|row| self.csv_row(user, row)));
        }
        text
    }

    fn csv_unread(self, unread: &Unread) -> String {
        let Unread { part, reason } = unread;
        let user = match part {
            UnreadPart::Grid(user) | UnreadPart::Rows { user, .. } => user.as_str(),
            UnreadPart::Office(_) => "",
        };
        let what = unread_part(part, &self.access.names);
        blank([self.clinic, self.tenant, user], &format!("{what}: {reason}"))
    }

    fn csv_row(self, user: &UserAccess, row: &AccessRow) -> String {
        let names = &self.access.names;
        let AccessRow { key, holds, rule, since, last, .. } = row;
        let mut fields = vec![
            self.clinic.to_owned(),
            self.tenant.to_owned(),
            user.name.clone(),
            user.id.to_string(),
            names.offices.get(&key.office).cloned().unwrap_or_default(),
            key.office.to_string(),
            names.providers.get(&key.provider).cloned().unwrap_or_default(),
            key.provider.to_string(),
        ];
        fields.extend(holds.columns().iter().map(|(_, level)| level.key().to_owned()));
        let is_since = since.key == "recorded";
        let at = since.run.as_ref().filter(|_| is_since).map(|run| run.at.to_string());
        fields.push(holds.until().map(|until| until.to_string()).unwrap_or_default());
        fields.push(at.unwrap_or_default());
        fields.push(since.key.to_owned());
        fields.push(last.as_ref().map(|run| run.run.clone()).unwrap_or_default());
        fields.push(last.as_ref().map(|run| run.at.to_string()).unwrap_or_default());
        let mut plain = rule.clone();
        let reason = plain.as_mut().and_then(|rule| rule.reason.take());
        fields.push(plain.as_ref().map(why).unwrap_or_default());
        fields.push(reason.unwrap_or_default());
        fields.push(flags(row));
        let words = row.facts.iter().filter(|fact| row.kinds().contains(&fact.kind()));
        let words: Vec<String> = words.map(|fact| fact.words()).collect();
        fields.push(words.join("; "));
        line(fields)
    }
}

/// A line that says of what nothing is known.
fn blank(first: [&str; 3], note: &str) -> String {
    let mut fields = first.map(str::to_owned).to_vec();
    fields.resize(BEFORE.len() + Column::ALL.len() + AFTER.len() - 2, String::new());
    fields.extend([Kind::Unread.key().to_owned(), note.to_owned()]);
    line(fields)
}

fn line(fields: impl IntoIterator<Item = String>) -> String {
    let fields: Vec<String> = fields.into_iter().map(|field| quoted(&harmless(&field))).collect();
    format!("{}\r\n", fields.join(","))
}

/// What begins a formula. Where people write in full width, its forms do so too.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// What a spreadsheet takes for a formula begins with `'`, which it takes for text.
fn harmless(field: &str) -> String {
    let field = escape(field);
    let mark = if field.trim_start().starts_with(FORMULA) { "'" } else { "" };
    format!("{mark}{field}")
}

fn quoted(field: &str) -> String {
    if field.contains(['"', ',', ';']) {
        return format!("\"{}\"", field.replace('"', "\"\""));
    }
    field.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_a_formula_and_nothing_ends_its_field() {
        let fields = ["=1+1", " @SUM(A1)", "a \"b\", c", "-2", "two\nlines", "plain"];
        let expected = "'=1+1,' @SUM(A1),\"a \"\"b\"\", c\",'-2,two\\u{a}lines,plain\r\n";
        assert_eq!(line(fields.map(str::to_owned)), expected);
        let wide = ["＝1", " ＋1", "－1", "＠A1"];
        assert_eq!(line(wide.map(str::to_owned)), "'＝1,' ＋1,'－1,'＠A1\r\n");
    }

    #[test]
    fn every_line_has_the_fields_of_the_first() {
        let fields = |line: &str| line.split(',').count();
        assert_eq!(fields(&access_csv_unread("a", "b")), fields(&access_csv_head()));
    }
}
