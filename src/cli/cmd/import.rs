//! `import`: what Accuro grants now, as a manifest. It is never given a writer.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;

use crate::cli::adopt::{Adopted, Draft, load_text, not_imported};
use crate::cli::args::ImportArgs;
use crate::cli::cmd::each::{Said, each};
use crate::cli::cmd::import_place::{Place, Placed};
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::{FleetFile, SelectedFleet};
use crate::cli::printer::Printer;
use crate::import::{
    Difference, Found, ImportError, Imported, Settings, User, found, import, keep_reasons,
    must_be_same,
};
use crate::live::{Snapshot, fetch};
use crate::manifest::{Loaded, Management, Manifest, SectionError, sections, with_sections};
use crate::model::fold;

/// The sections that an import writes.
const OWN: [&str; 2] = ["profiles", "users"];

pub(super) async fn run(
    args: &ImportArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let default = if args.fleet { "fleet.yaml" } else { "clinic.yaml" };
    let path = args.manifest.clone().unwrap_or_else(|| PathBuf::from(default));
    match Adopted::load(&path, &args.select, environment, printer)? {
        Adopted::Clinic(_) if args.fleet => Err(Failure::new(
            Exit::Error,
            "U005",
            format!(
                "--fleet is about the clinics of a fleet, and {} is one clinic",
                path.display()
            ),
            "name a fleet manifest, or leave --fleet out",
        )),
        Adopted::Clinic(draft) => one(args, &draft, None, environment, printer).await,
        Adopted::Fleet(fleet) => {
            if fleet.selection.clinics.len() == 1 && fleet.members.len() == 1 && !args.fleet {
                let draft = Draft::of_fleet(&fleet, 0, environment)?;
                return one(args, &draft, Some(&fleet.file), environment, printer).await;
            }
            many(args, *fleet, environment, printer).await
        }
    }
}

async fn one(
    args: &ImportArgs,
    draft: &Draft,
    fleet: Option<&FleetFile>,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let ImportArgs { out, force, .. } = args;
    let result = Importing { args, draft, fleet, environment }.run().await?;
    let place = Place::of(out.as_deref(), *force, draft.clinic.path());
    let placed = place.put(draft, &result.text)?;
    for line in result.words() {
        printer.line(&line);
    }
    for note in result.notes(draft) {
        printer.line(&format!("note: {note}"));
    }
    match placed {
        Placed::Printed => printer.document(&result.text),
        Placed::Unchanged(path) => {
            printer.line(&format!("{} says it already: nothing to write", path.display()));
        }
        Placed::Written(path) => {
            let shown = path.display();
            printer.line(&format!("wrote {shown}"));
            let is_elsewhere = path.parent() != draft.clinic.path().parent();
            if is_elsewhere {
                printer.line(
                    "note: paths in the manifest are relative to its folder, and this is another one",
                );
            }
            if fleet.is_none() {
                printer.line(&format!("next: accuroform plan {shown}"));
            }
        }
    }
    Ok(Exit::Done)
}

async fn many(
    args: &ImportArgs,
    fleet: SelectedFleet,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let (out, force) = (args.out.clone(), args.force);
    let looks = out.is_none() && !force;
    let args = Arc::new(args.clone());
    let work = move |fleet: Arc<SelectedFleet>, at: usize, environment: Environment| {
        let (args, out) = (Arc::clone(&args), out.clone());
        async move {
            let draft = Draft::of_fleet(&fleet, at, &environment)?;
            let file = Some(&fleet.file);
            let importing =
                Importing { args: &args, draft: &draft, fleet: file, environment: &environment };
            let result = importing.run().await?;
            let place =
                Place::below(out.as_deref(), force, draft.clinic.path(), fleet.file.folder());
            let placed = place.put(&draft, &result.text)?;
            let mut words = match &placed {
                Placed::Printed if result.text == draft.text => vec!["nothing to write".to_owned()],
                Placed::Printed => vec!["would be written".to_owned()],
                Placed::Unchanged(_) => vec!["nothing to write".to_owned()],
                Placed::Written(path) => vec![format!("wrote {}", path.display())],
            };
            words.extend(result.words());
            words.extend(result.notes(&draft));
            Ok(Said { exit: Exit::Done, words: words.join("; "), document: json!({}) })
        }
    };
    let exit = each(fleet, ("imported", false), environment, printer, work).await?;
    if looks {
        printer.line(
            "nothing was written: --force writes the clinics' files, -out FOLDER copies of them",
        );
    }
    Ok(exit)
}

/// The import of one clinic.
struct Importing<'a> {
    args: &'a ImportArgs,
    draft: &'a Draft,
    fleet: Option<&'a FleetFile>,
    environment: &'a Environment,
}

/// The manifest that says what Accuro grants.
struct Outcome {
    text: String,
    found: Vec<Found>,
    how: How,
}

/// Which manifest was the shortest.
enum How {
    /// The one that is there.
    Kept,
    /// What the fleet's defaults say.
    Inherited,
    /// A new one.
    New(Vec<User>),
}

impl Importing<'_> {
    async fn run(&self) -> Result<Outcome, Failure> {
        let clinic = &self.draft.clinic;
        let users = self.users();
        let opened = clinic.connect(self.environment).await?;
        let live = fetch(&opened.accuro(), &users).await;
        opened.close().await;
        let live = live?;
        let found: Result<Vec<Found>, ImportError> =
            users.iter().map(|user| found(&live, user)).collect();
        let mut found = found.map_err(|error| not_imported(clinic, &error))?;
        keep_reasons(&mut found, &clinic.manifest, &live);
        let (text, how) = self.shortest(&live, &found)?;
        Ok(Outcome { text, found, how })
    }

    /// The users that are asked for, each once.
    fn users(&self) -> Vec<String> {
        if self.args.user.is_empty() {
            return self.draft.clinic.manifest.users.iter().map(|user| user.name.clone()).collect();
        }
        let mut users: Vec<String> = Vec::new();
        for user in &self.args.user {
            if users.iter().all(|known| fold(known) != fold(user)) {
                users.push(user.clone());
            }
        }
        users
    }

    /// Of the manifest that is there, the one that only inherits and a new one: the shortest that says
    /// what was found. Of two that are equally short, the one that is there.
    fn shortest(&self, live: &Snapshot, found: &[Found]) -> Result<(String, How), Failure> {
        let text = &self.draft.text;
        let mut best: Option<(usize, String, How)> = None;
        if self.fleet.is_some() && self.draft.has_rules() {
            let without =
                with_sections(text, &OWN.map(|key| (key, None))).map_err(|e| self.fixed(e))?;
            let loaded = self.load(&without).manifest;
            if loaded.is_some_and(|manifest| self.says(&manifest, live, found)) {
                best = Some((0, without, How::Inherited));
            }
        }
        let is_whole = self.fleet.is_some() || self.load(text).manifest.is_some();
        if best.is_none() && is_whole && self.says(&self.draft.clinic.manifest, live, found) {
            let lines = length(text);
            let inherits = self.fleet.is_some() && !self.draft.has_rules();
            let how = if inherits { How::Inherited } else { How::Kept };
            best = Some((lines, text.clone(), how));
        }
        if best.as_ref().is_none_or(|(lines, ..)| *lines > 0) {
            let (new, imported) = self.new(live, found)?;
            let lines = length(&new);
            if best.as_ref().is_none_or(|(least, ..)| lines < *least) {
                best = Some((lines, new, How::New(imported.summary)));
            }
        }
        let (_, text, how) = best.ok_or_else(|| self.unsound("it says nothing"))?;
        Ok((text, how))
    }

    fn management(&self) -> Option<Management> {
        self.args.management.map(Management::from)
    }

    /// Whether a manifest says what was found, and manages it as it was asked for.
    fn says(&self, manifest: &Manifest, live: &Snapshot, found: &[Found]) -> bool {
        let asked = self.management();
        manifest.users.iter().all(|user| asked.is_none_or(|asked| asked == user.management))
            && must_be_same(manifest, live, found).is_ok()
    }

    /// A new text, checked and planned.
    fn new(&self, live: &Snapshot, found: &[Found]) -> Result<(String, Imported), Failure> {
        let clinic = &self.draft.clinic;
        let settings = Settings {
            manifest: &clinic.manifest,
            today: clinic.today(self.environment),
            management: self.management(),
        };
        let imported = import(settings, found, &live.directory.names());
        let imported = imported.map_err(|error| not_imported(clinic, &error))?;
        let mut new = vec![("users", Some(imported.users.as_str()))];
        if !imported.keeps_profiles {
            new.insert(0, ("profiles", imported.profiles.as_deref()));
        }
        let text = with_sections(&self.draft.text, &new).map_err(|error| self.fixed(error))?;
        let Loaded { source: _, manifest, findings } = self.load(&text);
        let Some(manifest) = manifest else {
            let first = findings.first().map_or("", |finding| finding.message.as_str());
            return Err(self.unsound(first));
        };
        match must_be_same(&manifest, live, found) {
            Ok(()) => Ok((text, imported)),
            Err(Difference::Finding(message)) => Err(self.unsound(&message)),
            Err(difference) => Err(Failure::new(
                Exit::Refused,
                "I005",
                format!("what was imported of {} is not what is there: {difference}", self.id()),
                "report this as a defect; nothing was written",
            )),
        }
    }

    fn load(&self, text: &str) -> Loaded {
        let path = self.draft.clinic.path();
        match self.fleet {
            Some(fleet) => fleet.over_defaults(path, text.as_bytes(), self.environment),
            None => load_text(path, text.as_bytes(), self.environment),
        }
    }

    fn id(&self) -> &str {
        &self.draft.clinic.manifest.clinic.id
    }

    fn fixed(&self, error: SectionError) -> Failure {
        let message = format!("cannot rewrite {}: {error}", self.path().display());
        let hint = "write `version`, `clinic`, … at the beginning of lines of their own";
        Failure::new(Exit::Error, "I004", message, hint)
    }

    fn unsound(&self, problem: &str) -> Failure {
        let message =
            format!("{} with new users would not be sound: {problem}", self.path().display());
        let hint = "mend what else the manifest names; nothing outside `users` and `profiles` is \
                    rewritten";
        Failure::new(Exit::Error, "I004", message, hint)
    }

    fn path(&self) -> &Path {
        self.draft.clinic.path()
    }
}

/// The lines of the sections that an import writes, without comments.
fn length(text: &str) -> usize {
    let sections = sections(text).unwrap_or_default();
    let own = sections.iter().filter(|(key, _)| OWN.contains(&key.as_str()));
    own.flat_map(|(_, text)| text.lines()).filter(|line| is_said(line)).count()
}

fn is_said(line: &str) -> bool {
    let line = line.trim_start();
    !line.is_empty() && !line.starts_with('#')
}

impl Outcome {
    /// What the manifest came to, a line a user.
    fn words(&self) -> Vec<String> {
        match &self.how {
            How::Kept => vec!["the manifest says what is granted".to_owned()],
            How::Inherited => vec!["the fleet's defaults say what is granted".to_owned()],
            How::New(users) => users.iter().map(words).collect(),
        }
    }

    /// What no manifest can say.
    fn notes(&self, draft: &Draft) -> Vec<String> {
        let unlisted = self.found.iter().filter(|found| !found.unlisted.is_empty());
        let note = |found: &Found| {
            format!(
                "{} of {} of providers that their office does not list cannot be written, and stay as \
                 they are in {}",
                rows(found.unlisted.len()),
                found.name,
                draft.clinic.manifest.clinic.id
            )
        };
        unlisted.map(note).collect()
    }
}

fn words(user: &User) -> String {
    let User { name, profile, all_offices, rows: count, exceptions, entries } = user;
    let mut words = format!("{name}: {} as profile {profile}", rows(*count));
    if *all_offices {
        words.push_str(" in all offices");
    }
    for (count, one, many) in
        [(*exceptions, "exception", "exceptions"), (*entries, "entry", "entries")]
    {
        if count > 0 {
            words.push_str(&format!(", {count} {}", if count == 1 { one } else { many }));
        }
    }
    words
}

fn rows(count: usize) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}
