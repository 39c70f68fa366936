//! Everything the program prints: results to standard output, the story to standard error. Where the
//! result is a stream of events, they are all that goes to standard output.

use std::borrow::Cow;
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};

use anstyle::{AnsiColor, Style};
use indicatif::{MultiProgress, ProgressBar};

use super::events::{self, Stream, Told};
use super::exit::Exit;
use super::failure::Failure;
use super::surface::Surface;
use crate::model::{Clock, printable_json};
use crate::report::ci::{Facts, without_commands};
use crate::report::{escape, escape_lines};

/// When output is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    /// Not at all.
    Never,
    /// Where a terminal shows it.
    OnTerminals,
    /// Everywhere.
    Always,
}

/// Where output goes.
#[derive(Debug)]
pub(super) struct Printer {
    colour_out: bool,
    colour_err: bool,
    /// Why the result cannot be printed any more; a reader that went away is one reason.
    broken: Option<io::Error>,
    place: Place,
    /// The CI system that is told, too, if there is one.
    pub(super) surface: Option<Surface>,
    stream: Option<Stream>,
}

/// So many bytes of events are printed at once.
const PIECE: usize = 1 << 16;

/// Where a printer prints.
#[derive(Debug)]
enum Place {
    /// To the process's standard output and error.
    Process,
    /// The same, above the bars that are shown.
    Above(MultiProgress),
    /// Nowhere: what one clinic of many gives and says is kept, and its progress is one line.
    Kept { account: String, line: ProgressBar },
}

impl Printer {
    /// A printer that colours as it is told.
    pub(super) fn new(colour: Colour) -> Self {
        let on = |is_terminal: bool| match colour {
            Colour::Never => false,
            Colour::OnTerminals => is_terminal,
            Colour::Always => true,
        };
        Self {
            colour_out: on(io::stdout().is_terminal()),
            colour_err: on(io::stderr().is_terminal()),
            broken: None,
            place: Place::Process,
            surface: None,
            stream: None,
        }
    }

    /// From here on the result is a stream of events, and nothing else goes to standard output.
    pub(super) fn stream(&mut self, clock: Clock) {
        let (stream, first) = Stream::begin(clock);
        self.stream = Some(stream);
        self.tell(|| [first]);
    }

    /// Whether the result is a stream of events.
    pub(super) const fn streams(&self) -> bool {
        self.stream.is_some()
    }

    /// The events from here on are of this clinic, unless they say otherwise.
    pub(super) fn about(&mut self, clinic: &str) {
        if let Some(stream) = &mut self.stream {
            stream.about(clinic);
        }
    }

    /// Prints events, where the result is a stream of them; else nothing is made of it. A stream that
    /// lost a line ends there: without its last event nobody takes it for whole.
    pub(super) fn tell<T: IntoIterator<Item = Told>>(&mut self, told: impl FnOnce() -> T) {
        if self.broken.is_some() {
            return;
        }
        let Some(stream) = self.stream.take() else { return };
        let mut lines = String::new();
        for told in told() {
            lines.push_str(&stream.line(&told));
            if lines.len() > PIECE {
                self.json(&lines);
                lines.clear();
            }
        }
        self.json(&lines);
        self.stream = Some(stream);
    }

    /// A printer for one clinic of many: its result and its story are kept as they come, and its
    /// progress is shown in `line`.
    pub(super) fn kept(line: ProgressBar) -> Self {
        let place = Place::Kept { account: String::new(), line };
        Self {
            colour_out: false,
            colour_err: false,
            broken: None,
            place,
            surface: None,
            stream: None,
        }
    }

    /// A printer whose words nobody reads.
    pub(super) fn silent() -> Self {
        Self::kept(ProgressBar::hidden())
    }

    /// What was kept.
    pub(super) fn into_account(self) -> String {
        match self.place {
            Place::Kept { account, line: _ } => account,
            Place::Process | Place::Above(_) => String::new(),
        }
    }

    /// Prints above these bars from here on; `None`: there are none any more.
    pub(super) fn above(&mut self, bars: Option<MultiProgress>) {
        self.place = bars.map_or(Place::Process, Place::Above);
    }

    /// What a CI system will be told, if there is one.
    pub(super) fn facts(&mut self) -> Option<&mut Facts> {
        self.surface.as_mut().map(|surface| &mut surface.facts)
    }

    /// The text as it may be printed where a runner takes commands out of it.
    fn printable<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match &self.surface {
            Some(surface) if surface.has_commands() => without_commands(text),
            Some(_) | None => Cow::Borrowed(text),
        }
    }

    /// Prints commands to the runner. They go to standard error, because standard output is the
    /// result, which may be for a program.
    pub(super) fn commands(&mut self, commands: &str) {
        self.write_err(commands);
    }

    /// The line that shows the progress of this clinic, where it is one of many.
    pub(super) fn progress_line(&self) -> Option<ProgressBar> {
        match &self.place {
            Place::Kept { account: _, line } => Some(line.clone()),
            Place::Process | Place::Above(_) => None,
        }
    }

    /// Never colours from here on.
    pub(super) fn plain(&mut self) {
        self.colour_out = false;
        self.colour_err = false;
    }

    /// Whether standard error shows colour.
    pub(super) const fn colour_err(&self) -> bool {
        self.colour_err
    }

    /// Prints a piece of the result for people, without anything that a terminal would act on. In a
    /// stream of events there is none: who did the work tells it.
    pub(super) fn result(&mut self, text: &str) {
        if self.streams() {
            return;
        }
        let text = escape_lines(text);
        if self.colour_out { self.verbatim(&paint(&text)) } else { self.verbatim(&text) }
    }

    /// Prints a result for programs: the same JSON with `\uXXXX` for what a terminal would act on.
    pub(super) fn json(&mut self, text: &str) {
        self.verbatim(&printable_json(text));
    }

    /// Prints a result that is a document of its own: never coloured, the same bytes everywhere.
    pub(super) fn document(&mut self, text: &str) {
        self.verbatim(&escape_lines(text));
    }

    /// Prints text of our own as it is. A reader that went away is not an error; a full disk is.
    pub(super) fn verbatim(&mut self, text: &str) {
        let text = self.printable(text);
        let print = || {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes()).and_then(|()| out.flush())
        };
        let printed = match &mut self.place {
            Place::Process => print(),
            Place::Above(bars) => bars.suspend(print),
            Place::Kept { account, line: _ } => {
                account.push_str(&text);
                Ok(())
            }
        };
        if let Err(error) = printed {
            self.broken.get_or_insert(error);
        }
    }

    /// Whether nobody can read the result any more.
    pub(super) const fn is_unread(&self) -> bool {
        self.broken.is_some()
    }

    /// Prints a piece of the story, without anything that a terminal would act on.
    pub(super) fn story(&mut self, text: &str) {
        let text = escape_lines(text);
        if self.colour_err { self.styled(&paint(&text)) } else { self.styled(&text) }
    }

    /// Prints a piece of the story that is coloured, and safe, already. Nothing can be done when
    /// that fails.
    pub(super) fn styled(&mut self, text: &str) {
        let text = self.printable(text);
        self.write_err(&text);
    }

    fn write_err(&mut self, text: &str) {
        let print = || {
            let mut err = io::stderr().lock();
            drop(err.write_all(text.as_bytes()).and_then(|()| err.flush()));
        };
        match &mut self.place {
            Place::Process => print(),
            Place::Above(bars) => bars.suspend(print),
            Place::Kept { account, line: _ } => account.push_str(text),
        }
    }

    /// Prints one line of the story.
    pub(super) fn line(&mut self, line: &str) {
        self.story(&format!("{}\n", escape(line)));
    }

    /// Prints why a command ended.
    pub(super) fn failure(&mut self, failure: &Failure) {
        self.tell(|| [events::failure(failure)]);
        let Failure { code, message, hint, exit: _ } = failure;
        let code = code.map(|code| format!("[{code}]")).unwrap_or_default();
        self.line(&format!("error{code}: {}", escape(message)));
        if let Some(hint) = hint {
            self.line(&format!("hint: {}", escape(hint)));
        }
    }

    /// The exit code, unless the result could not be printed so far.
    pub(super) fn printed(&self, exit: Exit) -> Exit {
        match self.unprinted() {
            Some(_) if exit == Exit::Done => Exit::Error,
            Some(_) | None => exit,
        }
    }

    /// The exit code, which the last event says, unless the result could not be printed.
    pub(super) fn finish(&mut self, exit: Exit) -> Exit {
        self.tell(|| [events::outcome(exit)]);
        if let Some(error) = self.unprinted() {
            let words = format!("error: cannot print the result: {error}");
            self.line(&words);
        }
        self.printed(exit)
    }

    /// Why the result could not be printed. A reader that went away is no such reason.
    fn unprinted(&self) -> Option<&io::Error> {
        self.broken.as_ref().filter(|error| error.kind() != ErrorKind::BrokenPipe)
    }
}

/// Colours lines by the mark they begin with. The mark stays: colour is never the only sign.
fn paint(text: &str) -> String {
    let style = |colour: AnsiColor| Some(Style::new().fg_color(Some(colour.into())));
    text.split_inclusive('\n')
        .map(|line| {
            let start = line.trim_start();
            let style = match start.as_bytes() {
                [b'+', b' ', ..] => style(AnsiColor::Green),
                [b'-', b' ', ..] => style(AnsiColor::Red),
                [b'~' | b'!', b' ', ..] => style(AnsiColor::Yellow),
                _ if start.starts_with("error") => style(AnsiColor::Red),
                _ if start.starts_with("Plan:") || start.starts_with("No changes") => {
                    Some(Style::new().bold())
                }
                _ => None,
            };
            match style {
                Some(style) => {
                    let (body, end) =
                        line.strip_suffix('\n').map_or((line, ""), |body| (body, "\n"));
                    format!("{style}{body}{style:#}{end}")
                }
                None => line.to_owned(),
            }
        })
        .collect()
}
