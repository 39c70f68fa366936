//! A plan as a page of its own: one file, no script, nothing from elsewhere.
//!
//! Every text goes through [`safe`]. What a colour says, a sign and a word say too.

use std::collections::{BTreeMap, BTreeSet};

use super::fold::{Folded, FoldedChange, WEIGHTY, counted};
use super::fold_pattern::Weight;
use super::html_grid::grid;
use super::markup::html as safe;
use super::page::{self, Extra, list};
use super::plan::{lists, summary_line, targets};
use super::review::{Problem, ProblemKind, Review};
use super::table::count;
use super::undo::held_rows;
use crate::finding::{Kind, sentence};
use crate::model::OfficeId;
use crate::plan::{Change, Plan, UserPlan};

/// The plan as a page.
pub(super) fn page(review: Review<'_>) -> String {
    let plan = review.plan;
    let what = match &plan.undoes {
        Some(run) => format!("Undo of {} in {}", safe(run), safe(&plan.clinic)),
        None => format!("Plan of {}", safe(&plan.clinic)),
    };
    let mut body = vec![
        "<a class=\"skip\" href=\"#changes\">To the changes</a>".to_owned(),
        "<header>".to_owned(),
        format!("<h1>{what}</h1>"),
        format!("<p class=\"sum\">{}</p>", safe(&summary_line(plan))),
        facts(review),
        "</header>".to_owned(),
        "<main>".to_owned(),
    ];
    body.extend(problems(&review.problems()));
    body.push("<h2 id=\"changes\">Changes</h2>".to_owned());
    if plan.is_empty() {
        body.push("<p>Nothing would be written.</p>".to_owned());
    } else {
        body.extend(kinds(plan));
        body.push(contents(plan));
    }
    for (at, user) in plan.users.iter().enumerate() {
        body.extend(user_part(plan, user, at));
    }
    body.extend(list(&sentence(Kind::Held.heading()), &held_rows(plan)));
    body.push("</main>".to_owned());
    page::page(&what, &body, Extra::default())
}

/// Whose plan it is.
fn facts(review: Review<'_>) -> String {
    let Review { plan, refusals: _, digest } = review;
    let mut facts = vec![
        ("Clinic", plan.clinic.clone()),
        ("Tenant", plan.tenant.clone()),
        ("Ocean site", plan.site.clone()),
        ("Manifest", plan.manifest.path.clone()),
        ("Plan", digest.to_owned()),
    ];
    facts.extend(plan.planner.clone().map(|planner| ("Planned by", planner)));
    if !plan.targets.is_everything() {
        facts.push(("Limited to", targets(plan)));
    }
    page::facts(facts)
}

fn problems(problems: &[Problem]) -> Vec<String> {
    if problems.is_empty() {
        return Vec::new();
    }
    let line = |problem: &Problem| {
        let Problem { kind, code: _, title: _, message, hint, file: _, place: _ } = problem;
        let class = match kind {
            ProblemKind::Refused | ProblemKind::Unread | ProblemKind::Error => "bad",
            ProblemKind::Warning => "warn",
        };
        let hint =
            hint.as_ref().map(|hint| format!(" <span class=\"hint\">Hint: {}.</span>", safe(hint)));
        format!(
            "<li class=\"{class}\"><strong>{}</strong>: {} ({}).{}</li>",
            safe(&problem.label()),
            safe(message),
            safe(&problem.shown_place()),
            hint.unwrap_or_default()
        )
    };
    let lines: Vec<String> = problems.iter().map(line).collect();
    vec![
        format!("<h2>Findings ({})</h2>", problems.len()),
        format!("<ul class=\"problems\">\n{}\n</ul>", lines.join("\n")),
    ]
}

/// Equal changes as one line, the weighty ones first.
fn kinds(plan: &Plan) -> Vec<String> {
    let mut folded = Folded::new(BTreeSet::from(WEIGHTY));
    folded.add(plan);
    let line = |change: FoldedChange| {
        let FoldedChange { weight, mark: _, words, rows, clinics: _ } = change;
        let (class, word) = match weight {
            Weight::Escalates => ("alert", "⚠ escalation"),
            Weight::Loses => ("loss", "− revocation"),
            Weight::Rises => ("gain", "+ grant"),
        };
        let words = safe(&words.replace(" -> ", " → "));
        format!("<tr><td class=\"{class}\">{word}</td><td>{rows}</td><td>{words}</td></tr>")
    };
    let lines: Vec<String> = folded.changes().into_iter().map(line).collect();
    let mut parts = vec![format!(
        "<table class=\"kinds\">\n<caption class=\"hidden\">Equal changes, the weighty ones first</caption>\n\
         <thead><tr><th scope=\"col\">Kind</th><th scope=\"col\">Rows</th><th scope=\"col\">What changes</th></tr></thead>\n\
         <tbody>\n{}\n</tbody>\n</table>",
        lines.join("\n")
    )];
    if folded.other() > 0 {
        let more = counted(folded.other(), "row");
        parts.push(format!("<p>{more} more change in other ways; the grids below show them.</p>"));
    }
    parts
}

/// The changed rows of a user, by office.
fn offices(user: &UserPlan) -> BTreeMap<OfficeId, Vec<&Change>> {
    let mut offices: BTreeMap<OfficeId, Vec<&Change>> = BTreeMap::new();
    for change in &user.changes {
        offices.entry(change.key.office).or_default().push(change);
    }
    offices
}

fn anchor(user: usize, office: OfficeId) -> String {
    format!("user-{user}-office-{office}")
}

fn contents(plan: &Plan) -> String {
    let mut links = Vec::new();
    for (at, user) in plan.users.iter().enumerate() {
        links.extend(offices(user).into_iter().map(|(office, changes)| {
            format!(
                "<li><a href=\"#{}\">{}, {}</a>: {}</li>",
                anchor(at, office),
                safe(&user.name),
                safe(&plan.names.office(office)),
                count(changes.len(), "row")
            )
        }));
    }
    format!("<nav aria-label=\"Offices\">\n<ul>\n{}\n</ul>\n</nav>", links.join("\n"))
}

fn user_part(plan: &Plan, user: &UserPlan, at: usize) -> Vec<String> {
    let how = match (&plan.undoes, user.exact) {
        (Some(_), _) => "undo",
        (None, true) => "exact management",
        (None, false) => "additive management",
    };
    let mut parts = Vec::new();
    if !user.changes.is_empty() {
        parts.push(format!("<h2>{} <small>({how})</small></h2>", safe(&user.name)));
    }
    for (office, changes) in offices(user) {
        let name = safe(&format!("{} ({office})", plan.names.office(office)));
        parts.push(format!("<h3 id=\"{}\">{name}</h3>", anchor(at, office)));
        parts.push(grid(plan, user, &changes, &name));
    }
    for (heading, lines) in lists(plan, user) {
        parts.extend(list(&format!("{}: {heading}", user.name), &lines));
    }
    if user.untargeted > 0 {
        parts.push(format!("<p>{} left out by the targets.</p>", count(user.untargeted, "change")));
    }
    parts
}
