//! What a CI system shows beside a line of a file, as commands to GitHub's runner.
//!
//! The runner takes commands out of everything that a step prints: a line that begins with `::` after
//! white space, and `##[` anywhere in a line. So no other line may look like one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::super::escape::escape;

/// So many of a kind are shown for a step.
pub(super) const SHOWN: usize = 10;

/// The kinds of annotations, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Error,
    Warning,
    Notice,
}

impl Level {
    pub(super) const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Notice];

    /// The name of the command.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

/// Something that is said of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Annotation {
    pub(super) level: Level,
    /// Empty where it is about no file.
    pub(super) file: String,
    /// Line and column, from 1.
    pub(super) place: Option<(usize, usize)>,
    pub(super) title: String,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Annotation {
    /// `::error file=clinic.yaml,line=14,col=7,title=N003::…`
    fn command(&self) -> String {
        let Self { level, file, place, title, message, hint } = self;
        let mut properties = Vec::new();
        if !file.is_empty() {
            properties.push(format!("file={}", property(file)));
            if let Some((line, column)) = place {
                properties.push(format!("line={line},col={column}"));
            }
        }
        properties.push(format!("title={}", property(title)));
        let hint = hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
        let message = data(&format!("{message}{hint}"));
        format!("::{} {}::{message}\n", level.key(), properties.join(","))
    }
}

/// Lines stay lines; whatever else a terminal or the runner would act on becomes visible.
fn data(text: &str) -> String {
    let lines: Vec<Cow<'_, str>> = text.split('\n').map(escape).collect();
    without_marks(&lines.join("\n")).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Annotations, of which only as many are kept as are shown: the first ones by the clinic they are
/// about, in whatever order the clinics come.
#[derive(Debug, Clone, Default)]
pub(super) struct Annotations {
    kept: BTreeMap<(Level, String, usize), Annotation>,
    counts: BTreeMap<Level, usize>,
}

impl Annotations {
    /// Adds one about a clinic.
    pub(super) fn add(&mut self, clinic: &str, annotation: Annotation) {
        let level = annotation.level;
        let count = self.counts.entry(level).or_default();
        self.kept.insert((level, clinic.to_owned(), *count), annotation);
        *count += 1;
        if *count > SHOWN {
            let last = self.kept.keys().rfind(|(of, _, _)| *of == level).cloned();
            last.and_then(|last| self.kept.remove(&last));
        }
    }

    /// How many of a kind there are.
    pub(super) fn count(&self, level: Level) -> usize {
        self.counts.get(&level).copied().unwrap_or_default()
    }

    /// What is not shown: `3 errors, 1 notice`; `None`: nothing.
    pub(super) fn left_out(&self) -> Option<String> {
        let words = |level: &Level| {
            let left = self.count(*level).saturating_sub(SHOWN);
            (left > 0).then(|| super::super::table::count(left, level.key()))
        };
        let words: Vec<String> = Level::ALL.iter().filter_map(words).collect();
        (!words.is_empty()).then(|| words.join(", "))
    }

    /// The commands, a line each.
    pub(super) fn commands(&self) -> String {
        self.kept.values().map(Annotation::command).collect::<Vec<_>>().concat()
    }
}

/// The same text without what makes any line a command, wherever in it.
fn without_marks(text: &str) -> String {
    text.replace("##[", r"#\u{23}[")
}

/// The same text without any line that a runner would take for a command.
pub fn without_commands(text: &str) -> Cow<'_, str> {
    if !text.contains("::") && !text.contains("##[") {
        return Cow::Borrowed(text);
    }
    let line = |line: &str| {
        let line = without_marks(line);
        let start = line.trim_start();
        match start.strip_prefix("::") {
            Some(rest) => {
                let space = line.get(..line.len() - start.len()).unwrap_or_default();
                format!(r"{space}\u{{3a}}:{rest}")
            }
            None => line,
        }
    };
    Cow::Owned(text.split_inclusive(['\n', '\r']).map(line).collect::<Vec<_>>().concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(level: Level, message: &str) -> Annotation {
        Annotation {
            level,
            file: "a,b:c%.yaml".to_owned(),
            place: Some((14, 7)),
            title: "N003, x".to_owned(),
            message: message.to_owned(),
            hint: Some("mend it".to_owned()),
        }
    }

    #[test]
    fn what_would_end_a_property_or_the_line_is_encoded() {
        assert_eq!(
            of(Level::Error, "100% \u{1b}[0m::x\ny##[add-mask]z").command(),
            "::error file=a%2Cb%3Ac%25.yaml,line=14,col=7,title=N003%2C x::100%25 \\u{1b}[0m::x%0Ay#\\u{23}[add-mask]z%0Ahint: mend it\n"
        );
    }

    #[test]
    fn the_first_ten_of_a_kind_are_kept_in_whatever_order_the_clinics_come() {
        let add = |order: &[usize]| {
            let mut all = Annotations::default();
            for clinic in order {
                let clinic = format!("c{clinic:02}");
                all.add(&clinic, of(Level::Error, &clinic));
                all.add(&clinic, of(Level::Error, &format!("{clinic}, again")));
            }
            all.add("c00", of(Level::Notice, "look"));
            all
        };
        let rising: Vec<usize> = (0..8).collect();
        let falling: Vec<usize> = (0..8).rev().collect();
        let all = add(&falling);
        assert_eq!(all.commands(), add(&rising).commands());
        assert_eq!(all.commands().matches("::error ").count(), SHOWN);
        assert!(all.commands().contains("c04, again") && !all.commands().contains("c05"));
        assert_eq!(all.left_out().unwrap(), "6 errors");
        assert_eq!(all.count(Level::Error), 16);
    }

    #[test]
    fn no_line_is_a_command() {
        let text = "::add-mask::a\n \u{a0}::b\rc ::d\n##[group]e ###[f]\n";
        let safe = without_commands(text);
        let expected =
            "\\u{3a}:add-mask::a\n \u{a0}\\u{3a}:b\rc ::d\n#\\u{23}[group]e ##\\u{23}[f]\n";
        assert_eq!(safe, expected);
        assert!(matches!(without_commands("a: b # c\n"), Cow::Borrowed(_)));
    }
}
