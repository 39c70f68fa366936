//! The grid of an office on the page: providers as lines, nine columns. On a phone each provider is a
//! card of its own.

use super::fold::WEIGHTY;
use super::markup::html as safe;
use super::plan::{place_of, until, why};
use crate::model::{Column, Level};
use crate::plan::{Action, Change, Plan, UserPlan};

/// The table of these rows.
pub(super) fn grid(plan: &Plan, user: &UserPlan, changes: &[&Change], office: &str) -> String {
    let heading = |title: &str| format!("<th scope=\"col\">{title}</th>");
    let mut headings = vec![heading("Provider")];
    headings.extend(Column::ALL.map(|column| heading(column.title())));
    headings.extend(["Access Until", "Why"].map(heading));
    let rows: Vec<String> = changes.iter().map(|change| row(plan, user, change)).collect();
    format!(
        "<table class=\"grid\" aria-label=\"Changed rows of {office}\">\n\
         <thead><tr>{}</tr></thead>\n\
         <tbody>\n{}\n</tbody>\n</table>",
        headings.join(""),
        rows.join("\n")
    )
}

fn row(plan: &Plan, user: &UserPlan, change: &Change) -> String {
    let (class, action) = match change.action {
        Action::Grant => ("gain", "+ grant"),
        Action::Revoke => ("loss", "− revoke"),
        Action::Change => ("same", "~ change"),
    };
    let cells = Column::ALL.map(|column| cell(change, column)).join("");
    let rule = user.rules.get(change.rule as usize);
    let why = rule.map_or(String::new(), |rule| {
        let place = place_of(rule, plan.manifest.file(rule.layer));
        let place = place.map(|place| format!(", {place}")).unwrap_or_default();
        safe(&format!("{}{place}", why(rule)))
    });
    let provider = safe(&plan.names.provider(change.key.provider));
    let until = match until(change.before, change.after) {
        // One phrase for the eye and the ear.
        _ if change.after.is_nothing() => "no access".to_owned(),
        until if until.is_empty() => "no end".to_owned(),
        until => until.replace('→', " → "),
    };
    format!(
        "<tr><th scope=\"row\">{provider} <span class=\"act {class}\">{action}</span></th>\
         {cells}<td class=\"until\" data-label=\"Access Until\">{until}</td>\
         <td class=\"why\" data-label=\"Why\">{why}</td></tr>"
    )
}

fn cell(change: &Change, column: Column) -> String {
    let before = change.before.columns().get(column);
    let after = change.after.columns().get(column);
    let (class, words) = match (before, after) {
        (before, after) if before == after => ("same", plain(after)),
        (_, after) if after > before && WEIGHTY.contains(&column) => {
            let moves = format!("{} → {}", before.key(), after.key());
            ("alert", signed("⚠", "escalates", &moves))
        }
        (Level::None, after) => ("gain", signed("+", "gains", after.key())),
        (before, Level::None) => ("loss", signed("−", "loses", before.key())),
        (before, after) => {
            let moves = format!("{} → {}", before.key(), after.key());
            if after > before {
                ("gain", signed("▲", "rises", &moves))
            } else {
                ("loss", signed("▼", "falls", &moves))
            }
        }
    };
    format!("<td class=\"{class}\" data-label=\"{}\">{words}</td>", column.title())
}

pub(super) fn plain(level: Level) -> String {
    match level {
        Level::None => {
            "<span aria-hidden=\"true\">·</span><span class=\"hidden\">none</span>".to_owned()
        }
        Level::ReadOnly | Level::Full => level.key().to_owned(),
    }
}

/// A sign for the eye and a word for the ear.
pub(super) fn signed(sign: &str, word: &str, words: &str) -> String {
    format!(
        "<span aria-hidden=\"true\">{sign}</span>&nbsp;<span class=\"hidden\">{word} </span>{words}"
    )
}
