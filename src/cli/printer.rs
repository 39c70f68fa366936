//! Everything the program prints: results to standard output, the story to standard error.

use std::io::{self, ErrorKind, IsTerminal as _, Write as _};

use anstyle::{AnsiColor, Style};

use super::exit::Exit;
use super::failure::Failure;
use crate::report::escape;

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
    broken: Option<io::Error>,
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

    /// Prints a piece of the result for people.
    pub(super) fn result(&mut self, text: &str) {
        if self.colour_out { self.document(&paint(text)) } else { self.document(text) }
    }

    /// Prints a result for programs as it is. A reader that went away is not an error; a full disk
    /// is.
    pub(super) fn document(&mut self, text: &str) {
        let mut out = io::stdout().lock();
        if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush())
            && error.kind() != ErrorKind::BrokenPipe
        {
            self.broken.get_or_insert(error);
        }
    }

    /// Prints a piece of the story. Nothing can be done when that fails.
    pub(super) fn story(&mut self, text: &str) {
        let text = if self.colour_err { paint(text) } else { text.to_owned() };
        let mut err = io::stderr().lock();
        drop(err.write_all(text.as_bytes()).and_then(|()| err.flush()));
    }

    /// Prints one line of the story, with what is foreign in it escaped by the caller.
    pub(super) fn line(&mut self, line: &str) {
        self.story(&format!("{line}\n"));
    }

    /// Prints why a command ended.
    pub(super) fn failure(&mut self, failure: &Failure) {
        let Failure { code, message, hint, exit: _ } = failure;
        let code = code.map(|code| format!("[{code}]")).unwrap_or_default();
        self.line(&format!("error{code}: {}", escape(message)));
        if let Some(hint) = hint {
            self.line(&format!("hint: {}", escape(hint)));
        }
    }

    /// The exit code, unless the result could not be printed.
    pub(super) fn finish(&mut self, exit: Exit) -> Exit {
        match self.broken.take() {
            None => exit,
            Some(error) => {
                self.line(&format!("error: cannot print the result: {error}"));
                if exit == Exit::Done { Exit::Error } else { exit }
            }
        }
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
