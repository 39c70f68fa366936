//! Who holds what as a page: offices, providers and columns, to be filtered, printed and read on a phone.
//!
//! The filter by kind is style alone; a small script adds one by name. Every text goes through [`safe`].

use super::access::{AccessReport, GRID_ALONE, offices};
use super::html_grid::{plain, signed};
use super::markup::html as safe;
use super::page::{self, Extra, list};
use super::plan::why;
use crate::finding::{
    AccessRow, Kind, UserAccess, sentence, unread_heading_of, unread_part, until,
};
use crate::model::{Column, Level, OfficeId};

const EXTRA: Extra = Extra { style: include_str!("access.css"), script: include_str!("access.js") };

/// What can be shown alone: the class of the rows, and its words.
const SHOWN: [(&str, &str); 8] = [
    ("all", "every row"),
    ("holds", "rows that hold something"),
    ("any", "rows with a finding"),
    ("excess", "above the manifest"),
    ("lacks", "below the manifest"),
    ("uncovered", "uncovered"),
    ("uneven", "uneven"),
    ("ends", "ended or ending soon"),
];

impl AccessReport<'_> {
    /// The page.
    pub fn html(self) -> String {
        let Self { clinic, name, tenant, manifest, access } = self;
        let title = format!("Access review of {}", safe(name));
        let mut body = vec![
            "<a class=\"skip\" href=\"#grids\">To the grids</a>".to_owned(),
            "<header>".to_owned(),
            format!("<h1>{title}</h1>"),
            format!("<p class=\"sum\">{}</p>", safe(&self.summary())),
            format!("<p class=\"note\">{}</p>", safe(GRID_ALONE)),
            page::facts([
                ("Clinic", clinic.to_owned()),
                ("Tenant", tenant.to_owned()),
                ("Date", access.today.to_string()),
                ("Manifest", manifest.to_owned()),
            ]),
            "</header>".to_owned(),
            "<main>".to_owned(),
        ];
        let unread: Vec<String> = access
            .unread
            .iter()
            .map(|unread| {
                format!("{}: {}", unread_part(&unread.part, &access.names), unread.reason)
            })
            .collect();
        body.extend(list(&sentence(&unread_heading_of()), &unread));
        body.push(filter());
        body.push("<h2 id=\"grids\">Grids</h2>".to_owned());
        body.push(self.contents());
        for (at, user) in access.users.iter().enumerate() {
            body.push(format!("<h2>{}</h2>", safe(&user.name)));
            for (office, rows) in offices(user) {
                let name = safe(&format!("{} ({office})", access.names.office(office)));
                body.push(format!("<h3 id=\"{}\">{name}</h3>", anchor(at, office)));
                body.push(self.table(&rows, &format!("{name}, {}", safe(&user.name))));
            }
            for (heading, lines) in self.sections(user) {
                body.extend(list(&format!("{}: {heading}", user.name), &lines));
            }
        }
        body.push("</main>".to_owned());
        page::page(&title, &body, EXTRA)
    }

    fn contents(self) -> String {
        let link = |at: usize, user: &UserAccess, office: OfficeId| {
            format!(
                "<li><a href=\"#{}\">{}, {}</a></li>",
                anchor(at, office),
                safe(&user.name),
                safe(&self.access.names.office(office))
            )
        };
        let users = self.access.users.iter().enumerate();
        let links: Vec<String> = users
            .flat_map(|(at, user)| {
                offices(user).into_keys().map(move |office| link(at, user, office))
            })
            .collect();
        format!("<nav aria-label=\"Offices\">\n<ul>\n{}\n</ul>\n</nav>", links.join("\n"))
    }

    fn table(self, rows: &[&AccessRow], what: &str) -> String {
        let heading = |title: &str| format!("<th scope=\"col\">{title}</th>");
        let mut headings = vec![heading("Provider")];
        headings.extend(Column::ALL.map(|column| heading(column.title())));
        headings.extend(["Access Until", "Holds since", "Why, and what is found"].map(heading));
        let rows: Vec<String> = rows.iter().map(|row| self.line_of(row)).collect();
        format!(
            "<table class=\"grid\" aria-label=\"Rows of {what}\">\n<thead><tr>{}</tr></thead>\n\
             <tbody>\n{}\n</tbody>\n</table>",
            headings.join(""),
            rows.join("\n")
        )
    }

    fn line_of(self, row: &AccessRow) -> String {
        let names = &self.access.names;
        let provider = names.provider(row.key.provider);
        let find = format!("{provider} {}", names.office(row.key.office));
        let cells = Column::ALL.map(|column| cell(row, column)).join("");
        let date = match (row.holds.is_nothing(), row.holds.until()) {
            (true, _) => "–".to_owned(),
            (false, date) => until(date),
        };
        let rule = safe(&row.rule.as_ref().map_or("no rule".to_owned(), why));
        let flag =
            |kind: &Kind| format!("<span class=\"flag\">\u{26a0} {}</span>", safe(&kind.of_row()));
        let flags = row.kinds().iter().map(flag).collect::<Vec<_>>().concat();
        format!(
            "<tr class=\"{}\" data-find=\"{}\"><th scope=\"row\">{}</th>{cells}\
             <td class=\"until\" data-label=\"Access Until\">{date}</td>\
             <td class=\"until\" data-label=\"Holds since\">{}</td>\
             <td class=\"why\" data-label=\"Why, and what is found\">{rule}{flags}</td></tr>",
            classes(row),
            safe(&find),
            safe(&provider),
            safe(if row.since.words.is_empty() { "–" } else { &row.since.words }),
        )
    }
}

fn anchor(user: usize, office: OfficeId) -> String {
    format!("user-{user}-office-{office}")
}

/// What the row can be shown alone by.
fn classes(row: &AccessRow) -> String {
    let kinds = row.kinds();
    let mut classes = vec!["row"];
    let has = |kind: Kind| kinds.contains(&kind);
    let is = [
        ("holds", !row.holds.is_nothing()),
        ("any", !kinds.is_empty()),
        ("excess", has(Kind::Excess)),
        ("lacks", has(Kind::Lacks)),
        ("uncovered", has(Kind::Uncovered)),
        ("uneven", has(Kind::Uneven)),
        ("ends", has(Kind::EndsSoon) || has(Kind::Ended)),
    ];
    classes.extend(is.iter().filter(|(_, is)| *is).map(|(class, _)| *class));
    classes.join(" ")
}

/// A cell, with what of it is not as the manifest says.
fn cell(row: &AccessRow, column: Column) -> String {
    let level = row.holds.columns().get(column);
    let says = row.facts.iter().find_map(|fact| fact.says());
    let (class, words) = match says.map(|says| says.columns().get(column)) {
        Some(says) if level > says => {
            ("alert", signed("⚠", "more than the manifest says:", level.key()))
        }
        Some(says) if level < says => {
            ("loss", signed("▼", "less than the manifest says:", level.key()))
        }
        Some(_) | None => (if level == Level::None { "same" } else { "level" }, plain(level)),
    };
    format!("<td class=\"{class}\" data-label=\"{}\">{words}</td>", column.title())
}

/// The controls: one kind of rows at a time, and, with the script, by name.
fn filter() -> String {
    let choice = |(class, words): (&str, &str)| {
        let checked = if class == "all" { " checked" } else { "" };
        format!(
            "<label><input type=\"radio\" name=\"show\" id=\"show-{class}\"{checked}> {words}</label>"
        )
    };
    let choices: Vec<String> = SHOWN.into_iter().map(choice).collect();
    format!(
        "<fieldset class=\"filter\"><legend>Show</legend>\n{}\n\
         <span id=\"finder\" hidden><label>Provider or office <input type=\"search\" id=\"find\"></label>\n\
         <span id=\"found\" role=\"status\"></span></span></fieldset>",
        choices.join("\n")
    )
}
