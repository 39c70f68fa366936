//! What a command is about: one clinic, or the selected clinics of a fleet.

use std::path::Path;

use super::load::{FleetFile, Member};
use crate::cli::args::SelectArgs;
use crate::cli::clinic::{Clinic, read_bounded};
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::manifest;
use crate::rollout::bundle::{BundleHeader, BundleShard, FleetRef};
use crate::rollout::{FleetClinic, SelectError, Selected, Selection, ShardError};

/// What a command is about.
pub(in crate::cli) enum Subject {
    /// One clinic, alone or out of a fleet.
    Clinic(Box<Clinic>),
    /// Clinics of a fleet.
    Fleet(Box<SelectedFleet>),
}

/// The clinics of a fleet that are meant.
pub(in crate::cli) struct SelectedFleet {
    pub(in crate::cli) file: FleetFile,
    pub(in crate::cli) selection: Selection,
    pub(in crate::cli) selected: Selected,
    /// The selected clinics, ordered by id.
    pub(in crate::cli) members: Vec<Member>,
}

impl Subject {
    /// Reads and checks a manifest, or a fleet manifest with those of its clinics, and prints what
    /// it finds. A fleet of which one clinic is named is that clinic.
    pub(in crate::cli) fn load(
        path: &Path,
        select: &SelectArgs,
        environment: &Environment,
        printer: &mut Printer,
    ) -> Result<Self, Failure> {
        match read_bounded(path) {
            Ok(bytes) if manifest::is_fleet(&bytes) => {
                let file = FleetFile::load(path, &bytes, environment, printer)?;
                let selection = selection(select, environment)?;
                let fleet = SelectedFleet::new(file, selection, printer)?;
                // A shard is one of many: its bundle is to be merged.
                let is_named =
                    fleet.selection.clinics.len() == 1 && fleet.selection.shard.is_none();
                match fleet.members.as_slice() {
                    [only] if is_named => {
                        Ok(Self::Clinic(Box::new(fleet.file.clinic(only, environment)?)))
                    }
                    _ => Ok(Self::Fleet(Box::new(fleet))),
                }
            }
            // What cannot be read is said by the loader of clinics.
            Ok(_) | Err(_) => {
                must_not_select(select)?;
                Ok(Self::Clinic(Box::new(Clinic::load(path, environment, printer)?)))
            }
        }
    }

    /// The one clinic, for commands that are about one.
    pub(in crate::cli) fn one(self) -> Result<Clinic, Failure> {
        match self {
            Self::Clinic(clinic) => Ok(*clinic),
            Self::Fleet(fleet) => Err(Failure::new(
                Exit::Error,
                "U005",
                format!("this is about one clinic, and {} has many", fleet.file.path.display()),
                "name it: --clinic ID",
            )),
        }
    }
}

/// A clinic's own manifest has nothing to select from.
pub(in crate::cli) fn must_not_select(select: &SelectArgs) -> Result<(), Failure> {
    let SelectArgs { clinic, tag, exclude_tag, shard } = select;
    if clinic.is_empty() && tag.is_empty() && exclude_tag.is_empty() && shard.is_none() {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Error,
        "U005",
        "--clinic, --tag, --exclude-tag and --shard choose clinics of a fleet",
        "name a fleet manifest, or leave them out",
    ))
}

/// What was asked for.
pub(in crate::cli) fn selection(
    select: &SelectArgs,
    environment: &Environment,
) -> Result<Selection, Failure> {
    let SelectArgs { clinic, tag, exclude_tag, shard } = select;
    let shard = shard.map(|choice| environment.shard(choice)).transpose()?;
    Ok(Selection {
        clinics: clinic.iter().cloned().collect(),
        tags: tag.iter().cloned().collect(),
        exclude_tags: exclude_tag.iter().cloned().collect(),
        shard,
    })
}

impl SelectedFleet {
    /// One of the selected clinics, in the order of `members`.
    pub(in crate::cli) fn clinic(
        &self,
        at: usize,
        environment: &Environment,
    ) -> Result<Clinic, Failure> {
        let member = self.members.get(at);
        let member =
            member.ok_or_else(|| Failure::plain(Exit::Error, "there is no such clinic"))?;
        self.file.clinic(member, environment)
    }

    /// The clinics that were asked for.
    pub(in crate::cli) fn new(
        file: FleetFile,
        selection: Selection,
        printer: &mut Printer,
    ) -> Result<Self, Failure> {
        let clinic =
            |member: &Member| FleetClinic { id: member.id.clone(), tags: member.tags.clone() };
        let all: Vec<FleetClinic> = file.members.iter().map(clinic).collect();
        let selected = selection.select(&all).map_err(|wrong| several(&wrong))?;
        if let Some(words) = selected.nothing_here() {
            printer.line(&format!("note: {words}"));
        }
        let is_meant = |member: &&Member| {
            selected.clinics.binary_search_by(|clinic| clinic.id.cmp(&member.id)).is_ok()
        };
        let members = file.members.iter().filter(is_meant).cloned().collect();
        Ok(Self { file, selection, selected, members })
    }
}

/// Reads and checks a fleet manifest with those of its clinics, and chooses among them.
pub(in crate::cli) fn load_selected(
    path: &Path,
    select: &SelectArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<SelectedFleet, Failure> {
    let file = load_fleet(path, environment, printer)?;
    SelectedFleet::new(file, selection(select, environment)?, printer)
}

/// Reads and checks a fleet manifest with those of its clinics.
pub(in crate::cli) fn load_fleet(
    path: &Path,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<FleetFile, Failure> {
    let bytes = read_bounded(path).map_err(|error| {
        let message = format!("cannot read the fleet manifest {}: {error}", path.display());
        Failure::new(Exit::Error, "M001", message, "name the fleet's manifest")
    })?;
    if !manifest::is_fleet(&bytes) {
        let message = format!("{} is not a fleet manifest", path.display());
        return Err(Failure::new(Exit::Error, "U005", message, "name the fleet's manifest"));
    }
    FleetFile::load(path, &bytes, environment, printer)
}

/// The first line of the bundle of these clinics.
pub(in crate::cli) fn header(fleet: &SelectedFleet) -> BundleHeader {
    let SelectedFleet { file, selection, selected, members: _ } = fleet;
    let reference = FleetRef { id: file.fleet.id.clone(), digest: file.source.digest().to_owned() };
    let populated = || selected.populated.clone();
    let shard = selection.shard.map(|part| BundleShard { part, populated: populated() });
    let total = u64::try_from(selected.total).unwrap_or(u64::MAX);
    BundleHeader::new(reference, selection.to_string(), total, shard)
}

/// Everything that is wrong with what was asked for.
fn several(wrong: &[SelectError]) -> Failure {
    let words: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    let (code, hint) =
        wrong.first().map_or(("R007", String::new()), |first| (first.code(), first.hint()));
    Failure::new(Exit::Error, code, words.join("; "), hint)
}

impl From<ShardError> for Failure {
    fn from(error: ShardError) -> Self {
        Self::new(Exit::Error, error.code(), error.to_string(), error.hint())
    }
}
