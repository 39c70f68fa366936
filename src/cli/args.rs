//! The arguments as clap reads them. Nothing beyond `cli/cmd` knows these types; the doc comments
//! are the help.

use std::path::PathBuf;
use std::time::Duration;

pub(super) use super::args_capture::{CAPTURE_HELP, CaptureArgs};
pub(super) use super::args_files::{
    CiSystem, FmtArgs, InitArgs, PolicyCommand, PolicyTestArgs, SimArgs, ValidateArgs,
};
pub(super) use super::args_findings::{
    DRIFT_HELP, DriftArgs, DriftFormat, REVIEW_HELP, ReviewArgs, ReviewFormat,
};
pub(super) use super::args_fleet::{
    FleetCommand, MatrixArgs, MergeArgs, PlanCommand, RolloutArgs, RolloutCommand, RolloutUndoArgs,
    SelectArgs,
};
pub(super) use super::args_form::{FormArgs, FormatArgs, RunFormArgs};
pub(super) use super::args_history::{
    HistoryArgs, HistoryCommand, HistoryShowArgs, HistoryVerifyArgs,
};
pub(super) use super::args_import::ImportArgs;
pub(super) use super::args_look::{DiagnoseArgs, SymptomArg, Until, WatchArgs};
pub(super) use super::args_people::{
    AttestArgs, ByHandArgs, ConfirmArgs, STATUS_HELP, SYNC_HELP, StatusArgs, SyncArgs, VERIFY_HELP,
    VerifyArgs, WORKLIST_HELP, WorklistArgs, WorklistFormat,
};
pub(super) use super::args_schema::{ExplainArgs, SchemaArgs, WhichSchema};
pub(super) use super::args_surface::{Ci, SurfaceArgs};
use clap::{Args, Parser, Subcommand};

/// Keeps the provider permissions of an integration's EMR user in Accuro as reviewed YAML.
#[derive(Debug, Parser)]
#[command(
    name = "accuroform",
    version,
    max_term_width = 100,
    term_width = 100,
    after_help = "\
Examples:
  accuroform init                       write a clinic to try things on
  accuroform plan                       show what clinic.yaml would change
  accuroform apply                      show it, ask, write it, sync Ocean and verify
  accuroform plan -out plan.json        save a plan for review
  accuroform apply plan.json            apply exactly that plan

Exit codes: 0 done, 1 error, 2 changes (with --detailed-exitcode) or drift, 3 findings,
4 apply incomplete, 5 refused, 6 not synced or not verified, 7 locked, 8 unread parts."
)]
pub(super) struct Cli {
    /// Work in this folder
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) chdir: Option<PathBuf>,
    /// Print without colour (as the environment variable `NO_COLOR` does)
    #[arg(long, global = true)]
    pub(super) no_color: bool,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// One command a file in `cmd/`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write a manifest and a simulated clinic to start from
    #[command(after_help = "\
On a terminal it asks for what no flag says; an empty id gives a simulated clinic to try things on.
Nothing that is there is overwritten.

Examples:
  accuroform init             write clinic.yaml and world.yaml here
  accuroform init lakeside    write them into a new folder
  accuroform init --from world.yaml
                              a manifest for a clinic that is there; `import` fills it in
  accuroform init clinics/lakeside --id lakeside --tenant LAKESIDE --site 4021 \\
      --timezone America/Toronto --url https://bridge.example.org --ci github
                              a clinic of your own, and a workflow for it at the root of the
                              repository")]
    Init(InitArgs),
    /// Write the rules that say what Accuro grants now: adopt a clinic as it is
    #[command(after_help = super::args_import::HELP)]
    Import(ImportArgs),
    /// Check manifests without connecting to anything
    #[command(after_help = "\
Examples:
  accuroform validate                     check clinic.yaml
  accuroform validate clinics/*.yaml      check many
  accuroform validate --json clinic.yaml  findings for programs")]
    Validate(ValidateArgs),
    /// Write manifests in their canonical form
    #[command(after_help = "\
Two spaces for each level, lists below their key, one space after `:` and `,`, none inside braces, double
quotes, no blank lines in a row, no white space at the end of a line. No line moves, comments and the groups
that blank lines make stay, and the manifest means what it meant: that is checked before a file is written.

Examples:
  accuroform fmt                          rewrite clinic.yaml
  accuroform fmt --check clinics/*.yaml   exit 3 and list the files that it would change
  accuroform fmt --diff --check           show how")]
    Fmt(FmtArgs),
    /// Show what an apply would change; writes nothing
    #[command(
        args_conflicts_with_subcommands = true,
        after_help = "\
Examples:
  accuroform plan                             the plan of clinic.yaml
  accuroform plan -out plan.json              save it for review and apply
  accuroform plan --diff                      as a unified diff
  accuroform plan --format markdown           as a comment for reviewers
  accuroform plan -target 'office:Main Street' -exclude column:labs
  accuroform plan --against-git origin/main   tell this change of the manifest from drift
  accuroform plan --detailed-exitcode         exit 2 if there are changes
  accuroform plan --github -out plan.json     tell GitHub Actions, too (docs/ci.md)
  accuroform plan fleet.yaml --tag ontario    the clinics of a fleet, one line each
  accuroform plan fleet.yaml --shard 3/16 -out shard-3.bundle
  accuroform plan merge -out all.bundle shard-*.bundle"
    )]
    Plan(PlanArgs),
    /// Show a saved plan
    #[command(after_help = "\
Examples:
  accuroform show plan.json
  accuroform show --diff plan.json
  accuroform show --format html plan.json > plan.html
  accuroform show --format sarif all.bundle")]
    Show(ShowArgs),
    /// Sign a saved plan, for clinics whose manifest demands signed approvals
    #[command(after_help = "\
Examples:
  accuroform approve plan.json --key jane.pem --comment 'ticket 881'
                                     write plan.json.approval-KEYID.json beside the plan
  accuroform approve --show-key --key jane.pem
                                     print the public key, for the manifest")]
    Approve(ApproveArgs),
    /// Write a plan to Accuro, start Ocean's sync and verify
    #[command(after_help = "\
Examples:
  accuroform apply                   plan clinic.yaml, ask, apply
  accuroform apply plan.json         apply a saved plan; does not ask
  accuroform apply fleet.yaml        plan a fleet, ask, roll it out in waves
  accuroform apply all.bundle        roll saved plans of a fleet out; does not ask
  accuroform apply --resume 20260105T09 fleet.yaml
                                     go on with a rollout
  accuroform apply -auto-approve     plan and apply without asking
  accuroform apply plan.json --allow-mass-change=3f2a9c01
                                     apply this very plan although a limit refuses it")]
    Apply(ApplyArgs),
    /// Take an apply back: write what its rows were before, sync and verify
    #[command(after_help = "\
Rows that somebody changed since the apply are held, by name, and the others are taken back (exit 4).
The manifest still asks for what is taken back: revert it too.

Examples:
  accuroform undo                             show the undo of the last apply, ask, write it
  accuroform undo clinic.yaml 20260105T09     of this run; `history` lists them
  accuroform undo -out undo.json              save the plan for review
  accuroform apply undo.json                  apply exactly that undo")]
    Undo(UndoArgs),
    /// Start Ocean's sync and wait until it is complete, or ask a person for it
    #[command(after_help = SYNC_HELP)]
    Sync(SyncArgs),
    /// Compare the grid with the manifest and see who is on Ocean's Patients page; writes nothing
    #[command(after_help = VERIFY_HELP)]
    Verify(VerifyArgs),
    /// Tell what others changed since it was last applied; writes nothing
    #[command(after_help = DRIFT_HELP)]
    Drift(DriftArgs),
    /// Tell who holds what, since when and why, for an access review; writes nothing
    #[command(after_help = REVIEW_HELP)]
    Review(ReviewArgs),
    /// Capture the grid at the Manage Security screen, where no bridge is
    #[command(after_help = CAPTURE_HELP)]
    Capture(CaptureArgs),
    /// List everything that waits for a person: syncs, worklists, approvals, grants that end
    #[command(after_help = STATUS_HELP)]
    Status(StatusArgs),
    /// Print the clicks of a saved plan, for a person at the Manage Security screen
    #[command(after_help = WORKLIST_HELP)]
    Worklist(WorklistArgs),
    /// List what was applied to a clinic, newest first
    #[command(
        args_conflicts_with_subcommands = true,
        after_help = "\
Examples:
  accuroform history                          the runs of clinic.yaml's clinic
  accuroform history --json lakeside.yaml     for programs
  accuroform history show 20260105T09         the rows of one run; a beginning of its id is enough
  accuroform history verify                   check that the journal was not changed"
    )]
    History(HistoryArgs),
    /// Remove a lock that a run left behind
    #[command(after_help = "\
A lock whose process ended, or that was not renewed for a minute, is removed by the next apply
without this. A run whose lock is removed stops before it writes anything more.

Example:
  accuroform unlock 20260105T090000Z-0123456789abcdef lakeside.yaml")]
    Unlock(UnlockArgs),
    /// Say why Ocean does not show what it should, and which lines of the manifest mend it; writes nothing
    Diagnose(DiagnoseArgs),
    /// Plan again and again, and print only what changes; writes nothing
    Watch(WatchArgs),
    /// Explain a code, the reason for a hold, a column, or the values of a clinic's manifest
    Explain(ExplainArgs),
    /// Print the JSON Schema of the manifest, of the fleet manifest or of the events
    #[command(after_help = "\
Examples:
  accuroform schema > manifest.schema.json
  accuroform schema --events            the schema of what --json of plan and apply prints
  accuroform schema --write             write all three into schemas/
  accuroform schema --live clinic.yaml --out clinic.schema.json
                                        with the clinic's own offices and providers, for its editor")]
    Schema(SchemaArgs),
    /// What a fleet is made of
    #[command(subcommand)]
    Fleet(FleetCommand),
    /// Look at a rollout over a fleet, or take it back
    #[command(subcommand)]
    Rollout(RolloutCommand),
    /// Try policies out
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Run a simulated Accuro and Cloud Connect, or generate a world for it
    #[command(after_help = "\
Examples:
  accuroform sim --world world.yaml --listen 127.0.0.1:8080
  accuroform sim --generate offices=4,providers=25,seed=7 > world.yaml
  accuroform sim --generate clinics=1000,offices=4,providers=25,seed=1 --fleet fleet
                 serve a thousand clinics, and write a fleet to plan against them")]
    Sim(SimArgs),
    /// Print completions for a shell
    #[command(after_help = "\
Example:
  accuroform completions bash > /etc/bash_completion.d/accuroform")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write manual pages, one a command
    #[command(after_help = "\
Examples:
  accuroform man                          print accuroform(1)
  accuroform man /usr/local/share/man/man1  write the pages of all commands there")]
    Man {
        /// The folder to write into
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// Print the version
    #[command(after_help = "\
Examples:
  accuroform version
  accuroform version --json")]
    Version {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Clone, Default, Args)]
pub(super) struct TargetArgs {
    /// Plan only this: office:NAME, provider:NAME or column:NAME (may be repeated)
    #[arg(long, value_name = "KIND:NAME")]
    pub(super) target: Vec<String>,
    /// Plan everything but this (may be repeated)
    #[arg(long, value_name = "KIND:NAME")]
    pub(super) exclude: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    #[command(subcommand)]
    pub(super) command: Option<PlanCommand>,
    /// The manifest, or a fleet manifest
    #[arg(default_value = "clinic.yaml", value_name = "MANIFEST")]
    pub(super) manifest: PathBuf,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    #[command(flatten)]
    pub(super) targets: TargetArgs,
    /// Save the plan to this file
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Who makes the plan: kept in it, and this person's own approval does not count
    #[arg(long, value_name = "NAME", env = "ACCUROFORM_PLANNER", hide_env_values = true)]
    pub(super) planner: Option<String>,
    #[command(flatten)]
    pub(super) form: RunFormArgs,
    #[command(flatten)]
    pub(super) format: FormatArgs,
    /// Say which rows the manifest's change since this commit asks for, and which were due before
    #[arg(long, value_name = "REF", conflicts_with = "diff")]
    pub(super) against_git: Option<String>,
    /// Exit with 2 if there are changes
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
    #[command(flatten)]
    pub(super) surface: SurfaceArgs,
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The saved plan, or a bundle of plans
    #[arg(value_name = "PLAN")]
    pub(super) plan: PathBuf,
    /// Of a bundle, the plan of this clinic
    #[arg(long, value_name = "ID")]
    pub(super) clinic: Option<String>,
    #[command(flatten)]
    pub(super) form: FormArgs,
    #[command(flatten)]
    pub(super) format: FormatArgs,
    #[command(flatten)]
    pub(super) surface: SurfaceArgs,
}

#[derive(Debug, Args)]
pub(super) struct ApproveArgs {
    /// The saved plan
    #[arg(value_name = "PLAN", required_unless_present = "show_key")]
    pub(super) plan: Option<PathBuf>,
    /// Your private key: Ed25519 in PKCS#8 PEM, readable by you alone
    #[arg(long, value_name = "KEYFILE")]
    pub(super) key: PathBuf,
    /// Who signs; default: the account's name
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<String>,
    /// What there is to say
    #[arg(long, value_name = "TEXT")]
    pub(super) comment: Option<String>,
    /// Where to write the approval; default: PLAN.approval-KEYID.json
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Print the public key for the manifest and sign nothing
    #[arg(long, conflicts_with_all = ["plan", "name", "comment", "out"])]
    pub(super) show_key: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct WaitArgs {
    /// Stop waiting for the sync after this long
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = duration, env = "ACCUROFORM_SYNC_TIMEOUT", hide_env_values = true)]
    pub(super) sync_timeout: Duration,
    /// Wait this long for another apply of the clinic to end
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration, env = "ACCUROFORM_LOCK_TIMEOUT", hide_env_values = true)]
    pub(super) lock_timeout: Duration,
}

#[derive(Debug, Args)]
pub(super) struct ApplyArgs {
    /// A manifest, a fleet manifest, or what `plan -out` saved of either
    #[arg(default_value = "clinic.yaml", value_name = "MANIFEST|PLAN")]
    pub(super) input: PathBuf,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    #[command(flatten)]
    pub(super) targets: TargetArgs,
    /// Apply without asking
    #[arg(long)]
    pub(super) auto_approve: bool,
    /// Apply although a mass-change limit refuses the plan; names the plan by its digest (may be
    /// repeated for the clinics of a fleet)
    #[arg(long, value_name = "DIGEST")]
    pub(super) allow_mass_change: Vec<String>,
    /// Go on with a rollout of the fleet that stopped, was paused or was interrupted
    #[arg(long, value_name = "ROLLOUT", conflicts_with_all = ["target", "exclude", "clinic", "tag", "exclude_tag", "shard"])]
    pub(super) resume: Option<String>,
    /// A signed approval of the saved plan (may be repeated); default: PLAN.approval-*.json
    #[arg(long, value_name = "FILE")]
    pub(super) approval: Vec<PathBuf>,
    /// The manifest of a saved plan, if it is not where it was
    #[arg(long, value_name = "MANIFEST")]
    pub(super) manifest: Option<PathBuf>,
    #[command(flatten)]
    pub(super) by_hand: ByHandArgs,
    #[command(flatten)]
    pub(super) wait: WaitArgs,
    /// Print what happens as events, one JSON object a line (docs/events.md)
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) surface: SurfaceArgs,
}

#[derive(Debug, Args)]
pub(super) struct UndoArgs {
    /// The manifest
    #[arg(default_value = "clinic.yaml", value_name = "MANIFEST")]
    pub(super) manifest: PathBuf,
    /// The run, or a beginning of its id that no other run has; default: the last that wrote anything
    /// and is no undo itself
    #[arg(value_name = "RUN")]
    pub(super) run: Option<String>,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    #[command(flatten)]
    pub(super) targets: TargetArgs,
    /// Save the plan to this file and write nothing to Accuro
    #[arg(long, value_name = "FILE", conflicts_with_all = ["auto_approve", "allow_mass_change"])]
    pub(super) out: Option<PathBuf>,
    /// Who makes the plan: kept in a saved one, and this person's own approval does not count
    #[arg(long, value_name = "NAME", env = "ACCUROFORM_PLANNER", hide_env_values = true)]
    pub(super) planner: Option<String>,
    /// Apply without asking
    #[arg(long)]
    pub(super) auto_approve: bool,
    /// Apply although a mass-change limit refuses the plan; names the plan by its digest
    #[arg(long, value_name = "DIGEST")]
    pub(super) allow_mass_change: Option<String>,
    #[command(flatten)]
    pub(super) wait: WaitArgs,
    #[command(flatten)]
    pub(super) form: RunFormArgs,
    #[command(flatten)]
    pub(super) surface: SurfaceArgs,
}

#[derive(Debug, Args)]
pub(super) struct UnlockArgs {
    /// The id of the lock, as the message that names its holder has it
    #[arg(value_name = "ID")]
    pub(super) id: String,
    /// The manifest
    #[arg(default_value = "clinic.yaml", value_name = "MANIFEST")]
    pub(super) manifest: PathBuf,
    #[command(flatten)]
    pub(super) select: SelectArgs,
}

/// `90s`, `30m`, `2h`, or seconds alone.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.char_indices().last() {
        Some((at, 's')) => (text.get(..at), 1),
        Some((at, 'm')) => (text.get(..at), 60),
        Some((at, 'h')) => (text.get(..at), 3600),
        Some(_) | None => (Some(text), 1),
    };
    let seconds = number.and_then(|number| number.parse::<u64>().ok());
    let seconds = seconds.and_then(|seconds| seconds.checked_mul(unit)).filter(|s| *s <= 86_400);
    seconds.map(Duration::from_secs).ok_or_else(|| "write 90s, 30m or 2h; at most 24h".to_owned())
}
