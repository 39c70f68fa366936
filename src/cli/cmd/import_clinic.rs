//! The import of one clinic: which manifest says what is granted, and in how few lines.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use crate::cli::adopt::{Draft, load_text, not_imported};
use crate::cli::args::ImportArgs;
use crate::cli::cmd::import_kept::{Kept, grants};
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::FleetFile;
use crate::diagnostic::Severity;
use crate::import::{
    Difference, Found, ImportError, Imported, Settings, User, found, import, is_of_a_person,
    keep_reasons, must_be_same,
};
use crate::live::Snapshot;
use crate::manifest::{
    Loaded, Management, Manifest, SectionError, UserRule, sections, with_sections,
};
use crate::model::fold;

/// The sections that an import writes.
const OWN: [&str; 2] = ["profiles", "users"];

/// The import of one clinic.
pub(super) struct Importing<'a> {
    pub(super) args: &'a ImportArgs,
    pub(super) draft: &'a Draft,
    pub(super) fleet: Option<&'a FleetFile>,
    pub(super) environment: &'a Environment,
}

/// The manifest that says what Accuro grants.
pub(super) struct Outcome {
    pub(super) text: String,
    found: Vec<Found>,
    how: How,
    /// What stays or goes beside what is imported.
    beside: Vec<String>,
}

/// Which manifest was the shortest.
enum How {
    /// The one that is there.
    Kept,
    /// What the fleet's defaults say.
    Inherited,
    /// A new one.
    New(Imported),
}

impl Importing<'_> {
    pub(super) async fn run(&self) -> Result<Outcome, Failure> {
        let clinic = &self.draft.clinic;
        let users = self.users();
        let opened = clinic.connect(self.environment).await?;
        let live = clinic.read(&opened.accuro(), &users).await;
        opened.close().await;
        let live = live?;
        let found: Result<Vec<Found>, ImportError> =
            users.iter().map(|user| found(&live, user)).collect();
        let mut found = found.map_err(|error| not_imported(clinic, &error))?;
        keep_reasons(&mut found, &clinic.manifest, &live);
        let kept = Kept::of(self.draft, &users, self.fleet.is_some())?;
        let (text, how) = self.shortest(&live, &found, &kept)?;
        let beside = self.beside(&text, &how, &kept);
        Ok(Outcome { text, found, how, beside })
    }

    /// What stays as it is, and what was written and is not any more.
    fn beside(&self, text: &str, how: &How, kept: &Kept<'_>) -> Vec<String> {
        let stays = |name: &str| format!("{name} was not named and stays as it is written");
        let mut notes: Vec<String> = kept.names().map(stays).collect();
        let unused = match how {
            How::New(imported) => imported.unused.as_slice(),
            How::Kept | How::Inherited => &[],
        };
        let goes = |name: &String| format!("no user has the profile {name} any more: it goes");
        notes.extend(unused.iter().map(goes));
        let after = self.load(text).manifest.map(|manifest| reasons(&manifest)).unwrap_or_default();
        let before = reasons(&self.draft.clinic.manifest);
        let lost = before.iter().filter(|reason| !after.contains(reason));
        let lost = lost.map(|(user, why)| {
            format!("what {user} had for the reason `{why}` has changed: the reason goes")
        });
        notes.extend(lost);
        notes
    }

    /// The users that are asked for, each once, in the manifest's own spelling.
    fn users(&self) -> Vec<String> {
        if self.args.user.is_empty() {
            return self.draft.clinic.manifest.users.iter().map(|user| user.name.clone()).collect();
        }
        let written = &self.draft.clinic.manifest.users;
        let mut users: Vec<String> = Vec::new();
        for user in &self.args.user {
            if users.iter().all(|known| fold(known) != fold(user)) {
                let rule = written.iter().find(|rule| fold(&rule.name) == fold(user));
                users.push(rule.map_or(user, |rule| &rule.name).clone());
            }
        }
        users
    }

    /// Of the manifest that is there, the one that only inherits and a new one: the shortest that says
    /// what was found. Of two that are equally short, the one that is there.
    fn shortest(
        &self,
        live: &Snapshot,
        found: &[Found],
        kept: &Kept<'_>,
    ) -> Result<(String, How), Failure> {
        let text = &self.draft.text;
        let mut best: Option<(usize, String, How)> = None;
        if self.fleet.is_some() && self.draft.has_rules() {
            let without =
                with_sections(text, &OWN.map(|key| (key, None))).map_err(|e| self.fixed(e))?;
            let loaded = self.load(&without).manifest;
            if loaded.is_some_and(|manifest| self.says(&manifest, live, (found, kept))) {
                best = Some((0, without, How::Inherited));
            }
        }
        let is_whole = self.fleet.is_some() || self.load(text).manifest.is_some();
        if best.is_none() && is_whole && self.says(&self.draft.clinic.manifest, live, (found, kept))
        {
            let lines = length(text);
            let inherits = self.fleet.is_some() && !self.draft.has_rules();
            let how = if inherits { How::Inherited } else { How::Kept };
            best = Some((lines, text.clone(), how));
        }
        if best.as_ref().is_none_or(|(lines, ..)| *lines > 0) {
            let (new, imported) = self.written(live, found, kept)?;
            let lines = length(&new);
            if best.as_ref().is_none_or(|(least, ..)| lines < *least) {
                best = Some((lines, new, How::New(imported)));
            }
        }
        let (_, text, how) = best.ok_or_else(|| self.unsound("it says nothing"))?;
        Ok((text, how))
    }

    fn management(&self) -> Option<Management> {
        self.args.management.map(Management::from)
    }

    /// Whether a manifest says what was found, and manages it as it was asked for.
    fn says(
        &self,
        manifest: &Manifest,
        live: &Snapshot,
        (found, kept): (&[Found], &Kept<'_>),
    ) -> bool {
        let asked = self.management();
        let named = kept.taken_out_of(manifest);
        named.users.iter().all(|user| asked.is_none_or(|asked| asked == user.management))
            && kept.are_in(manifest)
            && must_be_same(&named, live, found).is_ok()
    }

    /// A new text, checked and planned.
    fn written(
        &self,
        live: &Snapshot,
        found: &[Found],
        kept: &Kept<'_>,
    ) -> Result<(String, Imported), Failure> {
        let clinic = &self.draft.clinic;
        let settings = Settings {
            manifest: &clinic.manifest,
            own_profiles: &clinic.source.own_profiles(),
            needed_profiles: &kept.profiles(),
            inherits: self.fleet.is_some(),
            today: clinic.today(self.environment),
            management: self.management(),
        };
        let imported = import(settings, found, &live.directory.names());
        let imported = imported.map_err(|error| not_imported(clinic, &error))?;
        let users = format!("{}{}", imported.users, kept.text);
        let mut new = vec![("users", Some(users.as_str()))];
        if !imported.keeps_profiles {
            new.insert(0, ("profiles", imported.profiles.as_deref()));
        }
        let text = with_sections(&self.draft.text, &new).map_err(|error| self.fixed(error))?;
        let Loaded { source: _, manifest, findings } = self.load(&text);
        let Some(manifest) = manifest else {
            let mut faults = findings.iter().filter(|found| found.severity == Severity::Error);
            let first = faults.next().map_or("", |fault| fault.message.as_str());
            return Err(self.unsound(first));
        };
        if !kept.are_in(&manifest) {
            return Err(self.unsound("it would say something else of users that were not named"));
        }
        match must_be_same(&kept.taken_out_of(&manifest), live, found) {
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
    pub(super) fn words(&self) -> Vec<String> {
        match &self.how {
            How::Kept => vec!["the manifest says what is granted".to_owned()],
            How::Inherited => vec!["the fleet's defaults say what is granted".to_owned()],
            How::New(imported) => imported.summary.iter().map(words).collect(),
        }
    }

    /// What no manifest can say.
    pub(super) fn notes(&self, draft: &Draft) -> Vec<String> {
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
        unlisted.map(note).chain(self.beside.iter().cloned()).collect()
    }
}

/// The reasons that people wrote, with whose rows they explain.
fn reasons(manifest: &Manifest) -> BTreeSet<(String, String)> {
    let of_user = |user: &UserRule| -> Vec<(String, String)> {
        let reasons = grants(user).filter_map(|grant| grant.reason.as_deref());
        let reasons = reasons.filter(|reason| is_of_a_person(reason));
        reasons.map(|reason| (user.name.clone(), reason.to_owned())).collect()
    };
    manifest.users.iter().flat_map(of_user).collect()
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
            // Writing to a String cannot fail.
            let _ = write!(words, ", {count} {}", if count == 1 { one } else { many });
        }
    }
    words
}

fn rows(count: usize) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}
