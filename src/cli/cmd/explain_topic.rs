//! `explain` of what is no clinic: codes, the reasons for holds, columns.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::diagnostic::did_you_mean;
use crate::finding::{self, Explanation, Origin, Statement};
use crate::model::Column;

/// The words that stand before a name.
const HELD: &str = "held";
const COLUMN: &str = "column";

/// What is explained.
pub(super) enum Topic {
    /// Everything that there is.
    List,
    /// A code.
    Code(Explanation),
    /// Every reason for a hold.
    Holds,
    /// One of them.
    Hold(Explanation),
    /// Every column.
    Columns,
    /// One of them.
    Column(Column),
}

impl Topic {
    /// The clinic that is meant, if one is. An id is in small letters, so a code is none; behind `held` and
    /// `column` a manifest is told from a name by its extension or its folder.
    pub(super) fn clinic<'a>(subject: Option<&'a str>, name: Option<&Path>) -> Option<&'a str> {
        let subject = subject?;
        let is_code = subject.contains(|c: char| c.is_ascii_uppercase());
        let is_topic = [HELD, COLUMN].contains(&subject);
        let is_file = name.is_some_and(|name| {
            name.extension().is_some() || name.components().count() > 1 || name.is_absolute()
        });
        (!is_code && (!is_topic || is_file)).then_some(subject)
    }

    /// What is meant by words that name no clinic.
    pub(super) fn of(subject: Option<&str>, name: Option<&Path>) -> Result<Self, Failure> {
        let name = name.map(|name| name.to_string_lossy().to_lowercase());
        match (subject, name.as_deref()) {
            (None, _) => Ok(Self::List),
            (Some(HELD), None) => Ok(Self::Holds),
            (Some(HELD), Some(key)) => {
                let keys = finding::holds().into_iter().map(|one| one.key);
                finding::hold(key).map(Self::Hold).ok_or_else(|| unknown("hold", key, keys))
            }
            (Some(COLUMN), None) => Ok(Self::Columns),
            (Some(COLUMN), Some(key)) => {
                let written = key.replace([' ', '-'], "_");
                let keys = Column::ALL.into_iter().map(Column::key);
                let column = Column::from_key(&written);
                column.map(Self::Column).ok_or_else(|| unknown("column", key, keys))
            }
            (Some(code), _) => {
                let all = finding::chapters().into_iter().flat_map(|chapter| chapter.codes);
                let keys: Vec<&str> = all.map(|one| one.key).collect();
                finding::code(code).map(Self::Code).ok_or_else(|| unknown("code", code, keys))
            }
        }
    }

    /// Prints it.
    pub(super) fn print(&self, json: bool, printer: &mut Printer) {
        if json {
            printer.json(&format!("{}\n", self.json()));
        } else {
            printer.document(&self.words());
        }
    }

    fn words(&self) -> String {
        match self {
            Self::List => list(),
            Self::Code(one) => {
                let Explanation { key, title, means, next } = one;
                format!("{key}: {title}\n\n{means}\n\nWhat to do: {next}\n")
            }
            Self::Holds => holds(),
            Self::Hold(one) => hold(one),
            Self::Columns => {
                let columns = Column::ALL.into_iter().map(|one| column(one) + "\n");
                columns.collect::<String>().trim_end().to_owned() + "\n"
            }
            Self::Column(one) => column(*one),
        }
    }

    fn json(&self) -> Value {
        let explanation = |topic: &str, one: &Explanation| {
            let Explanation { key, title, means, next } = one;
            json!({"topic": topic, "key": key, "title": title, "means": means, "next": next})
        };
        let topics: Vec<Value> = match self {
            Self::List => {
                let codes = finding::chapters().into_iter().flat_map(|chapter| chapter.codes);
                let codes = codes.map(|one| explanation("code", &one));
                let holds = finding::holds().into_iter().map(|one| explanation(HELD, &one));
                codes.chain(holds).chain(Column::ALL.into_iter().map(column_json)).collect()
            }
            Self::Code(one) => vec![explanation("code", one)],
            Self::Holds => finding::holds().iter().map(|one| explanation(HELD, one)).collect(),
            Self::Hold(one) => vec![explanation(HELD, one)],
            Self::Columns => Column::ALL.into_iter().map(column_json).collect(),
            Self::Column(column) => vec![column_json(*column)],
        };
        json!({"kind": "accuroform.explanation", "format_version": "1.0", "topics": topics})
    }
}

fn unknown<'a>(what: &str, written: &str, keys: impl IntoIterator<Item = &'a str>) -> Failure {
    let hint = match did_you_mean(written, keys) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`accuroform explain` lists what there is".to_owned(),
    };
    Failure::new(Exit::Error, "U020", format!("there is no {what} `{written}` to explain"), hint)
}

fn list() -> String {
    let mut lines = vec!["Codes, for example `accuroform explain M012`:".to_owned()];
    for chapter in finding::chapters() {
        lines.push(format!("\n{}", chapter.heading));
        let line = |one: &Explanation| format!("  {}  {}", one.key, one.title);
        lines.extend(chapter.codes.iter().map(line));
    }
    let holds: Vec<&str> = finding::holds().into_iter().map(|one| one.key).collect();
    let columns = Column::ALL.map(Column::key).join(", ");
    lines.extend([
        "\nReasons for a hold, for example `accuroform explain held moved`:".to_owned(),
        format!("  {}", holds.join(", ")),
        "\nColumns, for example `accuroform explain column visible`:".to_owned(),
        format!("  {columns}"),
        "\nA clinic's manifest, each value with where it comes from:".to_owned(),
        "  accuroform explain CLINIC MANIFEST".to_owned(),
    ]);
    lines.join("\n") + "\n"
}

fn hold(one: &Explanation) -> String {
    let Explanation { key, title: _, means, next } = one;
    format!("held: {key}\n\n{means}\n\nWhat to do: {next}\n")
}

fn holds() -> String {
    finding::holds().iter().map(hold).collect::<Vec<_>>().join("\n")
}

fn column(column: Column) -> String {
    let line =
        |Statement { text, origin }: Statement| format!("  - {text}\n      {}\n", origin.label());
    let known: String = finding::known(column).into_iter().map(line).collect();
    format!("{} ({})\n{known}", column.title(), column.key())
}

fn column_json(column: Column) -> Value {
    let known: Vec<Value> = finding::known(column)
        .into_iter()
        .map(|Statement { text, origin }| {
            json!({
                "text": text,
                "documented": Origin::is_documented(origin),
                "source": origin.label(),
            })
        })
        .collect();
    json!({"topic": COLUMN, "key": column.key(), "title": column.title(), "known": known})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clinic(subject: &'static str, name: Option<&str>) -> Option<&'static str> {
        Topic::clinic(Some(subject), name.map(Path::new))
    }

    #[test]
    fn a_clinic_is_never_taken_for_a_topic_nor_a_topic_for_a_clinic() {
        for (subject, name) in [
            ("lakeside", None),
            ("m012", None),
            ("lakeside", Some("clinic")),
            ("column", Some("fleet.yaml")),
            ("held", Some("./manifest")),
        ] {
            assert_eq!(clinic(subject, name), Some(subject));
        }
        for (subject, name) in [
            ("M012", None),
            ("NOTHING", Some("x.yaml")),
            ("column", Some("visible")),
            ("held", None),
        ] {
            assert_eq!(clinic(subject, name), None, "{subject}");
        }
        // What looks like a code cannot be a clinic: the manifest's check refuses the id.
        let text = "version: 1\nclinic: {id: M012}\n";
        let found = crate::manifest::load("clinic.yaml", text.as_bytes(), None).findings;
        assert!(found.iter().any(|one| one.code == crate::diagnostic::Code::ClinicId));
    }
}
