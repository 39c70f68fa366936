//! `import --user`: what the manifest says of its other users stays as it is written.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::cli::adopt::Draft;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::diagnostic::{KeyPath, On, Span};
use crate::manifest::{
    Grant, Manifest, OfficeRule, ProviderRule, Selector, UserRule, Why, sections,
};
use crate::model::fold;

/// So far are the entries of users indented.
const INDENT: usize = 2;

/// The users of a manifest that nobody asked for.
pub(super) struct Kept<'a> {
    rules: Vec<&'a UserRule>,
    /// Their entries.
    pub(super) text: String,
}

impl<'a> Kept<'a> {
    /// The users of a manifest beside those that are asked for.
    pub(super) fn of(draft: &'a Draft, asked: &[String], inherits: bool) -> Result<Self, Failure> {
        let is_named = |user: &&UserRule| asked.iter().any(|name| fold(name) == fold(&user.name));
        let users = &draft.clinic.manifest.users;
        let mut rules: Vec<&UserRule> = users.iter().filter(|user| !is_named(user)).collect();
        if !inherits && !draft.has_users() {
            // The one that stands for those that are not written yet.
            rules.clear();
        }
        if rules.is_empty() {
            return Ok(Self { rules, text: String::new() });
        }
        let text = entries(draft, &rules).ok_or_else(|| {
            let names: Vec<&str> = rules.iter().map(|user| user.name.as_str()).collect();
            let path = draft.clinic.path().display();
            let names = names.join(", ");
            Failure::new(
                Exit::Error,
                "I004",
                format!(
                    "cannot rewrite {path}: {names} would be lost, because the entry is inherited or does not begin a line of its own"
                ),
                "name these users with --user too, or write each in the clinic's own file as an entry \
                 that begins with `- `",
            )
        })?;
        Ok(Self { rules, text })
    }

    /// The profiles that they name.
    pub(super) fn profiles(&self) -> BTreeSet<String> {
        let name = |grant: &Grant| {
            let (Why::Profile(name) | Why::Override(name)) = &grant.why;
            name.clone()
        };
        self.rules.iter().flat_map(|rule| grants(rule)).map(name).collect()
    }

    /// Whether another manifest says the same of them.
    pub(super) fn are_in(&self, manifest: &Manifest) -> bool {
        let is_there = |rule: &&UserRule| {
            let other = manifest.users.iter().find(|other| fold(&other.name) == fold(&rule.name));
            let place = rule.grant.place;
            other.is_some_and(|other| without_places(other, place) == without_places(rule, place))
        };
        self.rules.iter().all(is_there)
    }

    /// A manifest without them.
    pub(super) fn taken_out_of(&self, manifest: &Manifest) -> Manifest {
        let mut manifest = manifest.clone();
        let is_kept = |user: &UserRule| self.names().any(|name| fold(name) == fold(&user.name));
        manifest.users.retain(|user| !is_kept(user));
        manifest
    }

    /// Who they are.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|rule| rule.name.as_str())
    }
}

/// What a user's entries say of their grants.
pub(super) fn grants(rule: &UserRule) -> impl Iterator<Item = &Grant> {
    let offices = rule.offices.iter().map(|office| &office.grant);
    let providers = rule.offices.iter().flat_map(|office| &office.providers);
    std::iter::once(&rule.grant).chain(offices).chain(providers.map(|provider| &provider.grant))
}

/// The entries of these users in lines, indented as an import writes them; `None` where they are no lines of
/// the clinic's own file.
fn entries(draft: &Draft, kept: &[&UserRule]) -> Option<String> {
    let source = &draft.clinic.source;
    let line = |path: &KeyPath, on: On| {
        let Span { layer, line, .. } = source.span(path, on);
        line.checked_sub(1).filter(|_| layer.is_clinic())
    };
    let lines: Vec<&str> = draft.text.lines().collect();
    let sections = sections(&draft.text).ok()?;
    let (_, section) = sections.iter().find(|(key, _)| key == "users")?;
    let head = line(&KeyPath::root().key("users"), On::Key)?;
    let mut starts = Vec::new();
    for user in &draft.clinic.manifest.users {
        let at = line(&user.path, On::Value)?;
        let is_entry = lines.get(at)?.trim_start().starts_with("- ");
        let last = starts.last().copied().unwrap_or(head);
        if !is_entry || at <= last {
            return None;
        }
        starts.push(at);
    }
    let end = head + section.lines().count();
    let bounds: Vec<usize> = starts.iter().map(|at| with_comments(&lines, *at)).collect();
    let mut text = String::new();
    for (at, user) in draft.clinic.manifest.users.iter().enumerate() {
        if kept.iter().any(|rule| rule.path == user.path) {
            let range = *bounds.get(at)?..bounds.get(at + 1).copied().unwrap_or(end);
            let dash = indent(lines.get(*starts.get(at)?)?);
            text.push_str(&moved(&lines, range, dash)?);
        }
    }
    Some(text)
}

/// Where an entry begins with the comments above it.
fn with_comments(lines: &[&str], at: usize) -> usize {
    let dash = lines.get(at).map_or(0, |line| indent(line));
    let above = lines.get(..at).unwrap_or_default().iter().rev();
    let is_of_entry = |line: &&&str| line.trim_start().starts_with('#') && indent(line) == dash;
    at - above.take_while(is_of_entry).count()
}

/// Lines without the blank ones at their end, indented anew.
fn moved(lines: &[&str], range: Range<usize>, dash: usize) -> Option<String> {
    let lines = lines.get(range)?;
    let end = lines.iter().rposition(|line| !line.trim().is_empty())? + 1;
    let mut text = String::new();
    for line in lines.get(..end)? {
        let less = dash.saturating_sub(INDENT).min(indent(line));
        let more = if line.trim().is_empty() { 0 } else { INDENT.saturating_sub(dash) };
        text.push_str(&" ".repeat(more));
        text.push_str(line.get(less..)?);
        text.push('\n');
    }
    Some(text)
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// A user's rules as if all of them were written at one place.
fn without_places(rule: &UserRule, place: Span) -> UserRule {
    fn selector<Id>(selector: &mut Selector<Id>, place: Span) {
        selector.path = KeyPath::root();
        selector.place = place;
    }
    let mut rule = rule.clone();
    rule.path = KeyPath::root();
    rule.grant.place = place;
    for it in &mut rule.except {
        selector(it, place);
    }
    for it in &mut rule.except_providers {
        selector(it, place);
    }
    for OfficeRule { office, all_providers: _, except, grant, providers } in &mut rule.offices {
        selector(office, place);
        grant.place = place;
        for it in except {
            selector(it, place);
        }
        for ProviderRule { provider, grant } in providers {
            selector(provider, place);
            grant.place = place;
        }
    }
    rule
}
