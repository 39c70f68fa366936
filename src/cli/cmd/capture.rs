//! `capture`: what somebody reads at the Manage Security screen, as a sheet to fill in, a sheet that was
//! filled in, or questions. Writes files, and nothing to Accuro.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::cli::args_capture::CaptureArgs;
use crate::cli::args_fleet::SelectArgs;
use crate::cli::clicks::{nothing_asked, open_list};
use crate::cli::clinic::Clinic;
use crate::cli::cmd::capture_ask;
use crate::cli::cmd::capture_directory::directory;
use crate::cli::cmd::capture_said::{Account, Refused, Task, print_faults, read};
use crate::cli::cmd::fmt::replace;
use crate::cli::cmd::plan::save;
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::Subject;
use crate::cli::printer::Printer;
use crate::connection::Files;
use crate::diagnostic::did_you_mean;
use crate::journal::{Journal, Worklist, worklists};
use crate::live::Directory;
use crate::manifest::AccuroConnection;
use crate::model::{Cells, OfficeId, RowKey, fold};
use crate::report::count;
use crate::worksheet::{self, Capture, Expectation, Freshness, Kind, Open, Sheet, Table, Template};

pub(super) fn run(
    args: &CaptureArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let select =
        SelectArgs { clinic: args.clinic.iter().cloned().collect(), ..SelectArgs::default() };
    let clinic = Subject::load(&args.manifest, &select, environment, printer)?.one()?;
    let files = match &clinic.manifest.connections.accuro {
        AccuroConnection::Worksheet(worksheet) => Some(Files::of(worksheet, clinic.folder())),
        AccuroConnection::Embedded { world: _ } | AccuroConnection::Api(_) => None,
    };
    let task = match (&args.file, args.template, args.told.show || args.told.json) {
        (Some(_), _, _) => Task::Capture,
        (None, true, _) => Task::Template,
        (None, false, true) => Task::Show,
        (None, false, false) => Task::Ask,
    };
    if task == Task::Show && (args.by.is_some() || !args.office.is_empty()) {
        let message = "--json asks nothing: alone it says what the whole capture is";
        let hint = "leave --by and --office out, or leave --json out to be asked";
        return Err(Failure::new(Exit::Error, "U003", message, hint));
    }
    let mut account = Account::default();
    let ended = match &files {
        Some(files) => work((&clinic, files), (args, task), environment, &mut account, printer),
        None => Err(no_worksheet().into()),
    };
    if let Err(refused) = &ended {
        print_faults(&refused.faults, printer);
    }
    if args.told.json {
        let exit = ended.as_ref().map_or_else(|refused| refused.failure.exit, |exit| *exit);
        let what = (&clinic, files.as_ref());
        let document = account.document(what, task, ended.as_ref().err(), exit);
        printer.json(&format!("{document}\n"));
    }
    ended.map_err(|refused| refused.failure)
}

fn no_worksheet() -> Failure {
    Failure::new(
        Exit::Error,
        "X017",
        "the clinic's Accuro connection is not a worksheet: its grid is read over a bridge",
        "write `accuro: {connection: {worksheet: {file: grid.csv, directory: directory.csv}}}`",
    )
}

fn work(
    (clinic, files): (&Clinic, &Files),
    (args, task): (&CaptureArgs, Task),
    environment: &Environment,
    account: &mut Account,
    printer: &mut Printer,
) -> Result<Exit, Refused> {
    let directory = directory(args, (clinic, &files.directory), account, printer)?;
    let quiet = args.told.json;
    let screen = Screen { clinic, files, directory: &directory, environment, quiet };
    let offices = screen.offices(&args.office)?;
    match (task, &args.file) {
        (Task::Capture, Some(file)) => screen.capture(file, args, account, printer),
        (Task::Template, _) => screen.template(args, &offices, account, printer),
        (Task::Show, _) => screen.show(account, printer),
        (Task::Capture | Task::Ask, _) => {
            let by = screen.person(args.by.as_deref(), None)?;
            let asked = args.again.worklist.then(|| screen.asked()).transpose()?;
            let what = (offices.as_slice(), asked.as_ref());
            capture_ask::run(&screen, what, (&by, args.restart), printer)
        }
    }
}

/// What is captured, against what.
pub(super) struct Screen<'a> {
    pub(super) clinic: &'a Clinic,
    pub(super) files: &'a Files,
    pub(super) directory: &'a Directory,
    pub(super) environment: &'a Environment,
    /// Whether the result is a document, and words are not.
    quiet: bool,
}

/// No name of a person is longer.
const MAX_NAME: usize = 200;

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
        account: &mut Account,
        printer: &mut Printer,
    ) -> Result<Exit, Refused> {
        let (users, zone, made) = (self.clinic.users(), self.zone(), self.environment.clock.now());
        let Open { clinic, tenant, .. } = self.expected(&users);
        let what = Template { clinic, tenant, users: &users, made, zone: &zone };
        let asked = args.again.worklist.then(|| self.asked()).transpose()?;
        let is_wanted = |user: &str, key: RowKey| match &asked {
            Some(asked) => asked.rows.iter().any(|row| row.is(user, key)),
            None => offices.contains(&key.office),
        };
        let rows = worksheet::template(what, self.directory, is_wanted);
        let stem = args.out.clone().unwrap_or_else(|| {
            let stem = self.files.capture.file_stem().unwrap_or_default().to_string_lossy();
            self.files.capture.with_file_name(format!("{stem}-to-fill"))
        });
        let paths = ["csv", "xlsx"].map(|ending| with_ending(&stem, ending));
        if let Some(taken) = paths.iter().find(|path| path.symlink_metadata().is_ok()) {
            let message = format!("{} is there already, and may be filled in", taken.display());
            let hint = "move it away, or name another place: --out PATH";
            return Err(Failure::new(Exit::Error, "F001", message, hint).into());
        }
        for path in &paths {
            write_rows(path, &rows, Some(made))?;
            printer.line(&format!("wrote {}", path.display()));
            account.wrote.push(path.clone());
        }
        let mut counts = worksheet::counts(self.directory, &BTreeMap::new(), &users);
        counts.retain(|rows| offices.contains(&rows.office));
        account.counted(&counts, self.directory);
        let [_, sheet] = &paths;
        printer.line(
            "fill one of them in at the screen: full, read-only or blank; yes under Read where nothing is ticked",
        );
        let keep = if args.again.worklist { " --keep" } else { "" };
        printer.line(&format!("then: accuroform capture {}{keep}", sheet.display()));
        Ok(Exit::Done)
    }

    fn capture(
        &self,
        file: &Path,
        args: &CaptureArgs,
        account: &mut Account,
        printer: &mut Printer,
    ) -> Result<Exit, Refused> {
        let users = self.clinic.users();
        let expected = self.expected(&users);
        let (_, table) = read(file, Kind::Grid)?;
        let sheet = worksheet::sheet(&table, expected.expected)?;
        sheet.must_belong(&table, expected)?;
        let at = self.when(args.at.as_deref(), (&sheet, &table))?;
        let by = self.person(args.by.as_deref(), sheet.says("readby"))?;
        let mut capture = self.made(at, by, Capture::grids_of(&sheet));
        capture.kept = Capture::kept_of(&sheet);
        if capture.rows() == 0 {
            account.warnings = sheet.unread(self.directory);
            let message = format!("no line of {} is filled in: nothing was captured", table.file);
            let hint = "tick what the screen shows; where nothing is ticked, write yes under Read";
            return Err(Failure::new(Exit::Error, "X018", message, hint).into());
        }
        account.warn(sheet.unread(self.directory), printer);
        let kept = if args.again.keep { capture.keep(&self.believed()?) } else { 0 };
        let lost = self.lost(&capture);
        self.keep(&capture)?;
        account.wrote.push(self.files.capture.clone());
        self.tell(&capture, account);
        self.print_kept(&capture, printer);
        if kept > 0 {
            printer.line(&format!(
                "{} of the last capture kept, as old as before",
                count(kept, "row")
            ));
        }
        if lost > 0 {
            let lost = count(lost, "row");
            printer.line(&format!(
                "! {lost} that the last capture had are not in this one, so they are unread now; --keep keeps them"
            ));
        }
        Ok(Exit::Done)
    }

    /// The last capture, which must be believed still.
    pub(super) fn believed(&self) -> Result<Capture, Refused> {
        let last = self.last()?;
        let now = self.environment.clock.now();
        let is_fresh = |last: &Capture| last.freshness(now, self.files.max_age) == Freshness::Fresh;
        last.filter(is_fresh).ok_or_else(|| {
            let message = "there is no capture that could be kept: there is none, or it is too old";
            let hint = "read the whole screen again, and leave --keep out";
            Failure::new(Exit::Error, "X024", message, hint).into()
        })
    }

    /// The rows that people were asked for last.
    pub(super) fn asked(&self) -> Result<Worklist, Failure> {
        let id = &self.clinic.manifest.clinic.id;
        let records = Journal::read(&self.clinic.state()?, id)?.records;
        open_list(worklists(&records)).ok_or_else(|| nothing_asked(self.clinic))
    }

    /// How many rows that are known now will not be, with this capture.
    fn lost(&self, new: &Capture) -> usize {
        // One that cannot be read, or is old, says nothing that could be lost.
        let Ok(Some(last)) = self.last() else { return 0 };
        if last.freshness(self.environment.clock.now(), self.files.max_age) != Freshness::Fresh {
            return 0;
        }
        let rows =
            last.grids.iter().flat_map(|(user, rows)| rows.keys().map(move |key| (user, key)));
        let is_new = |user, key| new.grids.get(user).is_some_and(|rows| rows.contains_key(key));
        rows.filter(|(user, key)| !is_new(*user, *key)).count()
    }

    /// Says what the capture is, and writes nothing. What is not known of the grid is no success.
    fn show(&self, account: &mut Account, printer: &mut Printer) -> Result<Exit, Refused> {
        let Some(last) = self.last()? else {
            let message = format!("there is no capture {} yet", self.files.capture.display());
            let hint = "`accuroform capture --template` writes a sheet to fill in";
            return Err(Failure::new(Exit::Error, "C013", message, hint).into());
        };
        let unread = self.tell(&last, account);
        let freshness = last.freshness(self.environment.clock.now(), self.files.max_age);
        if !self.quiet {
            let until = self.local(last.good_until(self.files.max_age));
            let words = match freshness {
                Freshness::Fresh => format!("It is good until {until}."),
                Freshness::Stale => format!("It was good until {until}: read the screen again."),
                Freshness::Ahead => "It is dated ahead of now: look at the clock.".to_owned(),
            };
            printer.result(&format!("{}\n{words}\n", self.in_words(&last)));
            self.print_unread(&last, printer);
        }
        let is_known = freshness == Freshness::Fresh && unread == 0;
        Ok(if is_known { Exit::Done } else { Exit::Unread })
    }

    /// Keeps what a capture is, for the document; gives how many parts of the grid are unread.
    fn tell(&self, capture: &Capture, account: &mut Account) -> usize {
        account.holds(capture, self.files.max_age, self.environment.clock.now());
        let counts = worksheet::counts(self.directory, &capture.grids, &self.clinic.users());
        account.counted(&counts, self.directory);
        counts.iter().map(|rows| rows.unread.unwrap_or(1)).sum()
    }

    /// Who read the screen: as it was typed, as the sheet has it, or by the account.
    fn person(&self, typed: Option<&str>, written: Option<&str>) -> Result<String, Failure> {
        let account = || Some(self.environment.who()).filter(|who| who != "unknown");
        let name = typed.or(written).map(str::to_owned).or_else(account);
        let hint = "write who read it: --by 'Jane Roy'";
        let no = |message: String| Failure::new(Exit::Error, "X003", message, hint);
        let name = name.ok_or_else(|| no("nothing says who read the screen".to_owned()))?;
        // A name is one line, and what a sheet keeps of it.
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        match name.chars().count() {
            0 => Err(no("the name of who read the screen is empty".to_owned())),
            1..=MAX_NAME => Ok(name),
            many => Err(no(format!("the name of who read the screen has {many} characters"))),
        }
    }

    /// When the screen was read, or the earliest that it can have been: never later than it was.
    fn when(
        &self,
        typed: Option<&str>,
        (sheet, table): (&Sheet, &Table),
    ) -> Result<Timestamp, Refused> {
        let now = self.environment.clock.now();
        let written =
            || ["readat", "madeat"].into_iter().find_map(|name| Some((name, sheet.says(name)?)));
        let (line, said) = match typed {
            Some(typed) if typed.trim() == "now" => return Ok(now),
            Some(typed) => (None, typed),
            None => written().map_or((None, ""), |(name, said)| (Some(name), said)),
        };
        let problem = match worksheet::moment(said, &self.zone()) {
            // A clock that is a little ahead must not make a look of now confirm a later tick.
            Some(at) if !worksheet::is_ahead(at, now) => return Ok(at.min(now)),
            Some(_) => format!("`{said}` is ahead of now"),
            None if said.is_empty() => "nothing says when the screen was read".to_owned(),
            None => format!("`{said}` is not a time with one meaning"),
        };
        let hint = "say when the screen was read: --at now, --at '2026-01-05 09:00', or with its offset \
                    2026-11-01T01:30-04:00 where the clock shows a time twice";
        Err(match line {
            Some(name) => vec![sheet.head_fault(table, name, &problem, hint)].into(),
            None => Failure::new(Exit::Error, "X003", problem, hint).into(),
        })
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
        // The file keeps whole seconds.
        let at = Timestamp::from_second(at.as_second()).unwrap_or(at);
        Capture { clinic, tenant, at, by, grids, kept: BTreeMap::new() }
    }

    /// The last capture; `None` where there is none.
    pub(super) fn last(&self) -> Result<Option<Capture>, Refused> {
        if self.files.capture.symlink_metadata().is_err() {
            return Ok(None);
        }
        let users = self.clinic.users();
        let (_, table) = read(&self.files.capture, Kind::Grid)?;
        Ok(Some(worksheet::open(&table, self.expected(&users))?))
    }

    /// Writes the capture to where plans read it; gives its bytes.
    pub(super) fn keep(&self, capture: &Capture) -> Result<Vec<u8>, Failure> {
        let rows = capture.rows_of(self.directory, &self.clinic.users(), &self.zone());
        write_rows(&self.files.capture, &rows, Some(capture.at))
    }

    fn local(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone()).strftime("%Y-%m-%d %H:%M %:z").to_string()
    }

    fn in_words(&self, capture: &Capture) -> String {
        let rows = if capture.rows() == 1 { "row" } else { "rows" };
        let (count, at) = (capture.rows(), self.local(capture.at));
        format!("Captured: {count} {rows}, read {at} by {}.", capture.by)
    }

    /// Says what a capture holds and what follows.
    pub(super) fn print_kept(&self, capture: &Capture, printer: &mut Printer) {
        if !self.quiet {
            let path = self.files.capture.display();
            printer.result(&format!("{} Wrote {path}.\n", self.in_words(capture)));
        }
        self.print_unread(capture, printer);
        printer.line(&format!("next: accuroform plan {}", self.clinic.path().display()));
    }

    fn print_unread(&self, capture: &Capture, printer: &mut Printer) {
        let counts = worksheet::counts(self.directory, &capture.grids, &self.clinic.users());
        for user in self.clinic.users() {
            let unread = counts.iter().filter(|rows| rows.user == user);
            let unread: usize = unread.filter_map(|rows| rows.unread).sum();
            if unread > 0 {
                let rows = if unread == 1 { "row is" } else { "rows are" };
                printer.line(&format!("! {unread} {rows} unread in the grid of {user}: nothing is planned for what is unread"));
            }
        }
    }
}

/// Writes rows as the ending of the path says, XLSX or CSV; gives the bytes.
pub(super) fn write_rows(
    path: &Path,
    rows: &[Vec<String>],
    made: Option<Timestamp>,
) -> Result<Vec<u8>, Failure> {
    let is_xlsx = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xlsx"));
    let bytes = if is_xlsx {
        worksheet::to_xlsx(rows, made.map_or(0, Timestamp::as_second)).map_err(|error| {
            let message = format!("cannot write {}: {error}", path.display());
            Failure::new(Exit::Error, "F001", message, "write a CSV file instead")
        })?
    } else {
        worksheet::to_csv(rows).into_bytes()
    };
    // Who may read a file that is there stays as it is.
    if path.exists() {
        replace(path, "sheet", &bytes)?;
    } else {
        save(path, "sheet", &bytes)?;
    }
    Ok(bytes)
}

fn with_ending(stem: &Path, ending: &str) -> PathBuf {
    let mut name = stem.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{ending}"));
    stem.with_file_name(name)
}
