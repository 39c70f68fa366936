//! A diagnosis as people and programs read it. Every statement about Accuro or Ocean carries who says it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::escape::escape;
use crate::diagnose::{Cause, Diagnosis, Known, Obstacle, ProviderDiagnosis, Remedy, RowDiagnosis};
use crate::finding::{Fact, HandCheck, Kind, Origin, Symptom, below_ocean, sentence};

/// How wide a line may be before it is wrapped.
const WIDTH: usize = 100;

/// What was found, first things first; without the remedy.
pub fn diagnosis(found: &Diagnosis) -> String {
    let mut lines = Vec::new();
    for Obstacle { code, message, hint } in &found.obstacles {
        lines.push(format!("! {} [{code}]", escape(message)));
        lines.push(format!("    next: {}", escape(hint)));
    }
    if !found.unread.is_empty() {
        lines.push(format!("{}, so it is unknown:", sentence(Kind::Unread.heading())));
        lines.extend(found.unread.iter().map(|part| format!("  ! {}", escape(part))));
    }
    let symptoms = found.symptoms();
    let checked: Vec<Symptom> =
        symptoms.into_iter().filter(|symptom| !symptom.hand_checks().is_empty()).collect();
    if !found.sync.is_empty() || !checked.is_empty() {
        begin(&mut lines, "Before permissions, for every provider:");
    }
    for one in &found.sync {
        cause(one, &mut lines);
    }
    for symptom in checked {
        let key = symptom.key();
        lines.push(format!("  check by hand for {key}, for it cannot be seen from here:"));
        for HandCheck { what, who, origin } in symptom.hand_checks() {
            push(&mut lines, "    ? ", &format!("{what}; who can look: {who}; {}", origin.label()));
        }
    }
    for one in &found.providers {
        provider(one, found, &mut lines);
    }
    lines.iter().fold(String::new(), |text, line| text + line + "\n")
}

/// Sets a new part off from what stands above it.
fn begin(lines: &mut Vec<String>, heading: &str) {
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.push(heading.to_owned());
}

/// A line behind a mark, wrapped below itself: between its parts where that is enough, so that who says a thing
/// stays in one piece.
fn push(lines: &mut Vec<String>, mark: &str, words: &str) {
    let width = WIDTH - mark.len();
    let mut parts: Vec<&str> = Vec::new();
    for part in words.split_inclusive("; ") {
        if part.trim_end().chars().count() > width {
            parts.extend(part.split_inclusive(' '));
        } else {
            parts.push(part);
        }
    }
    let mut line = String::new();
    let mut is_first = true;
    for part in parts {
        let is_full = line.chars().count() + part.trim_end().chars().count() > width;
        if is_full && !line.is_empty() {
            lines.push(format!("{}{}", lead(mark, is_first), escape(line.trim_end())));
            line.clear();
            is_first = false;
        }
        line.push_str(part);
    }
    lines.push(format!("{}{}", lead(mark, is_first), escape(line.trim_end())));
}

fn lead(mark: &str, is_first: bool) -> String {
    if is_first { mark.to_owned() } else { " ".repeat(mark.len()) }
}

fn cause(cause: &Cause, lines: &mut Vec<String>) {
    let Cause { kind, evidence, origin } = cause;
    let evidence = if evidence.is_empty() { String::new() } else { format!(": {evidence}") };
    let (heading, code) = (kind.heading(), kind.code());
    push(lines, "  ! ", &format!("{heading}{evidence} [{code}]; {}", origin.label()));
    push(lines, "      next: ", kind.hint());
}

fn provider(one: &ProviderDiagnosis, found: &Diagnosis, lines: &mut Vec<String>) {
    let ProviderDiagnosis { id: _, name, on_page, causes, rows } = one;
    let page = match on_page {
        Some(true) => "on Ocean's Patients page",
        Some(false) => "not on Ocean's Patients page",
        None => "unknown whether on Ocean's Patients page",
    };
    begin(lines, &format!("{}: {page}", escape(name)));
    for one in causes {
        cause(one, lines);
    }
    // The same in several offices is told once.
    let mut alike: Vec<(Vec<String>, Vec<&str>)> = Vec::new();
    for row in rows {
        let words = row_words(row, found);
        match alike.iter_mut().find(|(before, _)| *before == words) {
            Some((_, offices)) => offices.push(&row.office),
            None => alike.push((words, vec![&row.office])),
        }
    }
    for (words, offices) in alike {
        let mut words = words.into_iter();
        let first = words.next().unwrap_or_default();
        push(lines, "  - ", &format!("{}: {first}", offices.join("; ")));
        for more in words {
            push(lines, "      ", &more);
        }
    }
    if one.is_empty() {
        let Known { grid, site: _, list, sync } = found.known;
        let words =
            if grid && list && sync { "nothing found" } else { "nothing found in what was read" };
        lines.push(format!("  {words}"));
    }
}

/// What a row is, what that likely breaks, and what mends it.
fn row_words(row: &RowDiagnosis, found: &Diagnosis) -> Vec<String> {
    let RowDiagnosis { key: _, office: _, lacks, ends, likely, remedy } = row;
    let mut words = Vec::new();
    if !lacks.is_empty() {
        words.push(format!("{} [{}]", below_ocean(lacks), Kind::BelowOcean.code()));
    }
    if let Some((kind, until)) = ends {
        let fact = if *kind == Kind::Ended { Fact::Ended(*until) } else { Fact::EndsSoon(*until) };
        words.push(format!("{}: {} [{}]", kind.heading(), fact.words(), kind.code()));
    }
    let keys: Vec<&str> = likely.iter().map(|one| one.key()).collect();
    let assumed = Origin::Assumed.label();
    if !keys.is_empty() {
        words.push(format!("likely breaks {}; {assumed}", keys.join(", ")));
    }
    if let Some(symptom) = found.symptom.filter(|symptom| !likely.contains(symptom)) {
        words.push(format!("not likely the cause of {} by itself; {assumed}", symptom.key()));
    }
    let origin = if lacks.is_empty() { Origin::Assumed } else { Origin::OceanArticle };
    words.push(format!("remedy: {}", remedy_words(*remedy, origin, found.by_hand)));
    words
}

/// What mends a row. That all six columns at full are the remedy is the article's; the date is not in it.
fn remedy_words(remedy: Remedy, origin: Origin, by_hand: bool) -> String {
    let step = match remedy {
        Remedy::Apply if by_hand => {
            "the manifest asks for it already, `accuroform apply` asks a person for it"
        }
        Remedy::Apply => "the manifest asks for it already, `accuroform apply` writes it",
        Remedy::Manifest => "the manifest does not ask for it, see the end",
        Remedy::Date => "another date than the manifest's, see the end",
        Remedy::Blocked => "nothing is planned for this user until what stands first is mended",
    };
    format!("{step}; {}", origin.label())
}

/// What was found, for programs.
pub fn diagnosis_json(found: &Diagnosis) -> Value {
    let Diagnosis { site, user, is_sites_word, symptom, obstacles, unread, sync, .. } = found;
    let Diagnosis { providers, known, .. } = found;
    let checks = found.symptoms().into_iter().flat_map(|symptom| {
        symptom.hand_checks().iter().map(move |check| {
            json!({
                "symptom": symptom.key(),
                "what": check.what,
                "who": check.who,
                "documented": check.origin.is_documented(),
                "source": check.origin.label(),
            })
        })
    });
    let obstacle = |one: &Obstacle| {
        let Obstacle { code, message, hint } = one;
        json!({"code": code, "message": message, "hint": hint})
    };
    json!({
        "site": site,
        "user": user,
        "user_told_by_ocean": is_sites_word,
        "symptom": symptom.map(Symptom::key),
        "obstacles": obstacles.iter().map(obstacle).collect::<Vec<_>>(),
        "unread": unread,
        "causes": listed(sync.iter().map(cause_json).collect(), known.sync),
        "check_by_hand": checks.collect::<Vec<_>>(),
        "providers": listed(
            providers.iter().map(|one| provider_json(one, *known)).collect(),
            known.grid && known.list,
        ),
    })
}

/// What was found; nothing says that there is nothing only where everything is known.
fn listed(found: Vec<Value>, is_known: bool) -> Value {
    if found.is_empty() && !is_known { Value::Null } else { Value::Array(found) }
}

fn cause_json(cause: &Cause) -> Value {
    let Cause { kind, evidence, origin } = cause;
    json!({
        "code": kind.code().as_str(),
        "kind": kind.key(),
        "message": kind.heading(),
        "evidence": evidence,
        "hint": kind.hint(),
        "documented": origin.is_documented(),
        "source": origin.label(),
    })
}

fn provider_json(one: &ProviderDiagnosis, known: Known) -> Value {
    let ProviderDiagnosis { id, name, on_page, causes, rows } = one;
    let row = |row: &RowDiagnosis| {
        let RowDiagnosis { key, office, lacks, ends, likely, remedy } = row;
        let lacks: BTreeMap<&str, &str> =
            lacks.iter().map(|(column, level)| (column.key(), level.key())).collect();
        json!({
            "office_id": key.office,
            "provider_id": key.provider,
            "office": office,
            "lacks": lacks,
            "ends": ends.map(|(kind, until)| json!({"kind": kind.key(), "until": until})),
            "likely": likely.iter().map(|one| one.key()).collect::<Vec<_>>(),
            "likely_source": Origin::Assumed.label(),
            "remedy": remedy.key(),
        })
    };
    json!({
        "provider_id": id,
        "name": name,
        "on_patients_page": on_page,
        "causes": listed(causes.iter().map(cause_json).collect(), known.list && known.grid),
        "rows": listed(rows.iter().map(row).collect(), known.grid),
    })
}
