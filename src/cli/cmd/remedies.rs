//! What is to be done about the rows of a diagnosis: an apply, lines of the manifest as a diff, or places to look at.

use std::path::{Component, Path};

use serde_json::{Value, json};

use crate::cli::attest;
use crate::cli::clinic::{Clinic, Planned, read_bounded};
use crate::cli::printer::Printer;
use crate::diagnose::{Diagnosis, Mended, Remedy, RowDiagnosis, Text, Unmended, entries, mend};
use crate::diagnostic::Span;
use crate::finding::{Origin, REMEDY, below_ocean};
use crate::import::name_comment;
use crate::model::{Names, OfficeId, ProviderId, RowKey};
use crate::report::{self, ShownDiff, escape};

/// What is to be done about the rows.
pub(super) struct Remedies {
    /// Rows that an apply would mend.
    apply: usize,
    /// Rows that the manifest has to ask for.
    manifest: usize,
    /// How it can ask for so many of them.
    proposal: Option<(ShownDiff, usize)>,
    /// Those that the proposal leaves, by the reason.
    left: Vec<(Unproposed, Vec<Entry>)>,
    /// Rows whose date people have to choose.
    dates: Vec<Entry>,
    /// Whether an apply asks a person for rows.
    by_hand: bool,
    /// Whether every row was read: else there may be more.
    is_known: bool,
}

/// A row and the entry of the manifest that decides it.
struct Entry {
    place: Span,
    key: RowKey,
    /// Whose row it is, where, and what it lacks.
    words: String,
}

/// Why no lines are proposed for a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Unproposed {
    Edit(Unmended),
    Inherited,
    LineEnds,
}

impl Unproposed {
    const ALL: [Self; 5] = [
        Self::Edit(Unmended::NoEdit),
        Self::Edit(Unmended::TooMany),
        Self::Edit(Unmended::Hidden),
        Self::Inherited,
        Self::LineEnds,
    ];

    const fn key(self) -> &'static str {
        match self {
            Self::Edit(Unmended::NoEdit) => "no-edit",
            Self::Edit(Unmended::TooMany) => "too-many",
            Self::Edit(Unmended::Hidden) => "comment",
            Self::Inherited => "inherited",
            Self::LineEnds => "line-ends",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Edit(Unmended::NoEdit) => "no small change of its text does exactly this",
            Self::Edit(Unmended::TooMany) => {
                "it would take more than 200 changes of its text: choose another rule or profile"
            }
            Self::Edit(Unmended::Hidden) => {
                "a comment or what may be a secret is in the way, and is not shown"
            }
            Self::Inherited => {
                "the clinic inherits from a fleet, so the lines may be the fleet's: none are proposed"
            }
            Self::LineEnds => {
                "the file has a carriage return without a line feed, which no diff can hold"
            }
        }
    }
}

impl Remedies {
    pub(super) fn of(clinic: &Clinic, planned: &Planned, found: &Diagnosis) -> Self {
        let rows: Vec<&RowDiagnosis> = found.rows(Remedy::Manifest).collect();
        let manifest = rows.len();
        let (proposal, left) = match proposal(clinic, planned, found) {
            Ok((diff, Mended { text: _, rows, left })) => {
                let left = left.into_iter().map(|(row, why)| (row, Unproposed::Edit(why)));
                (diff.map(|diff| (diff, rows.len())), left.collect())
            }
            Err(why) => (None, rows.into_iter().map(|row| (row, why)).collect::<Vec<_>>()),
        };
        let places = |rows: Vec<&RowDiagnosis>| -> Vec<Entry> {
            let entry = |(place, row): (Span, &RowDiagnosis)| {
                let provider = planned.plan.names.provider(row.key.provider);
                let lacks = below_ocean(&row.lacks);
                let lacks = if lacks.is_empty() { lacks } else { format!(": {lacks}") };
                let words = format!("{provider}, {}{lacks}", row.office);
                Entry { place, key: row.key, words }
            };
            let places = entries(&clinic.manifest, &planned.live, found, rows);
            places.into_iter().map(entry).collect()
        };
        let of = |why: Unproposed| {
            let rows: Vec<_> = left.iter().filter(|one| one.1 == why).map(|one| one.0).collect();
            (!rows.is_empty()).then(|| (why, places(rows)))
        };
        Self {
            apply: found.rows(Remedy::Apply).count(),
            manifest,
            proposal,
            left: Unproposed::ALL.into_iter().filter_map(of).collect(),
            dates: places(found.rows(Remedy::Date).collect()),
            by_hand: found.by_hand,
            is_known: found.known.grid,
        }
    }

    pub(super) fn print(&self, clinic: &Clinic, printer: &mut Printer) {
        let Self { apply, manifest, proposal, left, dates, by_hand, is_known: _ } = self;
        if apply + manifest + dates.len() == 0 {
            return;
        }
        let origin = Origin::OceanArticle.label();
        printer.result(&format!(
            "\nRemedy: {REMEDY};\n{origin}.\nThe article maps no symptom to a single column.\n"
        ));
        if *apply > 0 {
            let step = match (by_hand, attest::is_asked(clinic)) {
                (true, _) => "asks a person for it",
                (false, true) => "writes, and asks a person for the sync",
                (false, false) => "writes and syncs",
            };
            printer.result(&format!(
                "In the manifest already, {}: `accuroform apply` {step}.\n",
                rows(*apply)
            ));
        }
        for (why, entries) in left {
            printer.result(&format!(
                "Not in the manifest, {}: {}. Grant the columns at:\n{}",
                rows(entries.len()),
                why.words(),
                places(clinic, entries)
            ));
        }
        if !dates.is_empty() {
            printer.result(&format!(
                "By a date of the manifest, {}: choose another date at:\n{}",
                rows(dates.len()),
                places(clinic, dates)
            ));
        }
        if let Some((ShownDiff { text, is_bare }, count)) = proposal {
            let bare = if *is_bare { " --unidiff-zero" } else { "" };
            printer.result(&format!(
                "Not in the manifest, {}: change it like this, then `accuroform apply`.\n\
                 Saved as mend.diff, `git apply -p0{bare} mend.diff` or `patch -p0 -i mend.diff` does it:\n\n{text}",
                rows(*count)
            ));
        }
    }

    pub(super) fn json(&self) -> Value {
        let Self { apply, manifest, proposal, left, dates, by_hand: _, is_known } = self;
        // Where not everything was read there may be more, so none is not said.
        let counted = |count: usize| (*is_known || count > 0).then_some(count);
        let place = |entry: &Entry| {
            let Entry { place: Span { layer, line, column, .. }, key, words } = entry;
            json!({
                "layer": layer,
                "line": line,
                "column": column,
                "office_id": key.office,
                "provider_id": key.provider,
                "words": words,
            })
        };
        let reason = |(why, entries): &(Unproposed, Vec<Entry>)| {
            let entries: Vec<Value> = entries.iter().map(place).collect();
            json!({"why": why.key(), "words": why.words(), "entries": entries})
        };
        json!({
            "words": REMEDY,
            "source": Origin::OceanArticle.label(),
            "apply": counted(*apply),
            "manifest": counted(*manifest),
            "diff": proposal.as_ref().map(|(diff, _)| &diff.text),
            "diff_rows": counted(proposal.as_ref().map_or(0, |(_, rows)| *rows)),
            "diff_is_bare": proposal.as_ref().is_some_and(|(diff, _)| diff.is_bare),
            "left": counted(left.len()).map(|_| left.iter().map(reason).collect::<Vec<_>>()),
            "dates": counted(dates.len()),
            "date_entries": counted(dates.len()).map(|_| dates.iter().map(place).collect::<Vec<_>>()),
        })
    }
}

/// The lines of the manifest that mend it; a clinic that inherits from a fleet is not edited.
fn proposal<'a>(
    clinic: &Clinic,
    planned: &'a Planned,
    found: &'a Diagnosis,
) -> Result<(Option<ShownDiff>, Mended<'a>), Unproposed> {
    if clinic.fleet.is_some() {
        return Err(Unproposed::Inherited);
    }
    let nothing = Unproposed::Edit(Unmended::NoEdit);
    let name = name(clinic.path());
    let before = read_bounded(clinic.path()).map_err(|_| nothing)?;
    let before = String::from_utf8(before).map_err(|_| nothing)?;
    if before.replace("\r\n", "").contains('\r') {
        return Err(Unproposed::LineEnds);
    }
    let masked = with_names(&before, clinic.source.text(), &planned.live.directory.names());
    let diff = |after: &str| {
        let (before, masked) = (&before, &masked);
        report::manifest_diff(report::Change { name: &name, before, masked, after })
    };
    // The mending borrows the text for as long as it tries; what it gives holds rows alone.
    let Mended { text, rows, left } =
        mend(Text { name: &name, text: &before }, &planned.live, &planned.plan, found, &|after| {
            diff(after).is_some()
        });
    let shown = text.as_deref().and_then(diff);
    Ok((shown, Mended { text, rows, left }))
}

/// The file as a diff names it: below the working folder, or by its name alone.
fn name(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let path = here.and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path);
    let is_below =
        path.components().all(|one| matches!(one, Component::Normal(_) | Component::CurDir));
    let name = if is_below { Some(path.as_os_str()) } else { path.file_name() };
    let name = name.unwrap_or(path.as_os_str()).to_string_lossy();
    name.strip_prefix("./").unwrap_or(&name).to_owned()
}

/// The masked text with the comments that `import` writes: an id's own name hides nothing.
fn with_names(before: &str, masked: &str, names: &Names) -> String {
    let before = before.strip_prefix('\u{feff}').unwrap_or(before);
    let masked = masked.strip_prefix('\u{feff}').unwrap_or(masked);
    let lines = before.split('\n').zip(masked.split('\n'));
    let lines = lines.map(|(line, masked)| if is_named(line, names) { line } else { masked });
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether a line is `- id: 3  # NAME`, with the name of that id in the directory.
fn is_named(line: &str, names: &Names) -> bool {
    let line = line.strip_suffix('\r').unwrap_or(line).trim_start();
    let Some(line) = line.strip_prefix("- ").unwrap_or(line).strip_prefix("id: ") else {
        return false;
    };
    let Some((id, _)) = line.split_once(' ') else { return false };
    let Ok(number) = id.parse::<u64>() else { return false };
    let office = names.offices.get(&OfficeId(number));
    let provider = names.providers.get(&ProviderId(number));
    office.into_iter().chain(provider).any(|name| line == format!("{id}{}", name_comment(name)))
}

fn places(clinic: &Clinic, entries: &[Entry]) -> String {
    entries.iter().fold(String::new(), |text, Entry { place, key: _, words }| {
        let file = clinic.source.files().into_iter().find(|file| file.layer == place.layer);
        let name = escape(file.map_or("", |file| file.name)).into_owned();
        text + &format!("  {name}:{}:{}: {}\n", place.line, place.column, escape(words))
    })
}

fn rows(count: usize) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}
