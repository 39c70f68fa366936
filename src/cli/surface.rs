//! What CI systems are told: gathered while a command works, written when it has ended. Only a flag
//! turns it on; the environment says no more than where.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::args::{Ci, Command, PlanCommand, SurfaceArgs};
use super::cmd::save;
use super::env::Environment;
use super::exit::Exit;
use super::failure::Failure;
use super::fleet::MemberPlan;
use super::printer::Printer;
use crate::plan::file::{Opened, open_whole};
use crate::report::ci::{self, Ending, Facts, SUMMARY_LIMIT, plan_limit};
use crate::report::{NotPlanned, Review};
use crate::rollout::bundle::{Bundle, Entry, Unplanned};

/// Of what kind a command is: not every file is about each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It makes or shows plans.
    Plans,
    /// It looks at manifests alone.
    Checks,
    /// It writes to Accuro, or looks at what was written.
    Acts,
}

#[derive(Debug)]
enum System {
    Github { outputs: Option<PathBuf>, summary: Option<PathBuf> },
    Gitlab { folder: PathBuf, kind: Kind },
}

/// A CI system, and what it will be told.
#[derive(Debug)]
pub(super) struct Surface {
    system: System,
    command: &'static str,
    pub(super) facts: Facts,
}

/// The flags of a command that has them, its name and its kind.
fn arguments(command: &Command) -> Option<(&SurfaceArgs, &'static str, Kind)> {
    Some(match command {
        Command::Plan(args) => match &args.command {
            Some(PlanCommand::Merge(args)) => (&args.surface, "plan merge", Kind::Plans),
            None => (&args.surface, "plan", Kind::Plans),
        },
        Command::Show(args) => (&args.surface, "show", Kind::Plans),
        Command::Validate(args) => (&args.surface, "validate", Kind::Checks),
        Command::Apply(args) => (&args.surface, "apply", Kind::Acts),
        Command::Undo(args) if args.out.is_some() => (&args.surface, "undo", Kind::Plans),
        Command::Undo(args) => (&args.surface, "undo", Kind::Acts),
        Command::Verify(args) => (&args.surface, "verify", Kind::Acts),
        Command::Init(_)
        | Command::Fmt(_)
        | Command::Approve(_)
        | Command::Sync(_)
        | Command::History(_)
        | Command::Unlock(_)
        | Command::Explain(_)
        | Command::Drift(_)
        | Command::Review(_)
        | Command::Diagnose(_)
        | Command::Watch(_)
        | Command::Capture(_)
        | Command::Import(_)
        | Command::Status(_)
        | Command::Worklist(_)
        | Command::Schema(_)
        | Command::Fleet(_)
        | Command::Rollout(_)
        | Command::Policy(_)
        | Command::Sim(_)
        | Command::Completions { .. }
        | Command::Man { .. }
        | Command::Version { .. } => return None,
    })
}

impl Surface {
    /// What the flags ask for; `None`: nothing. Where it could not be written nothing is begun.
    pub(super) fn open(
        command: &Command,
        environment: &Environment,
        printer: &mut Printer,
    ) -> Result<Option<Self>, Failure> {
        let Some((args, command, kind)) = arguments(command) else { return Ok(None) };
        let SurfaceArgs { github, gitlab, ci, gitlab_dir } = args;
        let asks = kind == Kind::Plans;
        let is_auto = matches!(ci, Some(Ci::Auto));
        if *gitlab || (is_auto && environment.is_gitlab()) {
            fs::create_dir_all(gitlab_dir).map_err(|error| unwritten(gitlab_dir, &error))?;
            let system = System::Gitlab { folder: gitlab_dir.clone(), kind };
            return Ok(Some(Self { system, command, facts: Facts::new(0, asks) }));
        }
        if !(*github || (is_auto && environment.is_github())) {
            return Ok(None);
        }
        let [outputs, summary] = environment.github_files();
        let missing = match (&outputs, &summary) {
            (Some(_), Some(_)) => None,
            (None, Some(_)) => Some("GITHUB_OUTPUT is not set, so no outputs are"),
            (Some(_), None) => Some("GITHUB_STEP_SUMMARY is not set, so no summary is"),
            (None, None) => Some(
                "GITHUB_OUTPUT and GITHUB_STEP_SUMMARY are not set, so no outputs and no summary are",
            ),
        };
        if let Some(missing) = missing {
            printer.line(&format!("note: {missing} written"));
        }
        for path in outputs.iter().chain(&summary) {
            append(path, "")?;
        }
        let limit = summary.as_deref().map_or(0, |path| plan_limit(room(path)));
        let system = System::Github { outputs, summary };
        Ok(Some(Self { system, command, facts: Facts::new(limit, asks) }))
    }

    /// Whether a line that looks like a command to GitHub's runner would be one.
    pub(super) const fn has_commands(&self) -> bool {
        matches!(self.system, System::Github { .. })
    }

    /// The annotations for the runner.
    fn commands(&self) -> String {
        if self.has_commands() { ci::annotations(&self.facts) } else { String::new() }
    }

    /// Writes all of it. `Err`: what could not be written, and why.
    fn write(&self, ending: Ending) -> Result<Option<String>, Failure> {
        let Self { system, command: _, facts } = self;
        match system {
            System::Github { outputs, summary } => {
                if let Some(path) = outputs {
                    append(path, &ci::outputs(facts, ending))?;
                }
                let Some(path) = summary else { return Ok(None) };
                let Some(text) = ci::summary(facts, ending, room(path)) else {
                    return Ok(Some("the summary of the step is full already".to_owned()));
                };
                append(path, &text)?;
                let left = ci::left_out(facts);
                Ok(left
                    .map(|left| format!("not annotated, for a step shows ten of a kind: {left}")))
            }
            System::Gitlab { folder, kind } => {
                replace(&folder.join("accuroform.env"), Some(&ci::dotenv(facts, ending)))?;
                if *kind != Kind::Acts {
                    replace(&folder.join("accuroform-junit.xml"), Some(&ci::junit(facts)))?;
                }
                if *kind == Kind::Plans {
                    // A file of an earlier plan would say what this one did not.
                    replace(&folder.join("accuroform-plan.json"), ci::widget(facts).as_deref())?;
                }
                Ok(None)
            }
        }
    }
}

/// Tells the CI system, if there is one; gives how the program ends.
pub(super) fn close(exit: Exit, printer: &mut Printer) -> Exit {
    let Some(surface) = printer.surface.take() else { return exit };
    let ending = Ending {
        command: surface.command,
        code: exit.code(),
        meaning: exit.key(),
        words: exit.words(),
    };
    printer.commands(&surface.commands());
    match surface.write(ending) {
        Ok(None) => exit,
        Ok(Some(note)) => {
            printer.line(&format!("note: {note}"));
            exit
        }
        Err(failure) => {
            printer.failure(&failure);
            if exit == Exit::Done { Exit::Error } else { exit }
        }
    }
}

/// Adds what planning a clinic of a fleet gave.
pub(super) fn add_member(facts: &mut Facts, planned: &MemberPlan) {
    let MemberPlan { clinic, result } = planned;
    match result {
        Ok(of) => {
            let digest = &of.sealed.digest;
            facts.member(Review { plan: &of.plan, refusals: &of.refusals, digest });
        }
        Err(failure) => {
            let code = failure.code.unwrap_or("none");
            facts.not_planned(&NotPlanned { clinic, code, message: &failure.message });
        }
    }
}

/// Adds the plans of a bundle, with their sum in a line.
pub(super) fn add_bundle(facts: &mut Facts, bundle: &mut Bundle<File>) -> Result<(), Failure> {
    facts.fleet(&bundle.header().fleet.id);
    let clinics: Vec<String> = bundle.clinics().map(|(clinic, _)| clinic.to_owned()).collect();
    for clinic in &clinics {
        if let Some(text) = bundle.text(clinic)? {
            let Opened { plan, digest, refusals } = open_whole(&text)?;
            facts.member(Review { plan: &plan, refusals: &refusals, digest: &digest });
        } else if let Some(Entry::Unplanned(unplanned)) = bundle.entry(clinic)? {
            let Unplanned { clinic, code, message, exit_code: _ } = &unplanned;
            facts.not_planned(&NotPlanned { clinic, code, message });
        }
    }
    let words = format!("Plans of {}.", super::fleet::clinics(clinics.len()));
    facts.fleet_planned(words, Some(bundle.digest()));
    Ok(())
}

/// How many bytes of the step's summary are left.
fn room(path: &Path) -> usize {
    let used =
        fs::metadata(path).map_or(0, |file| usize::try_from(file.len()).unwrap_or(usize::MAX));
    // A line break may have to come first.
    SUMMARY_LIMIT.saturating_sub(used).saturating_sub(1)
}

/// Appends to a file of the runner, on a line of its own; an empty text tries whether that would do.
fn append(path: &Path, text: &str) -> Result<(), Failure> {
    let write = || {
        let mut file = OpenOptions::new().create(true).append(true).read(true).open(path)?;
        if text.is_empty() {
            return Ok(());
        }
        let mut last = [b'\n'];
        if file.metadata()?.len() > 0 {
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
        }
        let start = if last == [b'\n'] { "" } else { "\n" };
        file.write_all(format!("{start}{text}").as_bytes())
    };
    write().map_err(|error| unwritten(path, &error))
}

/// Puts a file in place whole, or takes it away.
fn replace(path: &Path, text: Option<&str>) -> Result<(), Failure> {
    let Some(text) = text else {
        return match fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(unwritten(path, &error))
            }
            Ok(()) | Err(_) => Ok(()),
        };
    };
    save(path, "report", text)
}

fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    let message = format!("cannot tell the CI system: {}: {error}", path.display());
    Failure::new(Exit::Error, "F001", message, "choose a folder that is there and writable")
}
