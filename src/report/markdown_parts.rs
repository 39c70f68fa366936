//! The parts that the Markdown of one plan and of a fleet's plans have in common.

use super::cut::{Cut, Item};
use super::fold::{Folded, FoldedChange, counted};
use super::fold_pattern::Weight;
use super::markup::{markdown as safe, name};
use super::review::Problem;

/// The most lines of a kind that stand open on the first screen.
const OPEN: usize = 4;

/// The most characters of a message there.
const LONG: usize = 300;

/// The worst problems, open.
pub(super) fn problem_lines(problems: &[Problem], cut: &mut Cut) {
    if problems.is_empty() {
        return;
    }
    let mut items: Vec<Item> =
        problems.iter().take(OPEN).map(|problem| Item::one(problem_line(problem, LONG))).collect();
    let more = problems.len().saturating_sub(OPEN);
    if more > 0 {
        items.push(Item { line: format!("- and {more} more, below"), stands_for: 0 });
    }
    cut.section(("", ""), "finding", &items);
}

/// All problems, folded away, where they do not stand open already.
pub(super) fn notes(title: &str, what: &'static str, problems: &[Problem], cut: &mut Cut) {
    if problems.len() <= OPEN && problems.iter().all(|problem| problem.message.len() <= LONG) {
        return;
    }
    let all: Vec<Item> =
        problems.iter().map(|problem| Item::one(problem_line(problem, usize::MAX))).collect();
    details(&format!("{title}: {}", all.len()), what, &all, cut);
}

fn problem_line(problem: &Problem, long: usize) -> String {
    let Problem { kind: _, code: _, title: _, message, hint, file: _, place: _ } = problem;
    let (message, is_cut) = clip(message, long);
    let dots = if is_cut { " …" } else { "" };
    let place = problem.shown_place();
    let place = if place.is_empty() { String::new() } else { format!(" ({})", name(&place)) };
    let hint = hint.as_ref().filter(|_| !is_cut).map(|hint| format!(" Hint: {}.", safe(hint)));
    let hint = hint.unwrap_or_default();
    format!("- **{}**: {}{dots}{place}.{hint}", safe(&problem.label()), safe(message))
}

/// A name of the first lines, which must not grow without end.
pub(super) fn short(text: &str) -> String {
    let (text, is_cut) = clip(text, 80);
    if is_cut { name(&format!("{text}…")) } else { name(text) }
}

/// The text, or its beginning.
pub(super) fn clip(text: &str, long: usize) -> (&str, bool) {
    match text.char_indices().nth(long) {
        Some((end, _)) => (text.get(..end).unwrap_or_default(), true),
        None => (text, false),
    }
}

/// The changes by what they mean, the weighty ones first; what is too much for the first screen is
/// folded away.
///
/// `who` names the first rows of a weight, where there is one clinic.
pub(super) fn folded_sections(
    folded: &Folded,
    who: Option<&dyn Fn(Weight) -> Option<String>>,
    cut: &mut Cut,
) {
    let fleet = who.is_none();
    let changes = folded.changes();
    let of = |weight: Weight| -> Vec<&FoldedChange> {
        changes.iter().filter(|change| change.weight == weight).collect()
    };
    let (escalating, losing) = (folded.escalating(), folded.losing());
    let both = match folded.both() {
        0 => String::new(),
        both => format!(", {both} of them above"),
    };
    let rows = |number| counted(number, "row");
    let gain = if escalating == 1 { "gains or keeps longer" } else { "gain or keep longer" };
    let lose = if losing == 1 { "loses" } else { "lose" };
    for (weight, title) in [
        (
            Weight::Escalates,
            format!("⚠ Escalations: {} {gain} Prescribe For, Inbox or Reporting", rows(escalating)),
        ),
        (Weight::Loses, format!("− Revocations: {} {lose} access{both}", rows(losing))),
        (Weight::Rises, "+ Grants".to_owned()),
    ] {
        let changes = of(weight);
        let items: Vec<Item> = changes.iter().map(|change| folded_item(change, fleet)).collect();
        let (open, more) = items.split_at_checked(OPEN).unwrap_or((&items, &[]));
        let clinics = if fleet { " Clinics |" } else { "" };
        let rule = if fleet { "-:|" } else { "" };
        let head = format!("| | Rows |{clinics} What changes |\n|-|-:|{rule}-|");
        let mut open = open.to_vec();
        let who = who.and_then(|who| who(weight)).filter(|_| !open.is_empty());
        open.extend(who.map(|who| Item { line: format!("\nWho: {who}"), stands_for: 0 }));
        cut.section((&format!("**{title}**\n\n{head}"), ""), "kind of change", &open);
        if !more.is_empty() {
            let title = format!(
                "<details><summary>{} more kinds of change</summary>\n\n{head}",
                more.len()
            );
            cut.section((&title, "\n</details>\n"), "kind of change", more);
        }
    }
    if folded.other() > 0 {
        cut.line(&format!("{} more change in other ways.\n", rows(folded.other())));
    }
}

fn folded_item(change: &FoldedChange, fleet: bool) -> Item {
    let FoldedChange { weight: _, mark, words, rows, clinics } = change;
    let clinics = if fleet { format!(" {clinics} |") } else { String::new() };
    Item::one(format!("| {mark} | {rows} |{clinics} {} |", safe(words)))
}

/// A part that is folded away; nothing if it is empty.
pub(super) fn details(title: &str, what: &'static str, items: &[Item], cut: &mut Cut) {
    let start = format!("<details><summary>{title}</summary>\n");
    cut.section((&start, "\n</details>\n"), what, items);
}
