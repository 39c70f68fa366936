//! The search for the shortest form. One profile for everybody wins wherever it is true; else the fewest
//! lines. Of two that are equally short the earlier one wins, and those that promise nothing to an office
//! that is not there yet are tried first.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::ImportError;
use super::found::Found;
use super::office::{Around, Form, common_date, office};
use super::palette::Palette;
use super::reasons::{as_found, is_of_a_person};
use super::shape::{OfficeShape, UserShape, Written};
use super::text;
use crate::manifest::{Management, Manifest, Profile, UserRule, Why};
use crate::model::{Cells, Columns, Names, ProviderId, Until, fold};
use crate::plan::matches_pattern;

/// So many column sets of a user are tried as a profile of its own.
const TRIED: usize = 4;

/// The profile that has a default user.
const OCEAN: &str = "ocean";

/// What decides an import beside what was found.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// The manifest as it is: its profiles, its protected columns, and how it manages its users.
    pub manifest: &'a Manifest,
    /// The profiles that its own file writes; the others are built in or inherited.
    pub own_profiles: &'a BTreeSet<String>,
    /// The profiles that the users need who are not imported, and stay.
    pub needed_profiles: &'a BTreeSet<String>,
    /// Whether a fleet's defaults lie under the file.
    pub inherits: bool,
    /// The date in the reason of what only a rule with a reason may grant.
    pub today: Date,
    /// How the users are to be managed; `None`: as the manifest says, additive where it does not.
    pub management: Option<Management>,
}

/// One user's rules in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The user.
    pub name: String,
    /// The profile that its rows get.
    pub profile: String,
    /// Whether every active office is covered.
    pub all_offices: bool,
    /// Rows that grant something.
    pub rows: usize,
    /// Offices and providers that are left out.
    pub exceptions: usize,
    /// Entries of offices and providers.
    pub entries: usize,
}

/// What was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The section `users`.
    pub users: String,
    /// The section `profiles`; `None` where none of the clinic's own is needed.
    pub profiles: Option<String>,
    /// Whether the profiles are those that the manifest has already.
    pub keeps_profiles: bool,
    /// Profiles of the clinic's own that no user has any more: they are taken out.
    pub unused: Vec<String>,
    /// What the users came to.
    pub summary: Vec<User>,
}

/// The shortest rules that say what was found.
///
/// # Errors
/// Where no rule can say it.
pub fn import(
    settings: Settings<'_>,
    found: &[Found],
    names: &Names,
) -> Result<Imported, ImportError> {
    let Settings { manifest, own_profiles, needed_profiles, inherits, today, management: _ } =
        settings;
    let mut palette = Palette {
        profiles: manifest.profiles.clone(),
        own: own_profiles.clone(),
        protected: manifest.safety.protected_columns.clone(),
        reason: as_found(today),
    };
    let mut shapes = Vec::new();
    for found in found {
        let choice = Search { settings, found }.best(&palette)?;
        palette = choice.palette;
        shapes.push(choice.shape);
    }
    let used: BTreeSet<&str> = shapes.iter().flat_map(UserShape::profiles).collect();
    let mut needed = palette.profiles;
    let is_used = |name: &String| used.contains(name.as_str()) || needed_profiles.contains(name);
    needed.retain(|name, _| palette.own.contains(name) && is_used(name));
    Ok(Imported {
        users: text::users(&shapes, names),
        // One that is over another of the fleet must say of each column what it is.
        profiles: (!needed.is_empty())
            .then(|| text::profiles(&needed, |name| inherits && own_profiles.contains(name))),
        keeps_profiles: needed.keys().eq(own_profiles),
        unused: own_profiles.iter().filter(|name| !needed.contains_key(*name)).cloned().collect(),
        summary: found.iter().zip(&shapes).map(summary).collect(),
    })
}

fn summary((found, shape): (&Found, &UserShape)) -> User {
    let of_offices =
        |count: fn(&OfficeShape) -> usize| shape.offices.iter().map(count).sum::<usize>();
    User {
        name: found.name.clone(),
        profile: shape.profile.clone(),
        all_offices: shape.all_offices,
        rows: found.offices.values().map(|office| office.rows.len()).sum(),
        exceptions: shape.except.len()
            + shape.except_providers.len()
            + of_offices(|office| office.except.len()),
        entries: of_offices(|office| 1 + office.providers.len()),
    }
}

/// The most frequent values, the smaller first where two are equally frequent.
pub(super) fn most_frequent<T: Ord>(values: impl Iterator<Item = T>, most: usize) -> Vec<T> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    let mut counts: Vec<(T, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.into_iter().take(most).map(|(value, _)| value).collect()
}

/// The search over the forms of one user.
struct Search<'a> {
    settings: Settings<'a>,
    found: &'a Found,
}

/// A form with the profiles that there are with it, and the lines of both.
struct Choice {
    shape: UserShape,
    palette: Palette,
    lines: usize,
}

/// What the user's own entry says.
struct Base<'a> {
    palette: &'a Palette,
    name: &'a str,
    profile: &'a Profile,
    until: Option<Until>,
    all_offices: bool,
}

impl Search<'_> {
    /// The shortest form; content that would be explained again and again becomes a profile with the
    /// reason, where that is shorter.
    fn best(&self, palette: &Palette) -> Result<Choice, ImportError> {
        let nothing = || ImportError::NothingGranted(self.found.name.clone());
        if self.rows().next().is_none() {
            // Any profile would be a promise of access to offices that are not there yet.
            return Err(nothing());
        }
        let mut palette = palette.clone();
        let mut best = self.shortest(&palette).ok_or_else(nothing)?;
        loop {
            let explained =
                |written: &&Written| written.reason.is_some() && !written.columns.is_empty();
            let explained = best.shape.written().filter(explained).map(|written| written.granted);
            let Some(columns) = most_frequent(explained, 1).first().copied() else { break };
            let (wider, _, price) = palette.with(columns, &self.found.name);
            let Some(with) = self.shortest(&wider) else { break };
            if with.lines + price >= best.lines {
                break;
            }
            (best, palette) = (with, wider);
        }
        Ok(best)
    }

    fn shortest(&self, palette: &Palette) -> Option<Choice> {
        let mut best: Option<Choice> = None;
        let mut offer = |choice: Choice| {
            let rank = |choice: &Choice| (!choice.shape.is_plain(), choice.lines);
            if best.as_ref().is_none_or(|best| rank(&choice) < rank(best)) {
                best = Some(choice);
            }
        };
        let ocean = palette.profiles.get_key_value(OCEAN).into_iter();
        let others = palette.profiles.iter().filter(|(name, _)| *name != OCEAN);
        let fits = |profile: &Profile| self.accepts(profile) && self.holds(profile.columns);
        let known: Vec<_> = ocean.chain(others).filter(|(_, profile)| fits(profile)).collect();
        for (name, profile) in &known {
            self.forms(palette, (name, profile), &mut |shape| {
                let lines = shape.lines();
                offer(Choice { shape, palette: palette.clone(), lines });
            });
        }
        let is_new = |columns: &Columns| known.iter().all(|(_, known)| known.columns != *columns);
        let contents = self.rows().map(|cells| cells.columns());
        for columns in most_frequent(contents, TRIED).into_iter().filter(is_new) {
            let (wider, name, price) = palette.with(columns, &self.found.name);
            let Some(profile) = wider.profiles.get(&name) else { continue };
            self.forms(&wider, (&name, profile), &mut |shape| {
                let lines = shape.lines() + price;
                offer(Choice { shape, palette: wider.clone(), lines });
            });
        }
        best
    }

    /// Every form with this profile.
    fn forms(
        &self,
        palette: &Palette,
        (name, profile): (&String, &Profile),
        offer: &mut dyn FnMut(UserShape),
    ) {
        let can_cover_all = self.found.offices.values().any(|office| office.active);
        for until in std::iter::once(None).chain(common_date(self.rows()).map(Some)) {
            for all_offices in [false, true] {
                if all_offices && !can_cover_all {
                    continue;
                }
                let base = Base { palette, name, profile, until, all_offices };
                for without in self.without() {
                    if let Some(shape) = self.shape(&base, without) {
                        offer(shape);
                    }
                }
            }
        }
    }

    /// The providers that might be left out everywhere: nobody, those of several offices, all who hold
    /// nothing anywhere.
    fn without(&self) -> Vec<BTreeSet<ProviderId>> {
        let mut offices: BTreeMap<ProviderId, usize> = BTreeMap::new();
        for provider in self.found.offices.values().flat_map(|office| &office.listed) {
            *offices.entry(*provider).or_default() += 1;
        }
        for provider in self.found.offices.values().flat_map(|office| office.rows.keys()) {
            offices.remove(provider);
        }
        let of = |least: usize| -> BTreeSet<ProviderId> {
            offices.iter().filter(|(_, count)| **count >= least).map(|(id, _)| *id).collect()
        };
        let mut sets = vec![BTreeSet::new(), of(2), of(1)];
        sets.dedup();
        sets
    }

    fn shape(&self, base: &Base<'_>, without: BTreeSet<ProviderId>) -> Option<UserShape> {
        let Base { palette, name, profile, until, all_offices } = *base;
        let mut above = palette.base(profile, until);
        let reason = self.found.reason.clone();
        above.reason |= reason.as_ref().is_some_and(|reason| is_of_a_person(reason));
        let around = Around { base: above, all_offices, without: &without };
        let (mut except, mut entries) = (Vec::new(), Vec::new());
        let mut managed: BTreeSet<ProviderId> = BTreeSet::new();
        for (id, found) in &self.found.offices {
            let form = office(palette, around, *id, found)?;
            let is_managed = match form {
                Form::Silent => all_offices && found.active,
                Form::LeftOut => {
                    except.push(*id);
                    false
                }
                Form::Entry(entry) => {
                    entries.push(entry);
                    true
                }
            };
            if is_managed {
                managed.extend(&found.listed);
            }
        }
        if !all_offices && entries.is_empty() {
            return None;
        }
        let default = name == OCEAN && self.found.name == format!("OceanAPI{}", self.tenant());
        Some(UserShape {
            name: (!default).then(|| self.found.name.clone()),
            profile: name.to_owned(),
            management: self.management(),
            any_name: !self.matches(profile),
            until,
            reason: above.reason.then(|| reason.unwrap_or_else(|| palette.reason.clone())),
            all_offices,
            except,
            except_providers: without.into_iter().filter(|id| managed.contains(id)).collect(),
            offices: entries,
        })
    }

    fn rows(&self) -> impl Iterator<Item = &Cells> + Clone {
        self.found.offices.values().flat_map(|office| office.rows.values())
    }

    /// Whether a profile says something of the user. Nobody is described by what none of its rows holds.
    fn holds(&self, columns: Columns) -> bool {
        self.rows().any(|cells| cells.columns() == columns)
    }

    fn tenant(&self) -> &str {
        &self.settings.manifest.tenant
    }

    /// The user's entry in the manifest as it is.
    fn before(&self) -> Option<&UserRule> {
        self.settings.manifest.users.iter().find(|user| fold(&user.name) == fold(&self.found.name))
    }

    fn management(&self) -> Management {
        let before = || self.before().map(|user| user.management);
        self.settings.management.or_else(before).unwrap_or(Management::Additive)
    }

    /// Whether the user may have a profile: its name looks so, or the manifest says that it need not.
    fn accepts(&self, profile: &Profile) -> bool {
        let any_name = || {
            self.before().is_some_and(|before| {
                let (Why::Profile(name) | Why::Override(name)) = &before.grant.why;
                let named = self.settings.manifest.profiles.get(name);
                before.name_pattern.is_none() && named.is_some_and(|it| it.user_name.is_some())
            })
        };
        self.matches(profile) || any_name()
    }

    fn matches(&self, profile: &Profile) -> bool {
        profile.user_name.as_ref().is_none_or(|pattern| matches_pattern(pattern, &self.found.name))
    }
}

impl UserShape {
    /// The profiles that it names.
    fn profiles(&self) -> impl Iterator<Item = &str> {
        let below = self.written().filter_map(|written| written.profile.as_deref());
        std::iter::once(self.profile.as_str()).chain(below)
    }
}

#[cfg(test)]
mod tests {
    use super::most_frequent;

    #[test]
    fn the_most_frequent_come_first_and_then_the_smaller() {
        assert_eq!(most_frequent([3, 1, 2, 3, 2].into_iter(), 2), [2, 3]);
    }
}
