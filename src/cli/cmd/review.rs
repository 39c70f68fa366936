//! `review`: who holds what. It is never given a writer, and takes no lock.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::cli::args::{ReviewArgs, ReviewFormat};
use crate::cli::clinic::{Clinic, print_findings};
use crate::cli::cmd::each::worse;
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::{SelectedFleet, Subject, side_by_side};
use crate::cli::observed::Observed;
use crate::cli::printer::Printer;
use crate::diagnostic::Diagnostic;
use crate::finding::{Access, AccessInputs, access};
use crate::report::{AccessReport, access_csv_head, access_csv_unread, escape};

pub(super) async fn run(
    args: &ReviewArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let ReviewArgs { manifest, select, expiring, format } = args;
    let clinic = match Subject::load(manifest, select, environment, printer)? {
        Subject::Clinic(clinic) => *clinic,
        Subject::Fleet(fleet) if *format == ReviewFormat::Csv => {
            return csv(*fleet, *expiring, environment, printer).await;
        }
        Subject::Fleet(_) => {
            return Err(Failure::new(
                Exit::Error,
                "U005",
                "of many clinics there is a review as CSV alone",
                "write --format csv, or name a clinic: --clinic ID",
            ));
        }
    };
    let seen = Seen::of(&clinic, *expiring, environment).await?;
    let manifest = clinic.path().to_string_lossy();
    let report = seen.report(&clinic, &manifest);
    print_findings(&clinic.source, &seen.findings, printer);
    match format {
        ReviewFormat::Human => printer.result(&report.text()),
        // Each field is safe already, and lines end as RFC 4180 says.
        ReviewFormat::Csv => printer.verbatim(&format!("{}{}", access_csv_head(), report.csv())),
        ReviewFormat::Html => printer.document(&report.html()),
    }
    if *format != ReviewFormat::Human {
        printer.line(&report.summary());
    }
    Ok(seen.exit)
}

/// One table of all clinics, in order.
async fn csv(
    fleet: SelectedFleet,
    days: u16,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let fleet = Arc::new(fleet);
    let mut parts: BTreeMap<String, String> = BTreeMap::new();
    let mut worst = Exit::Done;
    let work = move |fleet: Arc<SelectedFleet>, at: usize, environment: Environment| async move {
        let clinic = fleet.clinic(at, &environment)?;
        let seen = Seen::of(&clinic, days, &environment).await?;
        Ok((seen.exit, seen.report(&clinic, "").csv()))
    };
    let mut take =
        |clinic: String, result: Result<(Exit, String), Failure>, printer: &mut Printer| {
            let (exit, lines) = result.unwrap_or_else(|failure| {
                printer.line(&format!("! {}: {}", escape(&clinic), escape(&failure.message)));
                (failure.exit, access_csv_unread(&clinic, &failure.message))
            });
            worst = worse(worst, exit);
            parts.insert(clinic, lines);
            Ok(())
        };
    side_by_side((&fleet, "read"), environment, printer, work, &mut take).await?;
    printer.verbatim(&access_csv_head());
    for lines in parts.values() {
        printer.verbatim(lines);
    }
    Ok(worst)
}

/// Who holds what at one clinic.
struct Seen {
    access: Access,
    findings: Vec<Diagnostic>,
    exit: Exit,
}

impl Seen {
    async fn of(clinic: &Clinic, days: u16, environment: &Environment) -> Result<Self, Failure> {
        let Observed { planned, applied } = Observed::of(clinic, environment).await?;
        let zone = TimeZone::get(&clinic.manifest.clinic.timezone).unwrap_or(TimeZone::UTC);
        let access = access(AccessInputs {
            applied: &applied,
            live: &planned.live,
            desired: &planned.desired,
            unread: &planned.plan.unread,
            today: clinic.today(environment),
            days,
            zone: &zone,
        });
        let exit = if planned.plan.errors() > 0 {
            Exit::Error
        } else if planned.plan.is_complete() {
            Exit::Done
        } else {
            Exit::Unread
        };
        Ok(Self { access, findings: planned.plan.findings, exit })
    }

    fn report<'a>(&'a self, clinic: &'a Clinic, manifest: &'a str) -> AccessReport<'a> {
        AccessReport {
            clinic: &clinic.manifest.clinic.id,
            name: &clinic.manifest.clinic.name,
            tenant: &clinic.manifest.tenant,
            manifest,
            access: &self.access,
        }
    }
}
