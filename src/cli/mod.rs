//! The command line: arguments to settings to a command, and its result to an exit code.
//!
//! `args.rs` is where clap stops; each command is a file in `cmd/`. Everything printed goes through
//! `printer.rs`: the result to standard output, the story to standard error.

mod adopt;
mod args;
mod args_capture;
mod args_files;
mod args_findings;
mod args_fleet;
mod args_form;
mod args_history;
mod args_import;
mod args_look;
mod args_people;
mod args_schema;
mod args_surface;
mod attest;
mod clicks;
mod clinic;
mod cmd;
mod env;
mod events;
mod exit;
mod failure;
mod finish;
mod fleet;
mod git;
mod git_show;
mod interrupt;
mod lock;
mod observed;
mod pending;
mod policies;
mod printer;
mod progress;
mod spelling;
mod surface;
mod surface_files;
mod targets;
mod tick;
mod ticks;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use args::Cli;
use exit::Exit;
use failure::Failure;
use printer::Printer;

/// Runs the program with the given arguments and the process's environment.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let environment = env::Environment::of_process();
    let mut printer = Printer::new(environment.colour());
    let cli = match Cli::try_parse_from(spelling::long_form(arguments)) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, &mut printer),
    };
    environment.start_log();
    let exit = match cmd::run(cli, &environment, &mut printer) {
        Ok(exit) => exit,
        Err(failure) => {
            printer.failure(&failure);
            if let Some(facts) = printer.facts() {
                let Failure { code, message, hint, exit: _ } = &failure;
                facts.failed(*code, message, hint.as_deref());
            }
            failure.exit
        }
    };
    // The last event says how the program ends, so nothing may fail after it.
    let exit = surface::close(printer.printed(exit), &mut printer);
    printer.finish(exit).into()
}

/// Help and version are results; every other parse error is a usage error and exits with 1, because
/// 2 means that there are changes.
fn usage(error: &clap::Error, printer: &mut Printer) -> ExitCode {
    let text = error.render();
    if error.use_stderr() {
        printer.story(&text.to_string());
        return Exit::Error.into();
    }
    printer.result(&text.to_string());
    printer.finish(Exit::Done).into()
}
