//! The one writer of imported rules: YAML in the canonical form, ids with their names as comments.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use super::shape::{OfficeShape, UserShape, Written};
use crate::manifest::{Management, Profile, yaml_text};
use crate::model::{Column, Level, Names, ProviderId, Until, is_unsafe};

/// The section `profiles`; `is_full`: all nine columns are written.
pub(super) fn profiles(
    profiles: &BTreeMap<String, Profile>,
    is_full: impl Fn(&str) -> bool,
) -> String {
    let mut out = Lines::new("profiles:");
    for (name, Profile { columns, reason, user_name }) in profiles {
        out.line(2, format_args!("{}:", yaml_text(name)));
        let written = columns.iter().filter(|(_, level)| *level > Level::None || is_full(name));
        out.columns(4, &written.collect::<Vec<_>>());
        out.text(4, "reason", reason.as_deref());
        out.text(4, "user_name", user_name.as_deref());
    }
    out.text
}

/// The section `users`.
pub(super) fn users(users: &[UserShape], names: &Names) -> String {
    let mut out = Lines::new("users:");
    for user in users {
        out.user(user, names);
    }
    out.text
}

struct Lines {
    text: String,
}

impl Lines {
    fn new(heading: &str) -> Self {
        Self { text: format!("{heading}\n") }
    }

    fn line(&mut self, indent: usize, line: fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{:indent$}{line}", "");
    }

    fn text(&mut self, indent: usize, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.line(indent, format_args!("{key}: {}", yaml_text(value)));
        }
    }

    fn until(&mut self, indent: usize, until: Option<Until>) {
        if let Some(until) = until {
            self.line(indent, format_args!("until: {until}"));
        }
    }

    fn columns(&mut self, indent: usize, columns: &[(Column, Level)]) {
        if columns.is_empty() {
            return;
        }
        let pair = |(column, level): &(Column, Level)| format!("{}: {}", column.key(), level.key());
        let pairs: Vec<String> = columns.iter().map(pair).collect();
        self.line(indent, format_args!("columns: {{{}}}", pairs.join(", ")));
    }

    /// A list of ids with their names.
    fn list<Id: fmt::Display>(&mut self, indent: usize, key: &str, ids: &[(Id, String)]) {
        if !ids.is_empty() {
            self.line(indent, format_args!("{key}:"));
        }
        for (id, name) in ids {
            self.entry(indent + 2, id, name);
        }
    }

    fn entry(&mut self, indent: usize, id: impl fmt::Display, name: &str) {
        self.line(indent, format_args!("- id: {id}{}", comment(name)));
    }

    fn grant(&mut self, indent: usize, written: &Written) {
        let Written { profile, columns, until, reason, granted: _ } = written;
        self.text(indent, "profile", profile.as_deref());
        self.columns(indent, columns);
        self.until(indent, *until);
        self.text(indent, "reason", reason.as_deref());
    }

    fn user(&mut self, user: &UserShape, names: &Names) {
        let UserShape {
            name,
            profile,
            management,
            any_name,
            until,
            reason,
            all_offices,
            except,
            except_providers,
            offices,
        } = user;
        match name {
            Some(name) => {
                self.line(2, format_args!("- name: {}", yaml_text(name)));
                self.text(4, "profile", Some(profile));
            }
            None => self.line(2, format_args!("- profile: {}", yaml_text(profile))),
        }
        if *management == Management::Exact {
            self.line(4, format_args!("management: exact"));
        }
        if *any_name {
            self.line(4, format_args!("any_name: true"));
        }
        self.until(4, *until);
        self.text(4, "reason", reason.as_deref());
        if *all_offices {
            self.line(4, format_args!("all_offices: true"));
        }
        let except: Vec<_> = except.iter().map(|id| (*id, names.office(*id))).collect();
        self.list(4, "except", &except);
        self.list(4, "except_providers", &named(except_providers, names));
        if !offices.is_empty() {
            self.line(4, format_args!("offices:"));
        }
        for office in offices {
            self.office(office, names);
        }
    }

    fn office(&mut self, office: &OfficeShape, names: &Names) {
        let OfficeShape { id, grant, all_providers, except, providers } = office;
        self.entry(6, id, &names.office(*id));
        self.grant(8, grant);
        if let Some(all) = all_providers {
            self.line(8, format_args!("all_providers: {all}"));
        }
        self.list(8, "except", &named(except, names));
        if !providers.is_empty() {
            self.line(8, format_args!("providers:"));
        }
        for (id, written) in providers {
            self.entry(10, id, &person(*id, names));
            self.grant(12, written);
        }
    }
}

fn named(providers: &[ProviderId], names: &Names) -> Vec<(ProviderId, String)> {
    providers.iter().map(|id| (*id, person(*id, names))).collect()
}

/// The name alone: the id stands before it.
fn person(id: ProviderId, names: &Names) -> String {
    names.providers.get(&id).cloned().unwrap_or_default()
}

/// A name as a comment: nothing in it may end the line, and none may look like an editor's instruction.
pub fn comment(name: &str) -> String {
    let mut safe = String::new();
    for character in name.trim().chars() {
        if is_unsafe(character) || matches!(character, '\u{fffe}' | '\u{ffff}') {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    match safe.as_str() {
        "" => String::new(),
        modeline if modeline.starts_with("yaml-language-server") => format!("  # \"{modeline}\""),
        name => format!("  # {name}"),
    }
}
