//! The environment, read once. Nothing else in the program looks at it.
#![expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment and the clock"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tracing::level_filters::LevelFilter;

use super::exit::Exit;
use super::failure::Failure;
use super::printer::Colour;
use crate::connection::Surroundings;
use crate::model::Clock;
use crate::report::ci::without_commands;
use crate::report::escape;
use crate::rollout::{BEGUN, Shard, ShardChoice, ShardError};

/// What the process was started with.
#[derive(Clone)]
pub(super) struct Environment {
    variables: Arc<BTreeMap<String, String>>,
    /// The system's clock.
    pub(super) clock: Clock,
}

impl Environment {
    /// Reads the environment; a variable that is not text is left out.
    pub(super) fn of_process() -> Self {
        let text = |value: std::ffi::OsString| value.into_string().ok();
        Self {
            variables: Arc::new(
                std::env::vars_os()
                    .filter_map(|(name, value)| Some((text(name)?, text(value)?)))
                    .collect(),
            ),
            clock: Clock(Timestamp::now),
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// When to colour: never with `NO_COLOR` (<https://no-color.org>), always with `CLICOLOR_FORCE`,
    /// else where a terminal shows it.
    pub(super) fn colour(&self) -> Colour {
        if self.get("NO_COLOR").is_some() {
            Colour::Never
        } else if self.get("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
            Colour::Always
        } else if self.get("TERM") == Some("dumb") {
            Colour::Never
        } else {
            Colour::OnTerminals
        }
    }

    /// Writes a log to standard error when `ACCUROFORM_LOG` names a level.
    pub(super) fn start_log(&self) {
        let level = self.get("ACCUROFORM_LOG").and_then(|level| level.parse::<LevelFilter>().ok());
        if let Some(level) = level {
            tracing_subscriber::fmt()
                .with_max_level(level)
                .with_ansi(false)
                .with_writer(|| LogLines(std::io::stderr()))
                .init();
        }
    }

    /// All of it, for the state: it reads those that `docs/state.md` names.
    pub(super) fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// What a connection of a manifest in `folder` may read.
    pub(super) fn surroundings(&self, folder: &Path) -> Surroundings {
        Surroundings { variables: Arc::clone(&self.variables), folder: folder.to_owned() }
    }

    /// The shard that was asked for; `auto` looks at what a CI system says.
    pub(super) fn shard(&self, choice: ShardChoice) -> Result<Shard, ShardError> {
        choice.resolve(|name| self.get(name).map(str::to_owned))
    }

    /// The account, for the journal.
    pub(super) fn who(&self) -> String {
        self.get("USER")
            .or(self.get("USERNAME"))
            .or(self.get("LOGNAME"))
            .unwrap_or("unknown")
            .to_owned()
    }

    /// The machine, for the journal.
    pub(super) fn host(&self) -> String {
        let file = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
        self.get("HOSTNAME").or(self.get("COMPUTERNAME")).unwrap_or(file.trim()).to_owned()
    }

    /// The CI run, for the journal, if the environment names one.
    pub(super) fn ci_run(&self) -> Option<String> {
        let github = || {
            let (server, repository, run) = (
                self.get("GITHUB_SERVER_URL")?,
                self.get("GITHUB_REPOSITORY")?,
                self.get("GITHUB_RUN_ID")?,
            );
            Some(format!("{server}/{repository}/actions/runs/{run}"))
        };
        let named = || self.get("CI_JOB_URL").or(self.get("BUILD_URL")).map(str::to_owned);
        github().or_else(named)
    }

    /// Whether this is a step of GitHub Actions.
    pub(super) fn is_github(&self) -> bool {
        self.get("GITHUB_ACTIONS") == Some("true")
    }

    /// Whether this is a job of GitLab CI.
    pub(super) fn is_gitlab(&self) -> bool {
        self.get("GITLAB_CI") == Some("true")
    }

    /// Where a step of GitHub Actions has its outputs, and its summary.
    pub(super) fn github_files(&self) -> [Option<PathBuf>; 2] {
        ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"].map(|name| self.get(name).map(PathBuf::from))
    }

    /// Waits this long.
    pub(super) async fn wait(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    /// A new name for this run, never given twice; in the order of this machine's clock, but for those
    /// of one second.
    pub(super) fn new_run(&self) -> Result<String, Failure> {
        let mut random = [0_u8; 8];
        getrandom::fill(&mut random).map_err(|error| {
            Failure::plain(Exit::Error, format!("the system gives no random numbers: {error}"))
        })?;
        let random = u64::from_be_bytes(random);
        Ok(format!("{}-{random:016x}", self.clock.now().strftime(BEGUN)))
    }
}

/// Writes events to standard error, each one line without anything that a terminal would act on.
struct LogLines(std::io::Stderr);

impl std::io::Write for LogLines {
    /// Gets one whole event at a time.
    fn write(&mut self, event: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        // A log has no way to know for whom it is printed.
        self.0.write_all(without_commands(&format!("{}\n", escape(line))).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}
