//! The worklist for a printer: a line a row, a box a cell, and room for who did it. No script, nothing
//! from elsewhere.

use super::markup::html as safe;
use super::table::count;
use super::worklist::{NOTES, set, steps, sum};
use crate::model::{Column, Level};
use crate::worklist::{AccessUntil, OfficeClicks, RowClicks, UserClicks, Worklist};

/// How the page looks, first of all on paper.
const STYLE: &str = include_str!("worklist.css");

/// The lists as a page, each on sheets of its own.
pub(super) fn page(lists: &[Worklist]) -> String {
    let title = match lists {
        [only] => format!("Worklist of {}", safe(&only.clinic)),
        several => format!("Worklists of {}", count(several.len(), "clinic")),
    };
    let mut body = vec!["<main>".to_owned()];
    for list in lists {
        let clinic = safe(&list.clinic);
        body.push(format!("<h1>Worklist of {clinic} <small>{}</small></h1>", sum(list)));
        body.push(format!(
            "<p class=\"plan\">Tenant {}, plan {}</p>",
            safe(&list.tenant),
            safe(&list.plan)
        ));
        body.extend(list.users.iter().map(|user| user_part(list, user)));
    }
    body.push("</main>".to_owned());
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{}\n</body>\n</html>\n",
        body.join("\n")
    )
}

fn user_part(list: &Worklist, user: &UserClicks) -> String {
    let steps = steps(user);
    let steps: Vec<String> = steps.iter().map(|step| format!("<li>{}</li>", safe(step))).collect();
    let columns = Column::ALL
        .into_iter()
        .filter(|column| rows(user).any(|row| row.columns.iter().any(|one| one.column == *column)));
    let shown = Shown {
        columns: columns.collect(),
        has_dates: rows(user).any(|row| row.until.is_some()),
        whose: whose(list, user),
    };
    let tables: Vec<String> = user.offices.iter().map(|office| table(office, &shown)).collect();
    format!(
        "<section>\n<h2>User {}</h2>\n<ol>\n{}\n</ol>\n<p class=\"notes\">{}</p>\n\
         <p class=\"notes\">A box is a cell to set to full; another level is written beside it.</p>\n{}\n\
         <div class=\"sign\"><p><span class=\"box\"></span> Saved</p><p>Clicked by</p><p>Date and time</p><p>Signature</p></div>\n\
         </section>",
        safe(&user.user),
        steps.join("\n"),
        NOTES.join(" "),
        tables.join("\n"),
    )
}

/// What the tables of a user have in common.
struct Shown {
    columns: Vec<Column>,
    has_dates: bool,
    whose: String,
}

/// Which list and whose grid: it stands on every sheet of paper.
fn whose(list: &Worklist, user: &UserClicks) -> String {
    let short: String = list.plan.trim_start_matches("sha256:").chars().take(12).collect();
    safe(&format!("{}, user {}, plan {short}", list.clinic, user.user))
}

fn rows(user: &UserClicks) -> impl Iterator<Item = &RowClicks> {
    user.offices.iter().flat_map(|office| &office.rows)
}

/// The rows of an office. Its name is in the part that is printed again on the next sheet.
fn table(office: &OfficeClicks, shown: &Shown) -> String {
    let Shown { columns, has_dates, whose } = shown;
    let heads = ["No.", "Provider"].into_iter().chain(columns.iter().map(|column| column.title()));
    let heads = heads.chain(has_dates.then_some("Access Until"));
    let heads: Vec<String> =
        heads.map(|head| format!("<th scope=\"col\">{}</th>", parted(head))).collect();
    let rows: Vec<String> = office.rows.iter().map(|row| line(row, columns, *has_dates)).collect();
    format!(
        "<table>\n<colgroup><col class=\"no\"><col class=\"who\">{}</colgroup>\n<thead>\n<tr class=\"office\"><th scope=\"colgroup\" colspan=\"{}\">{} <small>{whose}</small></th></tr>\n\
         <tr>{}</tr>\n</thead>\n<tbody>\n{}\n</tbody>\n</table>",
        dated(columns.len(), *has_dates),
        heads.len(),
        safe(&format!("{} ({})", office.name, office.office)),
        heads.concat(),
        rows.join("\n")
    )
}

/// The last column is as wide as a date.
fn dated(columns: usize, has_dates: bool) -> String {
    if !has_dates {
        return String::new();
    }
    format!("<col span=\"{columns}\"><col class=\"until\">")
}

/// A heading with the places at which a narrow column may part its words.
fn parted(head: &str) -> String {
    [
        ("Scheduling", "Sched&shy;uling"),
        ("Reporting", "Report&shy;ing"),
        ("Prescribe", "Pre&shy;scribe"),
    ]
    .iter()
    .fold(head.to_owned(), |head, (whole, parted)| head.replace(whole, parted))
}

fn line(row: &RowClicks, shown: &[Column], has_dates: bool) -> String {
    let cells = shown.iter().map(|column| {
        match row.columns.iter().find(|click| click.column == *column).map(|click| click.to) {
            None => "<td></td>".to_owned(),
            Some(Level::Full) => {
                "<td><span class=\"box\"></span><span class=\"hidden\">full</span></td>".to_owned()
            }
            Some(level) => format!("<td><span class=\"box\"></span> {}</td>", set(level)),
        }
    });
    let until = has_dates.then(|| match row.until {
        None => "<td></td>".to_owned(),
        Some(AccessUntil::Write(date)) => format!("<td><span class=\"box\"></span> {date}</td>"),
        Some(AccessUntil::Empty) => "<td><span class=\"box\"></span> empty</td>".to_owned(),
    });
    format!(
        "<tr><td>{number}</td><th scope=\"row\">{provider}</th>{cells}{until}</tr>",
        number = row.number,
        provider = safe(&row.provider),
        cells = cells.collect::<Vec<_>>().concat(),
        until = until.unwrap_or_default(),
    )
}
