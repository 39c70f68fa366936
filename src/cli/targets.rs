//! `-target office:Main Street`: what was typed to what it means, against the directory.

use super::exit::Exit;
use super::failure::Failure;
use crate::diagnostic::did_you_mean;
use crate::live::{Directory, Providers};
use crate::model::{Column, OfficeId, ProviderId, fold};
use crate::plan::{Target, Targets};

/// Resolves the targets of a command; an unknown one is a usage error, never an empty plan.
pub(super) fn resolve(
    only: &[String],
    except: &[String],
    directory: &Directory,
) -> Result<Targets, Failure> {
    let all = |written: &[String], flag| {
        let one = |text: &String| target(text, flag, directory);
        let mut targets = written.iter().map(one).collect::<Result<Vec<_>, _>>()?;
        targets.sort_unstable();
        targets.dedup();
        Ok::<_, Failure>(targets)
    };
    Ok(Targets { only: all(only, "--target")?, except: all(except, "--exclude")? })
}

/// The provider that `--provider` names.
pub(super) fn one_provider(typed: &str, directory: &Directory) -> Result<ProviderId, Failure> {
    provider(typed, directory).map_err(|Problem { message, hint }| {
        Failure::new(Exit::Error, "U001", format!("--provider {typed}: {message}"), hint)
    })
}

fn target(text: &str, flag: &str, directory: &Directory) -> Result<Target, Failure> {
    let unknown = |message: String, hint: &str| {
        Failure::new(Exit::Error, "U001", format!("{flag} {text}: {message}"), hint)
    };
    match text.split_once(':') {
        Some(("office", name)) => office(name, directory).map(Target::Office),
        Some(("provider", name)) => provider(name, directory).map(Target::Provider),
        Some(("column", name)) => column(name).map(Target::Column),
        Some(_) | None => Err(Problem {
            message: "not a target".to_owned(),
            hint: "write office:NAME, provider:NAME or column:NAME; an id may stand for a name"
                .to_owned(),
        }),
    }
    .map_err(|Problem { message, hint }| unknown(message, &hint))
}

struct Problem {
    message: String,
    hint: String,
}

fn office(written: &str, directory: &Directory) -> Result<OfficeId, Problem> {
    let offices = directory.offices.iter().map(|(id, office)| (id.0, office.name.clone()));
    one("office", written, &offices.collect::<Vec<_>>(), |name| fold(name) == fold(written))
        .map(OfficeId)
}

fn provider(written: &str, directory: &Directory) -> Result<ProviderId, Problem> {
    let mut people = std::collections::BTreeMap::new();
    for office in directory.offices.values() {
        if let Providers::Read(providers) = &office.providers {
            people.extend(providers.iter().map(|(id, name)| (*id, name)));
        }
    }
    let matching = people.iter().filter(|(_, name)| name.matches(written)).map(|(id, _)| *id);
    let matching: Vec<ProviderId> = matching.collect();
    let names: Vec<_> = people.iter().map(|(id, name)| (id.0, name.listed())).collect();
    let is_one =
        |name: &str| matching.iter().any(|id| people.get(id).is_some_and(|p| p.listed() == name));
    one("provider", written, &names, is_one).map(ProviderId)
}

/// The id that is meant: written as such, or the only one whose name matches.
fn one(
    kind: &str,
    written: &str,
    known: &[(u64, String)],
    matches: impl Fn(&str) -> bool,
) -> Result<u64, Problem> {
    if let Ok(id) = written.parse::<u64>()
        && known.iter().any(|(known, _)| *known == id)
    {
        return Ok(id);
    }
    let found: Vec<_> = known.iter().filter(|(_, name)| matches(name)).collect();
    match found.as_slice() {
        [(id, _)] => Ok(*id),
        [] => Err(Problem {
            message: format!("the directory has no such {kind}"),
            hint: match did_you_mean(written, known.iter().map(|(_, name)| name.as_str())) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("check the spelling, or write the {kind}'s id"),
            },
        }),
        several => {
            let ids: Vec<String> =
                several.iter().map(|(id, name)| format!("{name} ({id})")).collect();
            Err(Problem {
                message: format!("several {kind}s have this name"),
                hint: format!("write the id of one: {}", ids.join("; ")),
            })
        }
    }
}

fn column(written: &str) -> Result<Column, Problem> {
    Column::from_key(written).ok_or_else(|| {
        let keys: Vec<&str> = Column::ALL.iter().map(|column| column.key()).collect();
        Problem {
            message: "there is no such column".to_owned(),
            hint: match did_you_mean(written, keys.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the columns are {}", keys.join(", ")),
            },
        }
    })
}
