//! The arguments of `diagnose` and `watch`, which look and never write.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::args::{SelectArgs, duration};
use crate::finding::Symptom;

#[derive(Debug, Args)]
#[command(after_help = "\
The symptoms are the common issues of Ocean's article 360060307451; without one, all that the data suggest are
looked at. What a vendor documents and what accuroform assumes is told apart in every line. Exit codes: 0
nothing found, 3 something found, 8 a part could not be read.

Examples:
  accuroform diagnose                                    everything that can be seen
  accuroform diagnose --symptom missing-provider         why providers are not on the Patients page
  accuroform diagnose --provider 1042 lakeside.yaml      one provider, by id or name
  accuroform diagnose fleet.yaml --clinic lakeside       a clinic of a fleet")]
pub(super) struct DiagnoseArgs {
    /// The manifest, or a fleet manifest with --clinic
    #[arg(default_value = "clinic.yaml", value_name = "MANIFEST")]
    pub(super) manifest: PathBuf,
    /// What is wrong
    #[arg(long, value_name = "SYMPTOM")]
    pub(super) symptom: Option<SymptomArg>,
    /// This provider alone, by id or name
    #[arg(long, value_name = "NAME")]
    pub(super) provider: Option<String>,
    /// Print what was found as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) select: SelectArgs,
}

/// A symptom by its word.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum SymptomArg {
    /// An enabled provider does not appear on the Patients page
    MissingProvider,
    /// Bookings are missing from the Day Sheet
    MissingBookings,
    /// Patients of some providers get no reminder
    NoReminders,
    /// Patients cannot confirm from the reminder
    CannotConfirm,
    /// "Save for Ocean" cannot be used
    SaveForOcean,
}

impl SymptomArg {
    /// What is meant.
    pub(super) const fn symptom(self) -> Symptom {
        match self {
            Self::MissingProvider => Symptom::MissingProvider,
            Self::MissingBookings => Symptom::MissingBookings,
            Self::NoReminders => Symptom::NoReminders,
            Self::CannotConfirm => Symptom::CannotConfirm,
            Self::SaveForOcean => Symptom::SaveForOcean,
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Nothing is written, and nothing is printed while nothing changes. A look that fails is told once; the next look
comes all the same. Exit codes: 0 --until was met, or without --until the end by Ctrl-C, SIGTERM or --for;
4 one of these came before --until was met.

Examples:
  accuroform watch                                    until Ctrl-C, for a screen on the wall
  accuroform watch --every 1m --until no-changes      until the grid is what the manifest says
  accuroform watch --every 15m --for 8h --until changes lakeside.yaml
                                                      a cron without CI: 0 when something is due")]
pub(super) struct WatchArgs {
    /// The manifest, or a fleet manifest with --clinic
    #[arg(default_value = "clinic.yaml", value_name = "MANIFEST")]
    pub(super) manifest: PathBuf,
    /// Look this often: 30s, 5m; at least 50ms
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = interval)]
    pub(super) every: Duration,
    /// End once this is so
    #[arg(long, value_name = "CONDITION")]
    pub(super) until: Option<Until>,
    /// End after this long
    #[arg(long = "for", value_name = "TIME", value_parser = interval)]
    pub(super) duration: Option<Duration>,
    #[command(flatten)]
    pub(super) select: SelectArgs,
}

/// A time as everywhere, or `200ms`.
fn interval(text: &str) -> Result<Duration, String> {
    let milliseconds =
        text.strip_suffix("ms").map(|number| number.parse().map(Duration::from_millis));
    let time = match milliseconds {
        Some(Ok(time)) => time,
        Some(Err(_)) | None => duration(text)?,
    };
    if time < SHORTEST { Err("50ms is the shortest".to_owned()) } else { Ok(time) }
}

/// More looks than this a second help nobody.
const SHORTEST: Duration = Duration::from_millis(50);

/// When a watch ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Until {
    /// Everything could be read, and nothing is to be done
    NoChanges,
    /// Something is to be done
    Changes,
    /// A look fails, a part cannot be read, or the manifest does not fit the clinic
    Error,
}
