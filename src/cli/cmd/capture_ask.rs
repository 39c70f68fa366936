//! `capture` without a sheet: the rows asked on a terminal, one key a cell, in plain lines that a screen
//! reader speaks as they come. Each row is kept when its last cell is answered.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::Path;

use console::{Key, Term};

use crate::cli::cmd::capture::Screen;
use crate::cli::cmd::capture_directory::changed;
use crate::cli::cmd::capture_said::Refused;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::connection::read_sheet;
use crate::journal::{Worklist, WorklistRow};
use crate::live::Providers;
use crate::model::{Cells, Level, OfficeId, RowKey, Until};
use crate::report::escape;
use crate::worksheet::{Asking, Capture, Freshness, Interview, Press, Question, typed_date};

const KEYS: &str = "\
  f or space  full              e  nothing more is ticked in this row
  r           read-only         s  skip the row: it stays unread
  n or Enter  none              backspace  go back one cell
  u           type the date     q  stop and keep what was answered
  ?           these keys
";

/// Asks for the rows of `offices` that were not read yet; or for those that people were asked to set and
/// that were not read since the last tick, and keeps the others.
pub(super) fn run(
    screen: &Screen<'_>,
    (offices, asked): (&[OfficeId], Option<&Worklist>),
    (by, restart): (&str, bool),
    printer: &mut Printer,
) -> Result<Exit, Refused> {
    let terminal = Term::stderr();
    if !std::io::stdin().is_terminal() || !terminal.is_term() {
        return Err(Failure::new(
            Exit::Error,
            "X020",
            "without a sheet the rows are asked on a terminal, and there is none",
            "name a sheet that was filled in, or write one with --template",
        )
        .into());
    }
    let mut file = File::look(&screen.files.capture);
    let mut capture = match asked {
        Some(asked) => again(screen, (by, asked))?,
        None => begin(screen, (by, restart), printer)?,
    };
    let users = screen.clinic.users();
    let is_read = |user: &String, key: &RowKey| {
        capture.grids.get(user).is_some_and(|rows| rows.contains_key(key))
    };
    let mut rows: Vec<(String, RowKey)> = Vec::new();
    for user in &users {
        for office in offices {
            let found = screen.directory.offices.get(office).map(|office| &office.providers);
            let Some(Providers::Read(people)) = found else { continue };
            let keys =
                people.keys().map(|provider| RowKey { office: *office, provider: *provider });
            let is_wanted = |key: &RowKey| {
                asked.is_none_or(|asked| asked.rows.iter().any(|row| row.is(user, *key)))
            };
            let keys = keys.filter(|key| !is_read(user, key) && is_wanted(key));
            rows.extend(keys.map(|key| (user.clone(), key)));
        }
    }
    if rows.is_empty() {
        printer.line("every row was read already; --restart begins a new capture");
        screen.print_kept(&capture, printer);
        return Ok(Exit::Done);
    }
    printer.story(KEYS);
    let mut interview = Interview::new(rows, capture.grids.clone());
    let mut asked = Asked { screen, terminal: &terminal, printer, shown: None };
    // Before the first answer the last capture stays as it is.
    let mut is_kept = false;
    while let Some(question) = interview.question() {
        let Some(press) = asked.ask(question, &interview)? else { break };
        let done = interview.press(press);
        // A row that was opened again is not read until it is answered.
        if done.is_some() || (press == Press::Back && is_kept) {
            capture.grids.clone_from(interview.grids());
            file.keep(screen, &capture)?;
            is_kept = true;
        }
        if let Some((_, cells)) = done {
            asked.printer.line(&format!("    = {}", in_words(cells)));
        }
    }
    if is_kept {
        screen.print_kept(&capture, printer);
    } else {
        printer.line("no row was answered: nothing was written");
    }
    Ok(Exit::Done)
}

/// The capture's file as it was seen last: whoever else captures meanwhile loses nothing.
struct File<'a> {
    path: &'a Path,
    seen: Option<Vec<u8>>,
}

impl<'a> File<'a> {
    fn look(path: &'a Path) -> Self {
        Self { path, seen: read_sheet(path).ok() }
    }

    fn keep(&mut self, screen: &Screen<'_>, capture: &Capture) -> Result<(), Failure> {
        if Self::look(self.path).seen != self.seen {
            return Err(changed(self.path));
        }
        screen.keep(capture)?;
        *self = Self::look(self.path);
        Ok(())
    }
}

/// A new capture that keeps what is believed, but for rows that were asked for and not read since the last
/// tick.
fn again(screen: &Screen<'_>, (by, asked): (&str, &Worklist)) -> Result<Capture, Refused> {
    let mut last = screen.believed()?;
    let tick = asked.last_tick();
    for WorklistRow { user, sent, .. } in &asked.rows {
        let is_read = tick.is_some_and(|tick| last.looked(user, sent.key).at > tick);
        if let Some(rows) = last.grids.get_mut(user).filter(|_| !is_read) {
            rows.remove(&sent.key);
        }
    }
    let mut capture = screen.made(
        screen.environment.clock.now(),
        by.to_owned(),
        std::collections::BTreeMap::new(),
    );
    capture.keep(&last);
    Ok(capture)
}

/// The capture that is gone on with, or a new one.
fn begin(
    screen: &Screen<'_>,
    (by, restart): (&str, bool),
    printer: &mut Printer,
) -> Result<Capture, Refused> {
    let now = screen.environment.clock.now();
    let new = || screen.made(now, by.to_owned(), std::collections::BTreeMap::new());
    if restart {
        return Ok(new());
    }
    let Some(last) = screen.last()? else { return Ok(new()) };
    let refuse = |code, message: String, hint: String| {
        Err(Failure::new(Exit::Error, code, message, hint).into())
    };
    match last.freshness(now, screen.files.max_age) {
        Freshness::Fresh => {}
        Freshness::Stale => {
            printer.line(&format!("the capture of {} is too old: a new one is begun", last.at));
            return Ok(new());
        }
        Freshness::Ahead => {
            let message = format!("the last capture is of {}, which is ahead of now", last.at);
            let hint = "look at the clock of this machine; --restart begins a new one".to_owned();
            return refuse("X003", message, hint);
        }
    }
    if last.by != by {
        let message = format!("the last capture is {}'s, and not old yet", last.by);
        let hint = format!("--by '{}' goes on with it, --restart begins a new one", last.by);
        return refuse("X019", message, hint);
    }
    // It keeps its date: what is in it was read then.
    printer.line(&format!("going on with the capture begun at {}", last.at));
    Ok(last)
}

struct Asked<'a, 'p> {
    screen: &'a Screen<'a>,
    terminal: &'a Term,
    printer: &'p mut Printer,
    /// The row whose heading was printed last.
    shown: Option<(String, RowKey)>,
}

impl Asked<'_, '_> {
    /// Asks one cell until there is an answer; `None`: stop.
    fn ask(
        &mut self,
        question: Question<'_>,
        interview: &Interview,
    ) -> Result<Option<Press>, Failure> {
        self.heading(question, interview);
        loop {
            self.printer.story(&match question.cell {
                Asking::Level(column) => format!("    {column}: "),
                Asking::Until => "    Access Until (Enter: none, u: type a date): ".to_owned(),
            });
            let key = self.terminal.read_key_raw().map_err(|error| {
                let message = format!("cannot read a key: {error}");
                Failure::new(Exit::Error, "X020", message, "run the command again: it goes on")
            })?;
            let (word, press) = match (key, question.cell) {
                (Key::Char('f' | 'F' | ' '), Asking::Level(_)) => {
                    ("full", Some(Press::Level(Level::Full)))
                }
                (Key::Char('r' | 'R'), Asking::Level(_)) => {
                    ("read-only", Some(Press::Level(Level::ReadOnly)))
                }
                (Key::Char('n' | 'N') | Key::Enter, Asking::Level(_)) => {
                    ("none", Some(Press::Level(Level::None)))
                }
                (Key::Char('e' | 'E'), Asking::Level(_)) => ("nothing more", Some(Press::NoMore)),
                (Key::Char('n' | 'N') | Key::Enter, Asking::Until) => {
                    ("none", Some(Press::Until(None)))
                }
                (Key::Char('u' | 'U'), Asking::Until) => {
                    self.printer.line("");
                    ("", self.date().map(|until| Press::Until(Some(until))))
                }
                (Key::Char('s' | 'S'), _) => ("skipped: unread", Some(Press::Skip)),
                (Key::Backspace, _) => ("back", Some(Press::Back)),
                (Key::Char('q' | 'Q' | '\u{4}') | Key::CtrlC | Key::Escape, _) => {
                    self.printer.line("stop");
                    return Ok(None);
                }
                (Key::Char('u' | 'U'), Asking::Level(_)) => {
                    ("the date is asked after the nine columns", None)
                }
                _ => ("", None),
            };
            self.printer.line(word);
            if let Some(press) = press {
                return Ok(Some(press));
            }
            if word.is_empty() {
                self.printer.story(KEYS);
            }
        }
    }

    /// Names the office where it is another, and the provider.
    fn heading(&mut self, question: Question<'_>, interview: &Interview) {
        let Question { user, key, cell: _ } = question;
        let row = (user.to_owned(), key);
        if self.shown.as_ref() == Some(&row) {
            return;
        }
        let names = self.screen.directory.names();
        let is_new = self
            .shown
            .as_ref()
            .is_none_or(|(last, shown)| last != user || shown.office != key.office);
        if is_new {
            let office = names.office(key.office);
            self.printer.line(&format!("{user}, {office}: choose both at the screen"));
        }
        let (at, all) = interview.progress();
        self.printer.line(&format!("  {} (row {} of {all})", names.provider(key.provider), at + 1));
        self.shown = Some(row);
    }

    /// A typed date; `None` where it is none.
    fn date(&mut self) -> Option<Until> {
        self.printer.story("    date: ");
        let mut typed = String::new();
        std::io::stdin().lock().read_line(&mut typed).ok()?;
        match typed_date(typed.trim()) {
            Ok(until) => {
                self.printer.story(&format!("    until {until}"));
                Some(until)
            }
            Err((message, hint)) => {
                self.printer.line(&format!("    {}; {}", escape(&message), escape(&hint)));
                None
            }
        }
    }
}

/// `Patient full, Labs read-only, until 2027-01-31`.
fn in_words(cells: Cells) -> String {
    if cells.is_nothing() {
        return "nothing ticked".to_owned();
    }
    let ticked = cells.columns().iter().filter(|(_, level)| *level > Level::None);
    let mut words: Vec<String> =
        ticked.map(|(column, level)| format!("{column} {level}")).collect();
    words.extend(cells.until().map(|until| format!("until {until}")));
    words.join(", ")
}
