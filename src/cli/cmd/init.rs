//! `init`: a clinic to try things on, or one of one's own. Nothing that is there is overwritten.

use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use crate::cli::args::InitArgs;
use crate::cli::args_files::OwnClinic;
use crate::cli::clinic::{faults, print_findings, read_bounded};
use crate::cli::cmd::init_files::{Answers, Connection, USERS, manifest, variable};
use crate::cli::cmd::init_from;
use crate::cli::cmd::init_pipeline::pipeline;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::manifest::{self, Loaded, schema_text};
use crate::report::escape;

const EXAMPLE: [(&str, &str); 2] = [
    ("clinic.yaml", include_str!("../../../examples/quickstart/clinic.yaml")),
    ("world.yaml", include_str!("../../../examples/quickstart/world.yaml")),
];

/// The first line of the example names the schema by a path that only this repository has.
const MODELINE: &str = "# yaml-language-server:";

pub(super) fn run(args: &InitArgs, printer: &mut Printer) -> Result<Exit, Failure> {
    let InitArgs { folder, from, own } = args;
    let answers = match from.as_deref() {
        Some(from) => Some(init_from::answers(from, own, folder, printer)?),
        None => answers(own, printer)?,
    };
    let Some(answers) = answers else {
        let files = EXAMPLE.map(|(name, text)| {
            let lines = text.split_inclusive('\n').filter(|line| !line.starts_with(MODELINE));
            (folder.join(name), lines.collect())
        });
        write(&files, printer)?;
        printer.line(&format!("next: accuroform plan {}", folder.join("clinic.yaml").display()));
        return Ok(Exit::Done);
    };
    let text = manifest(&answers);
    let whole = format!("{text}{USERS}");
    must_be_sound(&whole, printer)?;
    // Which users there are is for an import to say.
    let text = if from.is_some() { text } else { whole };
    let schema = (folder.join("manifest.schema.json"), schema_text());
    let mut files = vec![(folder.join("clinic.yaml"), text), schema];
    files.extend(own.ci.map(|ci| pipeline(ci, &answers.id, folder)).transpose()?);
    write(&files, printer)?;
    printer.line(&format!("next: {}", next(&answers, folder, from.is_some())));
    Ok(Exit::Done)
}

/// What to do next.
fn next(answers: &Answers, folder: &Path, imports: bool) -> String {
    let path = folder.join("clinic.yaml");
    let path = path.strip_prefix(".").unwrap_or(&path).display();
    let command = if imports {
        format!("accuroform import {path} -out {path}")
    } else {
        format!("accuroform plan {path}")
    };
    let prefix = variable(&answers.id);
    match answers.connection {
        Connection::Bridge(_) => {
            format!("set {prefix}_CLIENT_ID and {prefix}_CLIENT_SECRET, then {command}")
        }
        Connection::World(_) => command,
    }
}

/// What flags and answers say; `None`: a simulated clinic is wanted.
pub(super) fn answers(own: &OwnClinic, printer: &mut Printer) -> Result<Option<Answers>, Failure> {
    let OwnClinic { id, name, tenant, site, timezone, url, ci } = own.clone();
    let flags = [&id, &name, &tenant, &site, &timezone, &url];
    let none_typed = flags.iter().all(|flag| flag.is_none());
    let mut asking = Asking { is_terminal: std::io::stdin().is_terminal(), missing: Vec::new() };
    if none_typed && ci.is_none() && !asking.is_terminal {
        return Ok(None);
    }
    if none_typed && asking.is_terminal {
        printer.line("An empty id gives a simulated clinic to try things on.");
    }
    let id = asking.must(id, ("--id", "Clinic id (a-z, 0-9, -)"), printer);
    if none_typed && ci.is_none() && id.is_empty() {
        return Ok(None);
    }
    let tenant = asking.must(tenant, ("--tenant", "Accuro tenant id"), printer);
    let site = asking.must(site, ("--site", "Ocean site number"), printer);
    let url = asking.must(url, ("--url", "URL of the bridge"), printer);
    let name = asking.may(name, "Name that people know (default: the id)", printer);
    let timezone = asking.may(timezone, "Time zone (default: UTC)", printer);
    if !asking.missing.is_empty() {
        return Err(Failure::new(
            Exit::Error,
            "U010",
            format!("a manifest of your own needs {}", asking.missing.join(", ")),
            "add these flags, or run `accuroform init` on a terminal and be asked",
        ));
    }
    let connection = Connection::Bridge(url);
    Ok(Some(Answers { id, name, tenant, site, timezone, connection }))
}

/// Asks on a terminal for what no flag says.
struct Asking {
    is_terminal: bool,
    missing: Vec<&'static str>,
}

impl Asking {
    fn must(
        &mut self,
        typed: Option<String>,
        (flag, question): (&'static str, &str),
        printer: &mut Printer,
    ) -> String {
        let answer = self.may(typed, question, printer).unwrap_or_default();
        if answer.is_empty() {
            self.missing.push(flag);
        }
        answer
    }

    fn may(&self, typed: Option<String>, question: &str, printer: &mut Printer) -> Option<String> {
        if typed.is_some() || !self.is_terminal {
            return typed;
        }
        printer.story(&format!("{question}: "));
        let mut answer = String::new();
        // No answer is an empty one: the fields that are needed are then missing.
        drop(std::io::stdin().lock().read_line(&mut answer));
        Some(answer.trim().to_owned()).filter(|answer| !answer.is_empty())
    }
}

/// Refuses to write a manifest with faults, such as a URL that cannot be one.
fn must_be_sound(text: &str, printer: &mut Printer) -> Result<(), Failure> {
    let Loaded { source, manifest, findings } =
        manifest::load("clinic.yaml", text.as_bytes(), None);
    print_findings(&source, &findings, printer);
    if manifest.is_some() {
        return Ok(());
    }
    let faults = faults(Path::new("clinic.yaml"), &findings);
    Err(Failure::plain(Exit::Error, format!("nothing was written: {}", escape(&faults))))
}

/// Writes new files: all of them, or none where one is there already. What stands beside a manifest and
/// says the same already is left as it is.
fn write(files: &[(PathBuf, String)], printer: &mut Printer) -> Result<(), Failure> {
    let failed = |path: &Path, error: std::io::Error| {
        let message = format!("cannot write {}: {error}", path.display());
        Failure::new(Exit::Error, "F001", message, "choose another folder: `accuroform init DIR`")
    };
    let is_same = |path: &Path, text: &str| {
        !path.ends_with("clinic.yaml")
            && read_bounded(path).is_ok_and(|there| there == text.as_bytes())
    };
    let (same, new): (Vec<_>, Vec<_>) = files.iter().partition(|(path, text)| is_same(path, text));
    if let Some((path, _)) = new.iter().find(|(path, _)| path.symlink_metadata().is_ok()) {
        return Err(failed(path, std::io::ErrorKind::AlreadyExists.into()));
    }
    for (path, _) in same {
        printer.line(&format!("{} is there already", path.display()));
    }
    for (path, text) in new {
        let parent = path.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(parent).map_err(|error| failed(parent, error))?;
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|error| failed(path, error))?;
        printer.line(&format!("wrote {}", path.display()));
    }
    Ok(())
}
