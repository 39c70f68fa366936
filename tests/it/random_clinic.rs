//! Random clinics, manifests and fault scripts for the matrix: everything follows from a seed.

use std::collections::BTreeSet;

use accuroform::sim::{
    Columns, Faults, GridEntry, Level, Ocean, Office, Provider, RowKey, User, Which, World, Written,
};

/// splitmix64: the same everywhere.
#[derive(Debug, Clone)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 0 to `end`, which is left out.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    pub(crate) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

const COLUMNS: [&str; 9] = [
    "patient",
    "scheduling",
    "billing",
    "inbox",
    "emr",
    "labs",
    "reporting",
    "visible",
    "prescribe_for",
];
const DATES: [&str; 3] = ["2090-01-31", "2091-06-30", "2092-12-24"];

/// What a row may hold: a few contents, so that two writers often want the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Holding {
    full: Vec<String>,
    read_only: Vec<String>,
    until: Option<&'static str>,
}

impl Holding {
    fn random(random: &mut Random) -> Self {
        let mut holding = Self::default();
        for column in COLUMNS {
            match random.below(3) {
                0 => holding.full.push(column.to_owned()),
                1 if random.percent(40) => holding.read_only.push(column.to_owned()),
                _ => {}
            }
        }
        if random.percent(25) {
            holding.until = Some(*random.pick(&DATES));
        }
        holding
    }

    fn is_nothing(&self) -> bool {
        self.full.is_empty() && self.read_only.is_empty()
    }

    /// As the simulator's write log has it.
    fn written(&self) -> Written {
        let level = |column: &str| {
            if self.full.iter().any(|name| name == column) {
                Level::Full
            } else if self.read_only.iter().any(|name| name == column) {
                Level::ReadOnly
            } else {
                Level::None
            }
        };
        let columns = Columns {
            patient: level("patient"),
            scheduling: level("scheduling"),
            billing: level("billing"),
            inbox: level("inbox"),
            emr: level("emr"),
            labs: level("labs"),
            reporting: level("reporting"),
            visible: level("visible"),
            prescribe_for: level("prescribe_for"),
        };
        let until = self.until.filter(|_| !self.is_nothing()).map(|text| text.parse().unwrap());
        Written { columns, until }
    }

    /// As a manifest writes it: `{patient: full, labs: read-only}`.
    fn columns(&self) -> String {
        let full = self.full.iter().map(|column| format!("{column}: full"));
        let read = self.read_only.iter().map(|column| format!("{column}: read-only"));
        format!("{{{}}}", full.chain(read).collect::<Vec<_>>().join(", "))
    }
}

/// A random clinic with everything that the run needs to know of it.
#[derive(Debug)]
pub(crate) struct Clinic {
    pub(crate) world: World,
    /// The rows that the directory has, of every user.
    pub(crate) places: Vec<RowKey>,
    /// What the second writer writes.
    pub(crate) palette: Vec<Written>,
    /// Under `profiles:` and `users:`.
    pub(crate) manifest: String,
}

/// The user names; the first is the one that Ocean works with.
const USERS: [(u64, &str); 3] = [(77, "OceanAPIRANDOM"), (12, "FaxAPIRANDOM"), (5, "LabAPIRANDOM")];

pub(crate) fn clinic(random: &mut Random) -> Clinic {
    let palette: Vec<Holding> = (0..4).map(|_| Holding::random(random)).collect();
    let offices: Vec<Office> = (1..=1 + random.below(4) as u64)
        .map(|id| Office {
            id,
            // Now and then two offices of one name.
            name: format!("Office {}", if random.percent(10) { 1 } else { id }),
            active: !random.percent(15),
        })
        .collect();
    let providers: Vec<Provider> =
        (0..=random.below(8) as u64).map(|at| provider(random, 1000 + at, offices.len())).collect();
    let users = &USERS[..=random.below(3)];
    let world = World {
        version: 1,
        tenant: "RANDOM".to_owned(),
        name: None,
        token: accuroform::sim::Token::default(),
        account: accuroform::sim::Account::default(),
        require: accuroform::sim::Require::default(),
        users: users
            .iter()
            .map(|(id, name)| User {
                id: *id,
                name: (*name).to_owned(),
                active: !random.percent(2),
                grid: grid(random, &providers, &palette),
            })
            .collect(),
        offices,
        providers,
        ocean: Some(Ocean {
            site: "4021".to_owned(),
            emr_user: USERS[0].1.to_owned(),
            schedule_days: 7,
            full_sync_seconds: 0.012,
            recent_sync_seconds: 0.006,
            already_synced: random.percent(50),
        }),
        faults: Faults::default(),
    };
    let pairs: BTreeSet<(u64, u64)> = world
        .providers
        .iter()
        .flat_map(|provider| provider.offices.iter().map(|office| (*office, provider.id)))
        .collect();
    let places = users
        .iter()
        .flat_map(|(user, _)| {
            pairs.iter().map(|(office, provider)| RowKey {
                user: *user,
                office: *office,
                provider: *provider,
            })
        })
        .collect();
    let manifest = manifest(random, &world, &palette);
    let mut palette: Vec<Written> = palette.iter().map(Holding::written).collect();
    palette.push(Holding::default().written());
    Clinic { world, places, palette, manifest }
}

fn provider(random: &mut Random, id: u64, offices: usize) -> Provider {
    let mut works_in: BTreeSet<u64> = (1..=offices as u64).filter(|_| random.percent(55)).collect();
    if works_in.is_empty() {
        works_in.insert(1 + random.below(offices) as u64);
    }
    Provider {
        id,
        title: None,
        first: (*random.pick(&["Anita", "Marc", "Zoë"])).to_owned(),
        middle: None,
        last: format!("Singh{}", random.below(4)),
        suffix: None,
        offices: works_in,
        selected: !random.percent(10),
        appointments: Vec::new(),
    }
}

/// Some rows, also ones that grant nothing.
fn grid(random: &mut Random, providers: &[Provider], palette: &[Holding]) -> Vec<GridEntry> {
    let mut grid = Vec::new();
    for provider in providers {
        for office in &provider.offices {
            if random.percent(45) {
                continue;
            }
            let nothing = Holding::default();
            let holding = if random.percent(12) { &nothing } else { random.pick(palette) };
            grid.push(GridEntry {
                office: Which::one(*office),
                provider: Which::one(provider.id),
                full: holding.full.clone(),
                read_only: holding.read_only.clone(),
                until: holding.until.map(|text| text.parse().unwrap()),
                revision: random.percent(50).then(|| 1 + random.next() % 90),
                absent: false,
            });
        }
    }
    grid
}

/// `profiles:` and `users:` with whatever a manifest can say about the clinic.
fn manifest(random: &mut Random, world: &World, palette: &[Holding]) -> String {
    let granting: Vec<&Holding> = palette.iter().filter(|holding| !holding.is_nothing()).collect();
    let profile = |name: &str, holding: Option<&&Holding>| {
        let columns = holding.map_or("{visible: full}".to_owned(), |holding| holding.columns());
        format!("  {name}: {{columns: {columns}, reason: a random profile}}\n")
    };
    let mut text = "profiles:\n".to_owned();
    text += &profile("one", granting.first());
    text += &profile("two", granting.last());
    text += "users:\n";
    for user in &world.users {
        text +=
            &format!("  - name: {}\n    profile: {}\n", user.name, random.pick(&["one", "two"]));
        text += &format!("    management: {}\n", random.pick(&["additive", "exact"]));
        if random.percent(15) {
            text += &format!("    until: {}\n", random.pick(&DATES));
        }
        let all = random.percent(50);
        if all {
            text += "    all_offices: true\n";
        }
        let excepted = all && world.offices.len() > 1 && random.percent(25);
        if excepted {
            text += "    except: [{id: 1}]\n";
        }
        let mut offices: Vec<&Office> = world
            .offices
            .iter()
            .filter(|office| !(excepted && office.id == 1) && random.percent(60))
            .collect();
        if offices.is_empty() && !all {
            offices.push(&world.offices[0]);
        }
        if !offices.is_empty() {
            text += "    offices:\n";
        }
        for office in offices {
            text += &office_entry(random, world, office, palette);
        }
    }
    text
}

fn office_entry(
    random: &mut Random,
    world: &World,
    office: &Office,
    palette: &[Holding],
) -> String {
    let same_name = world.offices.iter().filter(|other| other.name == office.name).count();
    let mut text = if same_name == 1 && random.percent(50) {
        format!("      - name: {}\n", office.name.to_lowercase())
    } else {
        format!("      - id: {}\n", office.id)
    };
    let mut here: Vec<&Provider> =
        world.providers.iter().filter(|provider| provider.offices.contains(&office.id)).collect();
    let all = here.is_empty() || random.percent(60);
    if all {
        text += "        all_providers: true\n";
    }
    let except: Vec<&Provider> = if all {
        here.iter().copied().filter(|_| random.percent(15)).collect()
    } else {
        Vec::new()
    };
    if !except.is_empty() {
        let entries: Vec<String> =
            except.iter().map(|p| format!("{{{}}}", named(random, p, &here))).collect();
        text += &format!("        except: [{}]\n", entries.join(", "));
    }
    let everybody = here.clone();
    here.retain(|provider| !except.iter().any(|other| other.id == provider.id));
    let mut own: Vec<&Provider> = here.iter().copied().filter(|_| random.percent(35)).collect();
    if own.is_empty() && !all {
        own.extend(here.first());
    }
    if !own.is_empty() {
        text += "        providers:\n";
    }
    for provider in own {
        let holding = random.pick(palette);
        let until = match holding.until {
            Some(until) if !holding.is_nothing() => format!(", until: {until}"),
            _ => String::new(),
        };
        let who = named(random, provider, &everybody);
        // Every column is written, so that nothing is left to the profile.
        let columns: Vec<String> = COLUMNS
            .iter()
            .map(|column| {
                let level = match holding {
                    Holding { full, .. } if full.iter().any(|name| name == column) => "full",
                    Holding { read_only, .. } if read_only.iter().any(|name| name == column) => {
                        "read-only"
                    }
                    _ => "none",
                };
                format!("{column}: {level}")
            })
            .collect();
        text += &format!(
            "          - {{{who}, columns: {{{}}}{until}, reason: own}}\n",
            columns.join(", ")
        );
    }
    text
}

/// A provider by its id, or by its name where only one has it.
fn named(random: &mut Random, provider: &Provider, here: &[&Provider]) -> String {
    let same =
        |other: &&&Provider| (&other.first, &other.last) == (&provider.first, &provider.last);
    if here.iter().filter(same).count() == 1 && random.percent(50) {
        format!("name: \"{}, {}\"", provider.last, provider.first)
    } else {
        format!("id: {}", provider.id)
    }
}
