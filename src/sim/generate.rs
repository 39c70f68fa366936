//! Makes up a clinic of any size, the same one for the same seed.

use std::collections::BTreeSet;
use std::str::FromStr;

use thiserror::Error;

use super::date;
use super::faults::Faults;
use super::generate_names::{FIRST, KINDS, LAST, OFFICES, PLACES};
use super::world::{Account, Appointments, Ocean, Office, Provider, Require, Token, User, World};
use super::world_grid::{GridEntry, Which};

const MOST_OFFICES: u32 = 200;
const MOST_PROVIDERS: u32 = 2000;
const MOST_ROWS: u32 = 100_000;

/// What the Ocean article asks for.
const WANTED: [&str; 6] = ["patient", "scheduling", "billing", "emr", "labs", "visible"];
/// What it does not.
const EXCESS: [&str; 3] = ["inbox", "reporting", "prescribe_for"];

/// The size of a clinic to make up: `offices=4,providers=25,seed=7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generate {
    /// How many offices.
    pub offices: u32,
    /// How many providers work in each office; some work in several.
    pub providers: u32,
    /// Which clinic of this size.
    pub seed: u64,
}

impl Default for Generate {
    /// The size of an ordinary clinic: 100 rows.
    fn default() -> Self {
        Self { offices: 4, providers: 25, seed: 1 }
    }
}

/// Why a text does not say what clinic to make up.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GenerateError {
    /// Something other than `key=number`.
    #[error("`{0}` is not key=number; write for example offices=4,providers=25,seed=7")]
    NotAPair(String),
    /// A key that there is not.
    #[error("there is no `{0}`; the keys are offices, providers and seed, and clinics for many")]
    UnknownKey(String),
    /// A key twice.
    #[error("`{0}` is there more than once")]
    Repeated(String),
    /// A value that is not a number, or is too large to be one.
    #[error("{key} must be a whole number, not `{value}`")]
    NotANumber {
        /// The key.
        key: String,
        /// What it was given.
        value: String,
    },
    /// Too small or too large.
    #[error("{key} must be 1 to {most}, not {value}")]
    OutOfRange {
        /// The key.
        key: &'static str,
        /// What it was given.
        value: u64,
        /// The largest.
        most: u32,
    },
}

impl FromStr for Generate {
    type Err = GenerateError;

    /// Keys that are not named keep their default.
    fn from_str(text: &str) -> Result<Self, GenerateError> {
        let mut generate = Self::default();
        let mut seen = BTreeSet::new();
        for pair in text.split(',').map(str::trim) {
            let (key, value) =
                pair.split_once('=').ok_or_else(|| GenerateError::NotAPair(pair.to_owned()))?;
            if !seen.insert(key) {
                return Err(GenerateError::Repeated(key.to_owned()));
            }
            let number = || {
                value.parse::<u64>().map_err(|_| GenerateError::NotANumber {
                    key: key.to_owned(),
                    value: value.to_owned(),
                })
            };
            match key {
                "offices" => generate.offices = limited("offices", number()?, MOST_OFFICES)?,
                "providers" => {
                    generate.providers = limited("providers", number()?, MOST_PROVIDERS)?;
                }
                "seed" => generate.seed = number()?,
                _ => return Err(GenerateError::UnknownKey(key.to_owned())),
            }
        }
        let rows = generate.offices.saturating_mul(generate.providers);
        limited("offices × providers", u64::from(rows), MOST_ROWS)?;
        Ok(generate)
    }
}

pub(super) fn limited(key: &'static str, value: u64, most: u32) -> Result<u32, GenerateError> {
    u32::try_from(value)
        .ok()
        .filter(|value| (1..=most).contains(value))
        .ok_or(GenerateError::OutOfRange { key, value, most })
}

impl World {
    /// A believable clinic of this size with the faults that the tool is for: rows and columns
    /// that are missing, ticks that are too many, providers not selected in Ocean or with nothing
    /// booked. The same clinic for the same sizes and seed.
    pub fn generate(generate: &Generate) -> Self {
        let Generate { offices: office_count, providers: per_office, seed } = *generate;
        let mut random = Random(seed);
        let place = random.pick(&PLACES);
        let kind = random.pick(&KINDS);
        let tenant = format!("{}{seed}", place.to_uppercase().replace(' ', ""));
        let offices: Vec<Office> = (1..=office_count).map(office).collect();
        let providers = providers(&mut random, office_count, per_office);
        let grid = grid(&mut random, &providers);
        let emr_user = format!("OceanAPI{tenant}");
        Self {
            version: 1,
            tenant,
            name: Some(format!("{place} {kind}")),
            token: Token::default(),
            account: Account::default(),
            require: Require::default(),
            offices,
            providers,
            users: vec![
                User { id: 77, name: emr_user.clone(), active: true, grid },
                User { id: 12, name: "OceanAPIOLD".to_owned(), active: false, grid: Vec::new() },
            ],
            ocean: Some(Ocean {
                site: (4000 + seed % 100_000).to_string(),
                emr_user,
                schedule_days: 7,
                full_sync_seconds: 0.5,
                recent_sync_seconds: 0.25,
                already_synced: true,
            }),
            faults: Faults::default(),
        }
    }
}

fn office(id: u32) -> Office {
    let at = usize::try_from(id).unwrap_or(usize::MAX).saturating_sub(1);
    Office {
        id: u64::from(id),
        name: OFFICES.get(at).map_or_else(|| format!("Satellite {id}"), |name| (*name).to_owned()),
        active: true,
    }
}

/// As many in each office as were asked for; from the second office on, about one in five of them
/// works in an earlier office, too.
fn providers(random: &mut Random, offices: u32, per_office: u32) -> Vec<Provider> {
    let mut providers: Vec<Provider> = Vec::new();
    let mut next_id = 1000;
    for office in (1..=offices).map(u64::from) {
        let earlier = u64::try_from(providers.len()).unwrap_or(u64::MAX);
        let mut missing = per_office;
        for _ in 0..per_office {
            if earlier > 0 && random.one_in(5) {
                let at = usize::try_from(random.below(earlier)).unwrap_or(0);
                // Drawn a second time, it works here already, and a new one comes instead.
                if providers.get_mut(at).is_some_and(|provider| provider.offices.insert(office)) {
                    missing -= 1;
                }
            }
        }
        for _ in 0..missing {
            next_id += 1 + random.below(5);
            providers.push(provider(random, next_id, office));
        }
    }
    providers
}

fn provider(random: &mut Random, id: u64, office: u64) -> Provider {
    let first = random.pick(&FIRST).to_owned();
    let middle = random.one_in(6).then(|| random.pick(&FIRST).to_owned());
    let last = random.pick(&LAST).to_owned();
    let nothing_booked = random.one_in(12);
    let appointments = if nothing_booked {
        Vec::new()
    } else {
        let days = 1 + u32::try_from(random.below(4)).unwrap_or(0);
        (0..days)
            .map(|in_days| Appointments {
                in_days: Some(in_days),
                on: None,
                count: u32::try_from(random.below(25)).unwrap_or(0) + 1,
            })
            .collect()
    };
    Provider {
        id,
        title: (!random.one_in(4)).then(|| "Dr.".to_owned()),
        first,
        middle,
        last,
        suffix: None,
        offices: BTreeSet::from([office]),
        selected: !random.one_in(14),
        appointments,
    }
}

/// Everything that the article asks for, and then what is not so.
fn grid(random: &mut Random, providers: &[Provider]) -> Vec<GridEntry> {
    let mut grid =
        vec![GridEntry { full: WANTED.map(str::to_owned).to_vec(), ..GridEntry::default() }];
    let rows = providers.iter().flat_map(|provider| {
        let id = provider.id;
        provider.offices.iter().map(move |office| (*office, id))
    });
    for (at, (office, provider)) in rows.enumerate() {
        let mut entry = GridEntry {
            office: Which::one(office),
            provider: Which::one(provider),
            full: WANTED.map(str::to_owned).to_vec(),
            ..GridEntry::default()
        };
        // Even the smallest clinic has something to do: the first row always lacks a column.
        match if at == 0 { 10 } else { random.below(100) } {
            0..10 => {
                entry.full.clear();
                entry.absent = true;
            }
            10..22 => {
                let lost = random.pick(&WANTED);
                entry.full.retain(|column| column != lost);
            }
            22..26 => {
                let lowered = random.pick(&["labs", "billing", "emr"]);
                entry.full.retain(|column| column != lowered);
                entry.read_only.push(lowered.to_owned());
            }
            26..30 => entry.full.push(random.pick(&EXCESS).to_owned()),
            30..32 => entry.until = date::parse("2099-12-31"),
            _ => continue,
        }
        grid.push(entry);
    }
    grid
}

/// splitmix64: small, fast, and the same everywhere. Not for secrets.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next().checked_rem(end).unwrap_or(0)
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let count = u64::try_from(from.len()).unwrap_or(u64::MAX);
        let at = usize::try_from(self.below(count)).unwrap_or(0);
        from.get(at).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_read_from_text() {
        let generate: Generate = "offices=2,providers=3,seed=9".parse().unwrap();
        assert_eq!((generate.offices, generate.providers, generate.seed), (2, 3, 9));
        assert_eq!("seed=5".parse::<Generate>().unwrap().offices, 4);
    }

    #[test]
    fn a_bad_size_says_what_is_wrong() {
        for (text, part) in [
            ("", "is not key=number"),
            ("offices", "`offices` is not key=number"),
            ("floors=3", "there is no `floors`"),
            ("offices=four", "offices must be a whole number, not `four`"),
            ("offices=-1", "whole number"),
            ("offices=0", "offices must be 1 to 200, not 0"),
            ("providers=99999999999", "providers must be 1 to 2000"),
            ("offices=200,providers=2000", "1 to 100000, not 400000"),
            ("seed=1,seed=2", "more than once"),
        ] {
            let error = text.parse::<Generate>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_clinic_and_another_makes_another() {
        let make = |seed| World::generate(&Generate { seed, ..Generate::default() });
        assert_eq!(make(7), make(7));
        assert_ne!(make(7), make(8));
    }

    #[test]
    fn a_generated_clinic_is_good_has_its_size_and_comes_back_from_yaml() {
        for (offices, providers, seed) in [(1, 1, 0), (4, 25, 7), (14, 3, 2), (2, 60, u64::MAX)] {
            let world = World::generate(&Generate { offices, providers, seed });
            world.check().unwrap();
            for office in &world.offices {
                let here = world.providers.iter().filter(|p| p.offices.contains(&office.id));
                assert_eq!(here.count(), providers as usize);
            }
            assert_eq!(world.pairs().len(), (offices * providers) as usize);
            assert_eq!(World::parse(&world.to_yaml().unwrap()).unwrap(), world);
            assert!(world.users[0].grid.len() > 1, "nothing to do");
        }
    }
}
