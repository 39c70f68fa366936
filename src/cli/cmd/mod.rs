//! One file a command. A command takes its arguments apart, does its work through the library and
//! says how the program ends.

mod apply;
mod apply_fleet;
mod apply_one;
mod approve;
mod capture;
mod capture_ask;
mod capture_directory;
mod capture_said;
mod diagnose;
mod drift;
mod each;
mod execute;
mod explain;
mod explain_topic;
mod fleet_files;
mod fleet_matrix;
mod fmt;
mod hand_out;
mod history;
mod import;
mod import_clinic;
mod import_kept;
mod import_place;
mod init;
mod init_files;
mod init_from;
mod init_pipeline;
mod man;
mod merge;
mod plan;
mod plan_against;
mod plan_fleet;
mod policy_test;
mod remedies;
mod review;
mod rollout;
mod saved;
mod schema;
mod schema_live;
mod show;
mod sign;
mod sim;
mod sim_fleet;
mod status;
mod sync;
mod sync_person;
mod undo;
mod unlock;
mod validate;
mod verify;
mod verify_person;
mod version;
mod watch;
mod watch_look;
mod worklist;

use clap::CommandFactory as _;

use super::args::{
    ApplyArgs, Cli, Command, FleetCommand, PlanArgs, PolicyCommand, RolloutCommand, UndoArgs,
};
use super::env::Environment;
use super::exit::Exit;
use super::failure::Failure;
use super::printer::Printer;
use super::surface::Surface;

/// Runs a command.
pub(super) fn run(
    cli: Cli,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let Cli { chdir, no_color, command } = cli;
    if no_color {
        printer.plain();
    }
    if streams(&command) {
        printer.stream(environment.clock);
    }
    if let Some(folder) = chdir {
        std::env::set_current_dir(&folder).map_err(|error| {
            let message = format!("cannot change to {}: {error}", folder.display());
            Failure::new(Exit::Error, "U004", message, "name a folder that is there")
        })?;
    }
    printer.surface = Surface::open(&command, environment, printer)?;
    match command {
        Command::Init(args) => init::run(&args, printer),
        Command::Import(args) => block_on(import::run(&args, environment, printer)),
        Command::Validate(args) => validate::run(&args, environment, printer),
        Command::Fmt(args) => fmt::run(&args, printer),
        Command::Plan(args) => block_on(plan::run(&args, environment, printer)),
        Command::Show(args) => show::run(&args, printer),
        Command::Approve(args) => sign::run(&args, environment, printer),
        Command::Apply(args) => block_on(apply::run(&args, environment, printer)),
        Command::Undo(args) => block_on(undo::run(&args, environment, printer)),
        Command::Sync(args) => block_on(sync::run(&args, environment, printer)),
        Command::History(args) => history::run_command(&args, environment, printer),
        Command::Unlock(args) => unlock::run(&args, environment, printer),
        Command::Capture(args) => capture::run(&args, environment, printer),
        Command::Status(args) => block_on(status::run(&args, environment, printer)),
        Command::Worklist(args) => block_on(worklist::run(&args, environment, printer)),
        Command::Verify(args) => block_on(verify::run(&args, environment, printer)),
        Command::Drift(args) => block_on(drift::run(&args, environment, printer)),
        Command::Review(args) => block_on(review::run(&args, environment, printer)),
        Command::Diagnose(args) => block_on(diagnose::run(&args, environment, printer)),
        Command::Watch(args) => block_on(watch::run(&args, environment, printer)),
        Command::Explain(args) => explain::run(&args, environment, printer),
        Command::Schema(args) => block_on(schema::run(&args, environment, printer)),
        Command::Fleet(FleetCommand::Matrix(args)) => {
            fleet_matrix::run(&args, environment, printer)
        }
        Command::Rollout(RolloutCommand::Status(args)) => {
            rollout::status(&args, environment, printer)
        }
        Command::Rollout(RolloutCommand::Undo(args)) => {
            block_on(rollout::undo(&args, environment, printer))
        }
        Command::Policy(PolicyCommand::Test(args)) => policy_test::run(&args, environment, printer),
        Command::Sim(args) => block_on(sim::run(&args, printer)),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "accuroform", &mut script);
            printer.verbatim(&String::from_utf8_lossy(&script));
            Ok(Exit::Done)
        }
        Command::Man { folder } => man::run(folder.as_deref(), printer),
        Command::Version { json } => {
            version::run(json, printer);
            Ok(Exit::Done)
        }
    }
}

/// Whether the result of a command is a stream of events.
const fn streams(command: &Command) -> bool {
    if let Command::Plan(PlanArgs { command: None, form, .. })
    | Command::Undo(UndoArgs { form, .. }) = command
    {
        return form.json;
    }
    matches!(command, Command::Apply(ApplyArgs { json: true, .. }))
}

/// Runs a command that speaks to the network.
fn block_on(command: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    // An error means that a provider is installed already, which is what is wanted.
    drop(rustls::crypto::ring::default_provider().install_default());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::plain(Exit::Error, format!("cannot start: {error}")))?;
    let result = runtime.block_on(command);
    // Threads that a second interrupt left at work end with the process, not before.
    std::mem::forget(runtime);
    result
}
