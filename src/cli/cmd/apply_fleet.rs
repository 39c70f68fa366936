//! `apply` of a fleet, of the bundle of its plans, or of what is left of a rollout.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::approval::Given;
use crate::cli::args::{ApplyArgs, ByHandArgs, SelectArgs, TargetArgs};
use crate::cli::cmd::apply_one::One;
use crate::cli::cmd::approve::ask;
use crate::cli::cmd::sign::{at_hand_of_bundle, given_lines};
use crate::cli::env::Environment;
use crate::cli::events::{self, RolloutEnded};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::{
    self, ApplyOne, FleetFile, FleetSummary, Kept, RolloutEnd, Rollouts, Runner, SavedBundle,
    SelectedFleet, Spool, Title, load_fleet, plan_all,
};
use crate::cli::interrupt;
use crate::cli::lock::{self, Asking};
use crate::cli::printer::Printer;
use crate::cli::surface::{add_bundle, add_member};
use crate::manifest;
use crate::plan::Plan;
use crate::rollout::bundle::{Bundle, Entry};
use crate::rollout::{ClinicState, FleetClinic, Pause, Rollout, Stage, StopOn, WaveRule, waves};

/// Plans the clinics of a fleet, asks, and rolls the plans out.
pub(super) async fn run(
    args: &ApplyArgs,
    fleet: SelectedFleet,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    must_be_whole(args)?;
    if fleet.selection.shard.is_some() {
        return Err(usage(
            "an apply has no shards: each would have first waves of its own",
            "plan the shards, join them with `plan merge`, and apply the bundle",
        ));
    }
    let fleet = Arc::new(fleet);
    let (mut summary, mut spool) = (FleetSummary::new(), Spool::new(&fleet, None)?);
    let mut stands = 0;
    if let Some(facts) = printer.facts() {
        facts.fleet(&fleet.file.fleet.id);
    }
    plan_all(&fleet, None, environment, printer, &mut |planned, printer| {
        printer.tell(|| [events::clinic_planned(&planned)]);
        summary.add(&planned);
        if let Some(facts) = printer.facts() {
            add_member(facts, &planned);
        }
        if let Ok(clinic) = &planned.result {
            let refused =
                !clinic.refusals.is_empty() && allowance(args, &clinic.sealed.digest).is_none();
            stands += usize::from(refused || clinic.plan.errors() > 0);
        }
        spool.take(planned)
    })
    .await?;
    if let Some(facts) = printer.facts() {
        facts.fleet_planned(summary.sum_line(fleet.members.len()), None);
    }
    printer.tell(|| [summary.told(fleet.members.len(), summary.exit(false))]);
    if !printer.streams() {
        summary.print(&Title::of(&fleet), printer);
    }
    if stands > 0 {
        return Err(cannot(stands));
    }
    if !summary.has_changes() && !summary.owes_syncs() {
        return Ok(summary.exit(false));
    }
    if !args.auto_approve {
        ask(
            &format!("{} of {}", fleet::clinics(fleet.members.len()), fleet.file.fleet.name),
            printer,
        )?;
    }
    let saved = spool.bundle()?;
    let bundle = SavedBundle::open(&saved.path)?;
    let fleet = Arc::try_unwrap(fleet)
        .map_err(|_| Failure::plain(Exit::Error, "a plan is still being made"))?;
    begin(args, (fleet.file, bundle, &saved.path), environment, printer).await
}

/// Rolls a saved bundle out, or goes on with a rollout.
pub(super) async fn run_saved(
    args: &ApplyArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    must_be_whole(args)?;
    let SelectArgs { clinic, tag, exclude_tag, shard } = &args.select;
    if !(clinic.is_empty() && tag.is_empty() && exclude_tag.is_empty() && shard.is_none()) {
        return Err(usage(
            "the clinics of saved plans are chosen when they are planned",
            "plan fewer clinics: `plan --tag … -out …`",
        ));
    }
    if let Some(rollout) = &args.resume {
        let named = args.manifest.as_deref().unwrap_or(&args.input);
        // The default is a clinic's; a rollout is a fleet's.
        let is_default = named == Path::new("clinic.yaml");
        let path = if is_default { Path::new("fleet.yaml") } else { named };
        let file = load_fleet(path, environment, printer)?;
        return resume(args, (file, rollout), environment, printer).await;
    }
    let mut bundle = SavedBundle::open(&args.input)?;
    if let Some(facts) = printer.facts() {
        add_bundle(facts, &mut bundle)?;
        facts.saved(&args.input.to_string_lossy());
    }
    if let Some(shard) = &bundle.header().shard {
        let message = format!("the bundle is shard {} alone", shard.part);
        let hint = "join the bundles of all shards with `accuroform plan merge`";
        return Err(Failure::new(Exit::Refused, "R038", message, hint));
    }
    let path = match &args.manifest {
        Some(path) => path.clone(),
        None => fleet_of(&mut bundle)?,
    };
    let file = load_fleet(&path, environment, printer)?;
    if bundle.header().fleet.id != file.fleet.id {
        let (of, is) = (&bundle.header().fleet.id, &file.fleet.id);
        let message = format!("the bundle is of the fleet `{of}`, the manifest of `{is}`");
        return Err(Failure::new(
            Exit::Refused,
            "R037",
            message,
            "name its manifest: --manifest FLEET",
        ));
    }
    must_have_all(&file, &bundle)?;
    must_be_applicable(args, &mut bundle, printer)?;
    begin(args, (file, bundle, &args.input), environment, printer).await
}

/// Refuses the plans of clinics that left the fleet, before anything is written.
fn must_have_all(file: &FleetFile, bundle: &Bundle<File>) -> Result<(), Failure> {
    let is_gone = |(clinic, _): &(&str, bool)| file.member(clinic).is_none();
    let gone: Vec<&str> = bundle.clinics().filter(is_gone).map(|(clinic, _)| clinic).collect();
    if gone.is_empty() {
        return Ok(());
    }
    let message =
        format!("the bundle has clinics that the fleet no longer has: {}", gone.join(", "));
    Err(Failure::new(Exit::Refused, "R040", message, "plan the fleet again"))
}

/// Refuses plans that were refused when they were made, before anything is written: else the first
/// waves would be written, and the rollout stopped at a later one for what was known.
fn must_be_applicable(
    args: &ApplyArgs,
    bundle: &mut Bundle<File>,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let mut stands = 0;
    for (clinic, entry) in bundle.entries() {
        let Entry::Planned { plan, digest, refusals } = entry? else { continue };
        let open = if allowance(args, &digest).is_some() { Vec::new() } else { refusals };
        let lines = fleet::in_the_way(&clinic, &plan, &open);
        stands += usize::from(!lines.is_empty());
        printer.tell(|| events::refusals(&plan, &open, &digest).map(|told| told.of(&clinic)));
        for line in lines {
            printer.line(&line);
        }
    }
    if stands == 0 { Ok(()) } else { Err(cannot(stands)) }
}

/// So many clinics cannot be applied as planned.
fn cannot(clinics: usize) -> Failure {
    let message = format!("{} cannot be applied as planned", fleet::clinics(clinics));
    let hint = "the lines above say why; mend them, or leave the clinics out with --exclude-tag";
    Failure::new(Exit::Refused, "R036", message, hint)
}

fn usage(message: &str, hint: &str) -> Failure {
    Failure::new(Exit::Error, "U003", message, hint)
}

/// Targets are about the rows of one clinic.
fn must_be_whole(args: &ApplyArgs) -> Result<(), Failure> {
    let TargetArgs { target, exclude } = &args.targets;
    if !(target.is_empty() && exclude.is_empty()) {
        return Err(usage("-target and -exclude are about one clinic", "name it: --clinic ID"));
    }
    let ByHandArgs { worklist, tick, by: _ } = &args.by_hand;
    if *tick || !worklist.is_empty() {
        return Err(usage(
            "--worklist and --tick are about one clinic",
            "`accuroform worklist fleet.yaml` shows the lists of all; tick with `--tick --clinic ID`",
        ));
    }
    let asks = args.resume.is_none() && !SavedBundle::is_there(&args.input);
    if args.json && !args.auto_approve && asks {
        return Err(usage(
            "with --json nobody can be asked",
            "add -auto-approve, or apply saved plans",
        ));
    }
    Ok(())
}

/// The fleet manifest that the plans of a bundle name.
fn fleet_of(bundle: &mut Bundle<File>) -> Result<PathBuf, Failure> {
    let fleet = first_plan(bundle)?.and_then(|plan| plan.manifest.fleet).map(PathBuf::from);
    fleet.ok_or_else(|| {
        let message = "no clinic of the bundle is planned";
        Failure::new(Exit::Unread, "R039", message, "plan the fleet again")
    })
}

/// What all plans of a bundle say in the same way, the first says.
fn first_plan(bundle: &mut Bundle<File>) -> Result<Option<Plan>, Failure> {
    let planned =
        bundle.clinics().find(|(_, planned)| *planned).map(|(clinic, _)| clinic.to_owned());
    let entry = planned.map(|clinic| bundle.entry(&clinic)).transpose()?.flatten();
    Ok(match entry {
        Some(Entry::Planned { plan, .. }) => Some(*plan),
        Some(Entry::Unplanned(_)) | None => None,
    })
}

/// The override that names this plan.
fn allowance<'a>(args: &'a ApplyArgs, digest: &str) -> Option<&'a str> {
    let hex = digest.trim_start_matches("sha256:");
    let names = |prefix: &&String| {
        let prefix = prefix.trim_start_matches("sha256:");
        !prefix.is_empty() && hex.starts_with(prefix)
    };
    args.allow_mass_change.iter().find(names).map(String::as_str)
}

/// Begins the rollout of a bundle.
async fn begin(
    args: &ApplyArgs,
    (file, mut bundle, path): (FleetFile, Bundle<File>, &Path),
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let rollouts = Rollouts::new(file.state.clone()?);
    let id = environment.new_run()?;
    let is_undo = first_plan(&mut bundle)?.is_some_and(|plan| plan.undoes.is_some());
    let (given, approvals) = at_hand_of_bundle(path, &args.approval);
    let run = Run { args, file, given, environment };
    run.locked(&rollouts, &id, printer, async |stops, printer: &mut Printer| {
        // With the lock: nobody else begins one now.
        let id = rollouts.name(&id)?;
        let mut rollout = new_rollout(&id, &run.file, &bundle, environment);
        rollout.is_undo = is_undo;
        rollouts.begin(&rollout, path, &approvals)?;
        printer.tell(|| [events::rollout_begins(&rollout, false)]);
        printer.line(&format!("rollout {id}: {}", fleet::clinics(bundle.clinics().count())));
        let kept = Kept { rollout, states: BTreeMap::new() };
        run.roll((&rollouts, kept), bundle, &stops, printer).await
    })
    .await
}

/// Goes on with a rollout.
async fn resume(
    args: &ApplyArgs,
    (file, typed): (FleetFile, &str),
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let rollouts = Rollouts::new(file.state.clone()?);
    let id = rollouts.find(Some(typed))?.rollout.id;
    // Those that it was begun with count again, wherever it goes on.
    let mut given = given_lines("the approvals of the rollout", &rollouts.approvals(&id)?);
    given.extend(at_hand_of_bundle(&args.input, &args.approval).0);
    let run = Run { args, file, given, environment };
    run.locked(&rollouts, &id, printer, async |stops, printer: &mut Printer| {
        // Read with the lock: nobody else goes on with it now.
        let kept = rollouts.find(Some(&id))?;
        if kept.rollout.fleet != run.file.fleet.id {
            let (of, is) = (&kept.rollout.fleet, &run.file.fleet.id);
            let message = format!("the rollout is of the fleet `{of}`, the manifest of `{is}`");
            return Err(Failure::new(Exit::Refused, "R037", message, "name the fleet's manifest"));
        }
        let bundle = rollouts.bundle(&kept.rollout)?;
        printer.tell(|| [events::rollout_begins(&kept.rollout, true)]);
        printer.line(&format!("going on with rollout {id}"));
        run.roll((&rollouts, kept), bundle, &stops, printer).await
    })
    .await
}

fn new_rollout(
    id: &str,
    file: &FleetFile,
    bundle: &Bundle<File>,
    environment: &Environment,
) -> Rollout {
    let manifest::Rollout { waves: rules, max_parallel, max_parallel_syncs, pause, stop_on } =
        &file.fleet.rollout;
    let rules: Vec<WaveRule> = rules.iter().map(fleet::wave_rule).collect();
    let clinics: Vec<FleetClinic> = bundle
        .clinics()
        .map(|(id, _)| FleetClinic {
            id: id.to_owned(),
            tags: file.member(id).map(|member| member.tags.clone()).unwrap_or_default(),
        })
        .collect();
    let now = environment.clock.now();
    let mut rollout =
        Rollout::new(id, &file.fleet.id, now, bundle.digest(), waves(&rules, &clinics));
    rollout.max_parallel = u32::try_from(*max_parallel).unwrap_or(u32::MAX);
    rollout.max_parallel_syncs = u32::try_from(*max_parallel_syncs).unwrap_or(u32::MAX);
    rollout.pause = match pause {
        manifest::Pause::None => Pause::None,
        manifest::Pause::Manual => Pause::Manual,
        manifest::Pause::For(time) => Pause::For(time.as_secs()),
    };
    let manifest::StopOn { failed_clinics, verify_failures, held_rows_percent } = *stop_on;
    rollout.stop_on = StopOn { failed_clinics, verify_failures, held_rows_percent };
    rollout
}

/// What ends a rollout before its end.
struct Stops {
    /// Cancelled by an interrupt, and with `lost`.
    stop: CancellationToken,
    /// Cancelled when the rollout's lock is lost.
    lost: CancellationToken,
}

/// What a rollout is run with.
struct Run<'a> {
    args: &'a ApplyArgs,
    file: FleetFile,
    given: Vec<Given>,
    environment: &'a Environment,
}

impl Run<'_> {
    /// Runs `work` with the fleet's lock, and catches interrupts.
    async fn locked(
        &self,
        rollouts: &Rollouts,
        id: &str,
        printer: &mut Printer,
        work: impl AsyncFnOnce(Stops, &mut Printer) -> Result<Exit, Failure>,
    ) -> Result<Exit, Failure> {
        let lost = CancellationToken::new();
        let stop = lost.child_token();
        let timeout = self.args.wait.lock_timeout;
        let asking = Asking { operation: "rollout", run: id, timeout };
        let place = (rollouts.state(), self.file.fleet.id.as_str());
        let path = &self.file.path;
        let lock = lock::acquire_fleet(place, (&asking, path), &lost, self.environment, printer)?;
        let stops = Stops { stop: stop.clone(), lost };
        let result = interrupt::guarded(&stop, work(stops, printer)).await;
        if result.as_ref().is_err_and(interrupt::ended_at_once) {
            // Clinics are still under way until the process is gone: nobody may begin before that.
            std::mem::forget(lock);
        } else {
            lock::release(lock, printer);
        }
        result
    }

    async fn roll(
        &self,
        (rollouts, kept): (&Rollouts, Kept),
        bundle: Bundle<File>,
        Stops { stop, lost }: &Stops,
        printer: &mut Printer,
    ) -> Result<Exit, Failure> {
        let apply = self.apply_one(bundle, &kept.rollout, stop);
        let mut runner = Runner::new((rollouts, &kept), apply, self.environment, (stop, lost));
        let end = runner.run(printer).await?;
        let states = runner.all();
        let exit = fleet::exit(&kept.rollout, &states, &end);
        if let Some(facts) = printer.facts() {
            facts.applied(fleet::outcomes(&kept.rollout, &states, exit));
            for waiting in fleet::waiting(&kept.rollout, &states, &self.file.path) {
                facts.waits(waiting);
            }
        }
        let next = next((&end, exit), &states, &kept.rollout, &self.file.path);
        let sum = fleet::sum(&kept.rollout, &states);
        let ended = RolloutEnded {
            rollout: &kept.rollout.id,
            end: end.key(),
            next: next.as_deref(),
            clinics: &states,
            exit,
        };
        printer.tell(|| [events::rollout_ended(sum.clone(), &ended)]);
        printer.result(&format!("{sum}\n{}", fleet::waves(&kept.rollout, &states)));
        if let Some(next) = next {
            printer.line(&next);
        }
        Ok(exit)
    }

    /// How one clinic is applied, in a thread of its own.
    fn apply_one(
        &self,
        bundle: Bundle<File>,
        rollout: &Rollout,
        stop: &CancellationToken,
    ) -> ApplyOne {
        let one = One {
            rollout: rollout.id.clone(),
            bundle: Mutex::new(bundle),
            file: self.file.clone(),
            given: self.given.clone(),
            allow: self.args.allow_mass_change.clone(),
            wait: self.args.wait.clone(),
            syncs: Semaphore::new(usize::try_from(rollout.max_parallel_syncs.max(1)).unwrap_or(1)),
            stop: stop.clone(),
            environment: self.environment.clone(),
        };
        Arc::new(move |handle: &Handle, clinic: &str, printer: &mut Printer| {
            handle.block_on(one.apply(clinic, printer))
        })
    }
}

/// What people are asked for, with the commands that list it, and at which clinics.
fn asked(states: &BTreeMap<String, ClinicState>, path: &Path) -> Option<String> {
    let mut clinics: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for state in states.values().filter(|state| state.stage == Stage::Asked) {
        clinics.entry(fleet::asked_of(state, path)).or_default().push(&state.clinic);
    }
    let all = clinics
        .iter()
        .map(|(what, clinics)| format!("waiting for people ({}): {what}", clinics.join(", ")));
    let all: Vec<String> = all.collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// What to do next, where the rollout is not through.
fn next(
    (end, exit): (&RolloutEnd, Exit),
    states: &BTreeMap<String, ClinicState>,
    rollout: &Rollout,
    fleet: &Path,
) -> Option<String> {
    let asked = asked(states, fleet);
    let (id, fleet) = (&rollout.id, fleet.display());
    let go_on = format!("accuroform apply --resume {id} {fleet}");
    match end {
        RolloutEnd::Through | RolloutEnd::NotVerified { .. } if asked.is_some() => {
            let asked = asked.unwrap_or_default();
            Some(format!("{asked}; go on with `{go_on}`"))
        }
        RolloutEnd::Through if exit == Exit::Done => None,
        RolloutEnd::Through => {
            Some(format!("not every clinic is as planned; give them another turn with `{go_on}`"))
        }
        RolloutEnd::Stopped(reason) => Some(format!(
            "stopped: {reason}; look at `accuroform rollout status {id} {fleet}`, then go on with \
             `{go_on}` or take it back with `accuroform rollout undo {id} {fleet} -out FILE`"
        )),
        RolloutEnd::Paused(wave) => {
            Some(format!("paused before the wave {wave}; go on with `{go_on}`"))
        }
        RolloutEnd::NotVerified { wave, clinics } => Some(format!(
            "the wave {wave} is not verified ({}), so the next does not begin; give these clinics another \
             turn with `{go_on}`, or plan the fleet again",
            clinics.join(", ")
        )),
        RolloutEnd::Interrupted => Some(format!("interrupted; go on with `{go_on}`")),
    }
}
