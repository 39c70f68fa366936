//! The worklist for a printer: a line a row, a box a cell, and room for who did it. No script, nothing
//! from elsewhere.

use super::markup::html as safe;
use super::worklist::{NOTES, set, steps, sum};
use crate::model::{Column, Level};
use crate::worklist::{AccessUntil, OfficeClicks, RowClicks, UserClicks, Worklist};

/// How the page looks, first of all on paper.
const STYLE: &str = include_str!("worklist.css");

/// The list as a page.
pub(super) fn page(list: &Worklist) -> String {
    let title = format!("Worklist of {}", safe(&list.clinic));
    let mut body = vec![
        "<main>".to_owned(),
        format!("<h1>{title} <small>{}</small></h1>", sum(list)),
        format!("<p class=\"plan\">Tenant {}, plan {}</p>", safe(&list.tenant), safe(&list.plan)),
    ];
    body.extend(list.users.iter().map(|user| user_part(list, user)));
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
    let shown: Vec<Column> = Column::ALL
        .into_iter()
        .filter(|column| rows(user).any(|row| row.columns.iter().any(|one| one.column == *column)))
        .collect();
    let has_dates = rows(user).any(|row| row.until.is_some());
    let width = 2 + shown.len() + usize::from(has_dates);
    let mut heads =
        vec!["<th scope=\"col\">No.</th>".to_owned(), "<th scope=\"col\">Provider</th>".to_owned()];
    heads.extend(shown.iter().map(|column| format!("<th scope=\"col\">{}</th>", column.title())));
    heads.extend(has_dates.then(|| "<th scope=\"col\">Access Until</th>".to_owned()));
    let parts: Vec<String> =
        user.offices.iter().map(|office| office_part(office, &shown, has_dates, width)).collect();
    let short: String = list.plan.trim_start_matches("sha256:").chars().take(12).collect();
    format!(
        "<section>\n<h2>User {name}</h2>\n<ol>\n{steps}\n</ol>\n<p class=\"notes\">{notes}</p>\n\
         <p class=\"notes\">A box is a cell to set to full; another level is written beside it.</p>\n\
         <table>\n<thead>\n<tr class=\"top\"><td colspan=\"{width}\">{clinic}, user <b>{name}</b>, plan {short}</td></tr>\n\
         <tr>{heads}</tr>\n</thead>\n{parts}\n</table>\n\
         <div class=\"sign\"><p><span class=\"box\"></span> Saved</p><p>Clicked by</p><p>Date and time</p><p>Signature</p></div>\n\
         </section>",
        name = safe(&user.user),
        steps = steps.join("\n"),
        notes = NOTES.join(" "),
        clinic = safe(&list.clinic),
        heads = heads.concat(),
        parts = parts.join("\n"),
    )
}

fn rows(user: &UserClicks) -> impl Iterator<Item = &RowClicks> {
    user.offices.iter().flat_map(|office| &office.rows)
}

fn office_part(office: &OfficeClicks, shown: &[Column], has_dates: bool, width: usize) -> String {
    let title = safe(&format!("{} ({})", office.name, office.office));
    let rows: Vec<String> = office.rows.iter().map(|row| line(row, shown, has_dates)).collect();
    format!(
        "<tbody>\n<tr class=\"office\"><th scope=\"rowgroup\" colspan=\"{width}\">{title}</th></tr>\n{}\n</tbody>",
        rows.join("\n")
    )
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
