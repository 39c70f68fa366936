//! `plan`: what an apply would change. It is never given a writer.

use std::io::Write as _;
use std::path::Path;

use crate::approval::NotApproved;
use crate::cli::args::{FormArgs, PlanArgs, PlanCommand, TargetArgs};
use crate::cli::attest;
use crate::cli::clinic::{Clinic, Planned, Purpose, Scope, print_findings};
use crate::cli::cmd::plan_against::Since;
use crate::cli::cmd::{merge, plan_fleet};
use crate::cli::env::Environment;
use crate::cli::events::{self, Judged, Operation};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::finish::is_owed;
use crate::cli::fleet::Subject;
use crate::cli::printer::Printer;
use crate::cli::surface_files::reason;
use crate::plan::{Plan, Refusal, made_again};
use crate::report::{self, Document, Review, escape};

pub(super) async fn run(
    args: &PlanArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    if let Some(PlanCommand::Merge(args)) = &args.command {
        return merge::run(args, printer);
    }
    match Subject::load(&args.manifest, &args.select, environment, printer)? {
        Subject::Clinic(clinic) => {
            show(args, (&clinic, Purpose::Manifest), environment, printer).await
        }
        Subject::Fleet(fleet) => plan_fleet::run(args, *fleet, environment, printer).await,
    }
}

/// Plans, prints and saves; `undo -out` shares it.
pub(super) async fn show(
    args: &PlanArgs,
    (clinic, purpose): (&Clinic, Purpose<'_>),
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let PlanArgs {
        command: _,
        manifest: _,
        select: _,
        targets,
        out,
        planner: typed,
        form,
        format,
        against_git,
        detailed_exitcode,
        surface: _,
    } = args;
    printer.about(&clinic.manifest.clinic.id);
    let TargetArgs { target, exclude } = targets;
    let maker = typed.as_deref().map(str::trim).filter(|name| !name.is_empty());
    must_name_planner(clinic, out.is_some(), maker)?;
    let since = against_git.as_deref().map(|typed| Since::read(typed, clinic)).transpose()?;
    let opened = clinic.connect(environment).await?;
    let scope = Scope::Typed { only: target, except: exclude };
    let result = clinic.plan(&opened.accuro(), purpose, scope).await;
    opened.close().await;
    let mut planned = result?;
    planned.plan.planner = maker.map(str::to_owned);
    planned.judge(clinic)?;
    let sealed = planned.seal()?;
    print_findings(&clinic.source, &planned.plan.findings, printer);
    let review =
        Review { plan: &planned.plan, refusals: &planned.refusals, digest: &sealed.digest };
    if let Some(facts) = printer.facts() {
        facts.plan(review);
    }
    let since = since.map(|since| (since.groups(clinic, &planned), since));
    let shown = format.over(&form.of_plan());
    let owed = is_owed(clinic);
    match &since {
        _ if printer.streams() => {
            let judged = Judged {
                operation: Operation::Plan,
                digest: &sealed.digest,
                refusals: &planned.refusals,
                sync_owed: owed,
            };
            printer.tell(|| events::plan(&planned.plan, judged));
            let against = since.as_ref().map(|(groups, since)| since.told(&planned.plan, groups));
            printer.tell(|| against);
        }
        Some((groups, since)) if shown.0.json => printer.json(&since.json(&planned.plan, groups)),
        Some(_) | None => {
            print_as(review, &sealed.text, &shown, printer);
        }
    }
    if let Some((groups, since)) = since.filter(|_| !shown.0.json && !printer.streams()) {
        since.print(&planned.plan, &groups, printer);
    }
    print_refusals((&planned.plan, &sealed.digest), &planned.refusals, printer);
    print_made_again(&planned.plan, &planned, printer);
    if let Some(facts) = printer.facts() {
        facts.owed(owed);
    }
    if owed {
        attest::print_owed(clinic, printer);
    }
    if !planned.plan.is_complete() {
        printer.line("hint: mend what the lines marked with ! say, then plan again");
    }
    if let Some(path) = out {
        save(path, "plan", &sealed.text)?;
        let shown = path.display();
        if let Some(facts) = printer.facts() {
            facts.saved(&shown.to_string());
        }
        printer.tell(|| [events::saved(&shown.to_string(), &sealed.digest)]);
        printer.line(&format!("saved to {shown}{}", how_to_apply(review, &shown.to_string())));
    }
    Ok(exit(&planned, *detailed_exitcode))
}

/// How exactly this plan is applied; nothing where it cannot be.
fn how_to_apply(review: Review<'_>, path: &str) -> String {
    let Review { plan, refusals, digest } = review;
    if plan.errors() > 0 || refusals.iter().any(|refusal| !refusal.overridable) {
        return String::new();
    }
    let allowance = if refusals.is_empty() { String::new() } else { report::allowance(digest) };
    let words = format!("; to apply exactly this plan: accuroform apply {path} {allowance}");
    words.trim_end().to_owned()
}

/// Refuses to save a plan that could never be applied: where the planner's approval must not count,
/// the plan has to say who the planner is.
fn must_name_planner(clinic: &Clinic, saves: bool, planner: Option<&str>) -> Result<(), Failure> {
    let demanded = clinic.demand().is_some_and(|demand| demand.not_the_planner);
    if !saves || !demanded || planner.is_some() {
        return Ok(());
    }
    Err(NotApproved::NoPlanner.into())
}

/// Prints a plan in the form that was asked for.
pub(super) fn print_plan(plan: &Plan, file: &str, form: &FormArgs, printer: &mut Printer) {
    let FormArgs { json, diff } = form;
    if *json {
        printer.json(file);
    } else if *diff {
        printer.result(&report::diff(plan));
        for row in report::held_rows(plan) {
            printer.line(&format!("held: {row}"));
        }
        printer.line(&report::summary_line(plan));
    } else {
        printer.result(&report::plan(plan));
    }
}

/// Prints a plan in the format that was asked for.
pub(super) fn print_as(
    review: Review<'_>,
    file: &str,
    (form, document): &(FormArgs, Option<Document>),
    printer: &mut Printer,
) {
    match document {
        None => print_plan(review.plan, file, form, printer),
        // JSON keeps what a terminal would act on as `\uXXXX`.
        Some(json @ (Document::TerraformJson | Document::Sarif)) => {
            printer.json(&report::document(*json, review));
        }
        Some(document) => printer.document(&report::document(*document, review)),
    }
}

/// Says of an undo what the manifest would make again.
pub(super) fn print_made_again(plan: &Plan, planned: &Planned, printer: &mut Printer) {
    if plan.undoes.is_none() {
        return;
    }
    let rows = match made_again(plan, &planned.desired) {
        0 => return,
        1 => "1 of these rows".to_owned(),
        rows => format!("{rows} of these rows"),
    };
    printer.line(&format!(
        "note: the manifest still asks for other content of {rows}: revert it too, or the next apply writes it again"
    ));
}

/// Prints which limits a plan breaks, by how much, and how to go on.
pub(super) fn print_refusals(
    (plan, digest): (&Plan, &str),
    refusals: &[Refusal],
    printer: &mut Printer,
) {
    let mut refused = refusals.iter().peekable();
    while let Some(refusal) = refused.next() {
        let Refusal { code, message: _, hint, overridable: _, at: _ } = refusal;
        let words = report::refused(plan, refusal);
        printer.line(&format!("error[{code}]: refused: {}", escape(&words)));
        // Several of one policy have one hint.
        if refused.peek().is_none_or(|next| next.hint != *hint || next.code != *code) {
            printer.line(&format!("hint: {}", escape(hint)));
        }
    }
    if refusals.iter().any(|refusal| refusal.overridable) {
        printer.line(&format!("this very plan is named by {}", report::allowance(digest)));
    }
}

fn exit(planned: &Planned, detailed: bool) -> Exit {
    if planned.plan.errors() > 0 {
        Exit::Error
    } else if !planned.plan.is_complete() {
        Exit::Unread
    } else if !planned.refusals.is_empty() {
        Exit::Refused
    } else if detailed && !planned.plan.is_empty() {
        Exit::Changes
    } else {
        Exit::Done
    }
}

/// Writes a file beside its place and renames it, so that a reader sees all of it or nothing.
pub(super) fn save(path: &Path, what: &str, text: impl AsRef<[u8]>) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
        file.write_all(text.as_ref())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error: std::io::Error| {
        let (path, why) = (path.display(), reason(&error));
        let message = format!("cannot save the {what} to {path}: {why}");
        Failure::new(Exit::Error, "F001", message, "choose a folder that is there and writable")
    })
}
