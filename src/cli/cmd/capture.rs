//! `capture`: what somebody reads at the Manage Security screen, as a sheet to fill in, a sheet that was
//! filled in, or questions. Writes files, and nothing to Accuro.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::cli::args_capture::CaptureArgs;
use crate::cli::args_fleet::SelectArgs;
use crate::cli::clinic::Clinic;
use crate::cli::cmd::capture_ask;
use crate::cli::cmd::plan::save;
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::Subject;
use crate::cli::printer::Printer;
use crate::connection::{Files, SheetError, read_table};
use crate::diagnostic::did_you_mean;
use crate::live::Directory;
use crate::manifest::AccuroConnection;
use crate::model::{Cells, OfficeId, RowKey, fold};
use crate::worksheet::{
    self, Capture, DirectoryFile, Expectation, Fault, Open, Sheet, Table, Template,
};

/// A clock that is ahead of another by so little is right.
const SKEW: Duration = Duration::from_mins(5);

pub(super) fn run(
    args: &CaptureArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let select =
        SelectArgs { clinic: args.clinic.iter().cloned().collect(), ..SelectArgs::default() };
    let clinic = Subject::load(&args.manifest, &select, environment, printer)?.one()?;
    let AccuroConnection::Worksheet(worksheet) = &clinic.manifest.connections.accuro else {
        return Err(Failure::new(
            Exit::Error,
            "X017",
            "the clinic's Accuro connection is not a worksheet: its grid is read over a bridge",
            "write `accuro: {connection: {worksheet: {file: grid.csv, directory: directory.csv}}}`",
        ));
    };
    let files = Files::of(worksheet, clinic.folder());
    let directory = directory(args, &files, printer)?;
    let screen = Screen { clinic: &clinic, files: &files, directory: &directory };
    let offices = screen.offices(&args.office)?;
    match &args.file {
        Some(file) => screen.capture(file, args, environment, printer),
        None if args.template => screen.template(args, &offices, environment, printer),
        None => {
            let by = args.by.clone().or_else(|| known(environment.who()));
            let by = by.ok_or_else(nobody)?;
            let first = (worksheet.max_age, args.restart);
            capture_ask::run(&screen, &offices, (&by, first), environment, printer)
        }
    }
}

/// What is captured, against what.
pub(super) struct Screen<'a> {
    pub(super) clinic: &'a Clinic,
    pub(super) files: &'a Files,
    pub(super) directory: &'a Directory,
}

/// The directory, numbered where a template is made for the first time, with whom `--add-to` adds.
fn directory(
    args: &CaptureArgs,
    files: &Files,
    printer: &mut Printer,
) -> Result<Directory, Failure> {
    let path = &files.directory;
    let is_new =
        matches!(path.symlink_metadata(), Err(error) if error.kind() == ErrorKind::NotFound);
    let (mut found, table) = if is_new && args.add_to.is_some() {
        (DirectoryFile::default(), None)
    } else if is_new {
        return Err(Failure::new(
            Exit::Error,
            "C013",
            format!("the directory {} is not there", path.display()),
            "write it: the headings Office and Provider, and a line for each provider of each office \
             as the screen lists them",
        ));
    } else {
        let table = read(path, "Directory", printer)?;
        let found = worksheet::directory(&table);
        (found.map_err(|faults| refuse(&faults, printer))?, Some(table))
    };
    let missing = match &args.ocean_users {
        None => Vec::new(),
        Some(list) => {
            let table = read(list, "Users", printer)?;
            let expected = worksheet::expected(&table, &args.ocean_columns);
            let expected = expected.map_err(|fault| refuse(&[fault], printer))?;
            let missing = worksheet::missing(&expected, &found.directory);
            missing.into_iter().cloned().collect()
        }
    };
    let mut is_changed = found.numbered > 0;
    if let Some(office) = &args.add_to {
        let people: Vec<_> = missing.iter().map(|(person, _)| person.clone()).collect();
        worksheet::add(&mut found.directory, office, &people);
        is_changed = true;
    } else {
        let warnings: Vec<Fault> = missing.iter().map(worksheet::not_listed).collect();
        print_faults(&warnings, printer);
    }
    if is_changed && !args.template {
        let table = table.as_ref().map(|table| worksheet::without_ids(table, found.numbered));
        return Err(refuse(table.as_slice(), printer));
    }
    if is_changed {
        write(path, &worksheet::directory_rows(&found.directory), None)?;
        printer.line(&format!("wrote {}: its ids stay as they are from now on", path.display()));
    }
    Ok(found.directory)
}

impl Screen<'_> {
    fn expected<'a>(&'a self, users: &'a [String]) -> Open<'a> {
        let expected = Expectation { directory: self.directory, users };
        let manifest = &self.clinic.manifest;
        Open { clinic: &manifest.clinic.id, tenant: &manifest.tenant, expected }
    }

    pub(super) fn zone(&self) -> TimeZone {
        TimeZone::get(&self.clinic.manifest.clinic.timezone).unwrap_or(TimeZone::UTC)
    }

    /// The offices that are meant; all where none is named.
    fn offices(&self, named: &[String]) -> Result<Vec<OfficeId>, Failure> {
        let offices = &self.directory.offices;
        if named.is_empty() {
            return Ok(offices.keys().copied().collect());
        }
        let mut chosen = Vec::new();
        for name in named {
            let found = offices
                .iter()
                .filter(|(id, office)| fold(&office.name) == fold(name) || id.to_string() == *name);
            let before = chosen.len();
            chosen.extend(found.map(|(id, _)| *id));
            if chosen.len() == before {
                let all = offices.values().map(|office| office.name.as_str());
                let hint = did_you_mean(name, all).map_or_else(
                    || "check the spelling, or write the office's id".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = format!("the directory has no office `{name}`");
                return Err(Failure::new(Exit::Error, "U001", message, hint));
            }
        }
        Ok(chosen)
    }

    fn template(
        &self,
        args: &CaptureArgs,
        offices: &[OfficeId],
        environment: &Environment,
        printer: &mut Printer,
    ) -> Result<Exit, Failure> {
        let (users, zone, made) = (self.clinic.users(), self.zone(), environment.clock.now());
        let Open { clinic, tenant, .. } = self.expected(&users);
        let what = Template { clinic, tenant, users: &users, made, zone: &zone };
        let rows = worksheet::template(what, self.directory, |office| offices.contains(&office));
        let stem = args.out.clone().unwrap_or_else(|| {
            let stem = self.files.capture.file_stem().unwrap_or_default().to_string_lossy();
            self.files.capture.with_file_name(format!("{stem}-to-fill"))
        });
        let paths = ["csv", "xlsx"].map(|ending| with_ending(&stem, ending));
        if let Some(taken) = paths.iter().find(|path| path.symlink_metadata().is_ok()) {
            let message = format!("{} is there already, and may be filled in", taken.display());
            let hint = "move it away, or name another place: --out PATH";
            return Err(Failure::new(Exit::Error, "F001", message, hint));
        }
        for path in &paths {
            write(path, &rows, Some(made))?;
            printer.line(&format!("wrote {}", path.display()));
        }
        let [_, sheet] = &paths;
        printer.line(
            "fill one of them in at the screen: full, read-only or blank; yes under Read where nothing is ticked",
        );
        printer.line(&format!("then: accuroform capture {}", sheet.display()));
        Ok(Exit::Done)
    }

    fn capture(
        &self,
        file: &Path,
        args: &CaptureArgs,
        environment: &Environment,
        printer: &mut Printer,
    ) -> Result<Exit, Failure> {
        let users = self.clinic.users();
        let expected = self.expected(&users);
        let table = read(file, "Grid", printer)?;
        let sheet = worksheet::sheet(&table, expected.expected)
            .and_then(|sheet| sheet.must_belong(&table, expected).map(|()| sheet))
            .map_err(|faults| refuse(&faults, printer))?;
        let at = self.when(args, &sheet, environment)?;
        let by = args.by.as_deref().or(sheet.says("readby")).map(str::to_owned);
        let by = by.or_else(|| known(environment.who())).ok_or_else(nobody)?;
        let capture = self.made(at, by, Capture::grids_of(&sheet));
        if capture.rows() == 0 {
            return Err(Failure::new(
                Exit::Error,
                "X018",
                format!("no line of {} is filled in: nothing was captured", table.file),
                "tick what the screen shows; where nothing is ticked, write yes under Read",
            ));
        }
        print_faults(&sheet.unread(self.directory), printer);
        self.keep(&capture)?;
        self.print_kept(&capture, printer);
        Ok(Exit::Done)
    }

    /// When the screen was read, or the earliest that it can have been: never later than it was.
    fn when(
        &self,
        args: &CaptureArgs,
        sheet: &Sheet,
        environment: &Environment,
    ) -> Result<Timestamp, Failure> {
        let now = environment.clock.now();
        let said = match args.at.as_deref() {
            Some(typed) if typed.trim() == "now" => return Ok(now),
            Some(typed) => Some(typed),
            None => sheet.says("readat").or(sheet.says("madeat")),
        };
        let wrong = |message: String| {
            let hint = "say when the screen was read: --at now, or --at '2026-01-05 09:00'";
            Failure::new(Exit::Error, "X003", message, hint)
        };
        let said = said.ok_or_else(|| wrong("nothing says when the screen was read".to_owned()))?;
        let at = worksheet::moment(said, &self.zone())
            .ok_or_else(|| wrong(format!("`{said}` is not a time with one meaning")))?;
        if at.duration_since(now) > SKEW.try_into().unwrap_or_default() {
            return Err(wrong(format!("`{said}` is ahead of now")));
        }
        Ok(at)
    }

    /// A capture of this clinic.
    pub(super) fn made(
        &self,
        at: Timestamp,
        by: String,
        grids: BTreeMap<String, BTreeMap<RowKey, Cells>>,
    ) -> Capture {
        let manifest = &self.clinic.manifest;
        let (clinic, tenant) = (manifest.clinic.id.clone(), manifest.tenant.clone());
        Capture { clinic, tenant, at, by, grids }
    }

    /// The last capture; `None` where there is none.
    pub(super) fn last(&self, printer: &mut Printer) -> Result<Option<Capture>, Failure> {
        if self.files.capture.symlink_metadata().is_err() {
            return Ok(None);
        }
        let users = self.clinic.users();
        let table = read(&self.files.capture, "Grid", printer)?;
        let capture = worksheet::open(&table, self.expected(&users));
        capture.map(Some).map_err(|faults| refuse(&faults, printer))
    }

    /// Writes the capture to where plans read it.
    pub(super) fn keep(&self, capture: &Capture) -> Result<(), Failure> {
        let rows = capture.rows_of(self.directory, &self.clinic.users(), &self.zone());
        write(&self.files.capture, &rows, Some(capture.at))
    }

    /// Says what a capture holds and what follows.
    pub(super) fn print_kept(&self, capture: &Capture, printer: &mut Printer) {
        let at = capture.at.to_zoned(self.zone()).strftime("%Y-%m-%d %H:%M %:z").to_string();
        let path = self.files.capture.display();
        let rows = if capture.rows() == 1 { "row" } else { "rows" };
        printer.result(&format!(
            "Captured: {} {rows}, read {at} by {}. Wrote {path}.\n",
            capture.rows(),
            capture.by
        ));
        for (user, unread) in worksheet::unread(self.directory, capture, &self.clinic.users()) {
            if unread > 0 {
                let rows = if unread == 1 { "row is" } else { "rows are" };
                printer.line(&format!("! {unread} {rows} unread in the grid of {user}: nothing is planned for what is unread"));
            }
        }
        printer.line(&format!("next: accuroform plan {}", self.clinic.path().display()));
    }
}

/// Reads a file as a sheet; its faults are printed.
fn read(path: &Path, sheet: &str, printer: &mut Printer) -> Result<Table, Failure> {
    read_table(path, sheet).map_err(|error| match error {
        SheetError::Faults(faults) => refuse(&faults, printer),
        SheetError::File { .. } => {
            let hint = "check the path";
            Failure::new(Exit::Error, error.code(), error.to_string(), hint)
        }
    })
}

/// Prints every fault; how many there are is why the command ends.
fn refuse(faults: &[Fault], printer: &mut Printer) -> Failure {
    print_faults(faults, printer);
    let file = faults.first().map(|fault| fault.place.file.clone()).unwrap_or_default();
    let noun = if faults.len() == 1 { "fault" } else { "faults" };
    Failure::plain(Exit::Error, format!("{file} has {} {noun}: nothing was written", faults.len()))
}

fn print_faults(faults: &[Fault], printer: &mut Printer) {
    for fault in faults {
        let Fault { code, severity: _, place, message, hint } = fault;
        let severity = if fault.is_error() { "error" } else { "warning" };
        printer.line(&format!("{severity}[{code}]: {place}: {message}"));
        printer.line(&format!("hint: {hint}"));
    }
}

/// Writes rows as the ending of the path says: XLSX or CSV.
fn write(path: &Path, rows: &[Vec<String>], made: Option<Timestamp>) -> Result<(), Failure> {
    let is_xlsx = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xlsx"));
    if !is_xlsx {
        return save(path, "sheet", worksheet::to_csv(rows));
    }
    let made = made.map_or(0, Timestamp::as_second);
    let bytes = worksheet::to_xlsx(rows, made).map_err(|error| {
        let message = format!("cannot write {}: {error}", path.display());
        Failure::new(Exit::Error, "F001", message, "write a CSV file instead")
    })?;
    save(path, "sheet", bytes)
}

fn with_ending(stem: &Path, ending: &str) -> PathBuf {
    let mut name = stem.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{ending}"));
    stem.with_file_name(name)
}

/// An account's name, unless nobody knows it.
fn known(who: String) -> Option<String> {
    Some(who).filter(|who| who != "unknown")
}

fn nobody() -> Failure {
    let message = "nothing says who read the screen";
    Failure::new(Exit::Error, "X003", message, "add --by NAME")
}
