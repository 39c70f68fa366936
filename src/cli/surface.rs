//! What CI systems are told: gathered while a command works, written when it has ended. Only a flag
//! turns it on; the environment says no more than where.

use std::fs::File;
use std::path::PathBuf;

use super::args::{Ci, Command, PlanCommand, SurfaceArgs};
use super::env::Environment;
use super::exit::Exit;
use super::failure::Failure;
use super::fleet::MemberPlan;
use super::printer::Printer;
use super::surface_files::{append, gitlab_files, must_be_apart, replace, room};
use crate::plan::file::{Opened, open_whole};
use crate::report::ci::{self, Ending, Facts, plan_limit};
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
    Gitlab { files: [PathBuf; 3], kind: Kind },
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
        Command::Drift(args) => (&args.surface, "drift", Kind::Acts),
        Command::Init(_)
        | Command::Fmt(_)
        | Command::Approve(_)
        | Command::Sync(_)
        | Command::History(_)
        | Command::Unlock(_)
        | Command::Explain(_)
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
        let typed = command;
        let Some((args, command, kind)) = arguments(typed) else { return Ok(None) };
        let SurfaceArgs { github, gitlab, ci, gitlab_dir } = args;
        let asks = kind == Kind::Plans;
        let is_auto = matches!(ci, Some(Ci::Auto));
        if *gitlab || (is_auto && environment.is_gitlab()) {
            let files = gitlab_files(gitlab_dir)?;
            must_be_apart(typed, &files)?;
            let system = System::Gitlab { files, kind };
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
        let told: Vec<PathBuf> = outputs.iter().chain(&summary).cloned().collect();
        must_be_apart(typed, &told)?;
        for path in &told {
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

    /// Writes all of it, what can be where something else cannot. `Err`: the first that could not be
    /// written, and why.
    fn write(&self, ending: Ending) -> Result<Option<String>, Failure> {
        let Self { system, command: _, facts } = self;
        match system {
            System::Github { outputs, summary } => {
                let told = outputs
                    .as_ref()
                    .map_or(Ok(()), |path| append(path, &ci::outputs(facts, ending)));
                let Some(path) = summary else { return told.map(|()| None) };
                let Some(text) = ci::summary(facts, ending, room(path)) else {
                    let note = "the summary of the step is full already".to_owned();
                    return told.map(|()| Some(note));
                };
                told.and(append(path, &text))?;
                let left = ci::left_out(facts);
                Ok(left
                    .map(|left| format!("not annotated, for a step shows ten of a kind: {left}")))
            }
            System::Gitlab { files: [variables, tests, widget], kind } => {
                let mut told = replace(variables, Some(&ci::dotenv(facts, ending)));
                if *kind != Kind::Acts {
                    told = told.and(replace(tests, Some(&ci::junit(facts))));
                }
                if *kind == Kind::Plans {
                    // A file of an earlier plan would say what this one did not.
                    told = told.and(replace(widget, ci::widget(facts).as_deref()));
                }
                told.map(|()| None)
            }
        }
    }
}

/// Tells the CI system, if there is one; gives how the program ends.
pub(super) fn close(exit: Exit, printer: &mut Printer) -> Exit {
    let Some(surface) = &printer.surface else { return exit };
    let ending = Ending {
        command: surface.command,
        code: exit.code(),
        meaning: exit.key(),
        words: exit.words(),
    };
    let (commands, written) = (surface.commands(), surface.write(ending));
    printer.commands(&commands);
    match written {
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
