//! Everything that can be read, as values of the model. A reader cannot write.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::sync::Arc;

use super::{BridgeError, Client, Mode, request, wire};
use crate::model::{LiveRow, OfficeId, PersonName, ProviderId, UserId};

/// The most pages of a grid: a server that never ends must not be read for ever.
const PAGES: usize = 2_000;

/// An office of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// Its identity.
    pub id: OfficeId,
    /// Its name; need not be unique.
    pub name: String,
    /// Whether it is in use.
    pub active: bool,
}

/// A provider of one office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// The identity.
    pub id: ProviderId,
    /// The name.
    pub name: PersonName,
}

/// An EMR user found by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundUser {
    /// The identity.
    pub id: UserId,
    /// The name as the server writes it.
    pub name: String,
    /// Whether the user can sign in.
    pub active: bool,
}

/// Cloud Connect of one Ocean site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The EMR user that the site works with, if the server says.
    pub emr_user: Option<String>,
    /// The sync that is running, if the server names it: green. `None` is idle: blue.
    pub running: Option<Option<String>>,
    /// When the last full sync was completed, as the server writes it.
    pub last_full: Option<String>,
    /// When the last recent sync was completed, as the server writes it.
    pub last_recent: Option<String>,
}

/// One sync run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Which kind it is.
    pub mode: Mode,
    /// How far it is.
    pub state: RunState,
}

/// How far a sync run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunState {
    /// Green.
    Running,
    /// Complete.
    Succeeded,
    /// Ended without success, with the server's words.
    Failed(String),
}

/// A provider as Ocean has it: counts only, never a patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteProvider {
    /// The identity, the same as Accuro's.
    pub id: ProviderId,
    /// The name as Ocean shows it.
    pub name: String,
    /// Ticked in "Sync Appointments For Provider(s)".
    pub selected: bool,
    /// Appears on the Patients page.
    pub on_patients_page: bool,
    /// Appointments in the window that Ocean syncs.
    pub appointments: u64,
}

/// Reads one service.
#[derive(Debug, Clone)]
pub struct Reader {
    client: Arc<Client>,
}

impl Reader {
    /// A reader over `client`.
    pub fn new(client: Arc<Client>) -> Self {
        Self { client }
    }

    /// How many reads may run side by side.
    pub fn concurrency(&self) -> usize {
        self.client.concurrency()
    }

    /// Reads all offices.
    pub async fn offices(&self) -> Result<Vec<Office>, BridgeError> {
        let offices = self.client.read(request::offices()).await?;
        let offices = offices.into_iter().map(|wire::Office { office_id, name, active }| Office {
            id: OfficeId(office_id),
            name: name.unwrap_or_default(),
            active,
        });
        self.once(offices, |office| office.id, "list the offices")
    }

    /// Reads the providers of one office.
    pub async fn providers(&self, office: OfficeId) -> Result<Vec<Provider>, BridgeError> {
        let providers = self.client.read(request::providers(office)).await?;
        let providers =
            providers.into_iter().map(|wire::Provider { provider_id, first_name, last_name }| {
                let (last, first) = (last_name.unwrap_or_default(), first_name.unwrap_or_default());
                Provider { id: ProviderId(provider_id), name: PersonName { last, first } }
            });
        let attempted = format!("list the providers of office {office}");
        self.once(providers, |provider| provider.id, &attempted)
    }

    /// The entries, each once, in the order of the server. Two of one id that differ are an error:
    /// one of them would be lost.
    fn once<T: PartialEq + Clone, I: Ord + Display>(
        &self,
        entries: impl Iterator<Item = T>,
        id: impl Fn(&T) -> I,
        attempted: &str,
    ) -> Result<Vec<T>, BridgeError> {
        let mut known = BTreeMap::new();
        let mut once = Vec::new();
        for entry in entries {
            let id = id(&entry);
            match known.get(&id) {
                None => {
                    known.insert(id, entry.clone());
                    once.push(entry);
                }
                Some(first) if *first == entry => {}
                Some(_) => {
                    let problem = format!("id {id} is told twice, and not the same");
                    return Err(self.client.shape(attempted.to_owned(), 200, &problem));
                }
            }
        }
        Ok(once)
    }

    /// Reads the users with this name, letter case ignored.
    pub async fn users(&self, name: &str) -> Result<Vec<FoundUser>, BridgeError> {
        let users = self.client.read(request::users(name)).await?;
        let users = users.into_iter().map(|wire::User { user_id, user_name, active }| FoundUser {
            id: UserId(user_id),
            name: user_name,
            active,
        });
        self.once(users, |user| user.id, &format!("look up the user `{name}`"))
    }

    /// Reads the whole grid of one user, all pages or none.
    pub async fn grid(&self, user: UserId) -> Result<Vec<LiveRow>, BridgeError> {
        let attempted = || format!("read the grid of user {user}");
        let mut rows = Vec::new();
        let mut seen = BTreeSet::new();
        let mut cursor: Option<String> = None;
        loop {
            let read = request::grid(user, seen.len() + 1, cursor.as_deref());
            let page = self.client.read(read).await?;
            for row in &page.rows {
                let row = row
                    .to_live()
                    .map_err(|problem| self.client.shape(attempted(), 200, &problem))?;
                rows.push(row);
            }
            let Some(next) = page.next_cursor else { break };
            if !seen.insert(next.clone()) {
                return Err(self.client.shape(attempted(), 200, "the same page came twice"));
            }
            if seen.len() >= PAGES {
                let problem = format!("it has more than {PAGES} pages");
                return Err(self.client.shape(attempted(), 200, &problem));
            }
            cursor = Some(next);
        }
        rows.sort_unstable_by_key(|row| row.key);
        let twice = rows.windows(2).find(|pair| matches!(pair, [one, two] if one.key == two.key));
        if let Some([row, _]) = twice {
            let problem = format!(
                "the row of office {} and provider {} came twice",
                row.key.office, row.key.provider
            );
            return Err(self.client.shape(attempted(), 200, &problem));
        }
        Ok(rows)
    }

    /// Reads the state of an Ocean site.
    pub async fn site(&self, site: &str) -> Result<Site, BridgeError> {
        let wire::Site { emr_user, state, run_id, last_completed } =
            self.client.read(request::site(site)).await?;
        let running = match state {
            wire::SiteState::Idle => None,
            wire::SiteState::Running => Some(run_id),
        };
        let wire::LastCompleted { full, recent } = last_completed;
        Ok(Site { emr_user, running, last_full: full, last_recent: recent })
    }

    /// Reads one sync run.
    pub async fn sync_run(&self, site: &str, run: &str) -> Result<Run, BridgeError> {
        let wire::SyncRun { mode, state, message } =
            self.client.read(request::sync_run(site, run)).await?;
        Ok(Run {
            mode: match mode {
                wire::RunMode::Full => Mode::Full,
                wire::RunMode::Recent => Mode::Recent,
            },
            state: match state {
                wire::RunState::Running => RunState::Running,
                wire::RunState::Succeeded => RunState::Succeeded,
                wire::RunState::Failed => {
                    RunState::Failed(self.client.shown(&message.unwrap_or_default()))
                }
            },
        })
    }

    /// Reads the providers as Ocean has them, ordered by id.
    pub async fn site_providers(&self, site: &str) -> Result<Vec<SiteProvider>, BridgeError> {
        let mut providers: Vec<_> = self
            .client
            .read(request::site_providers(site))
            .await?
            .into_iter()
            .map(|provider| SiteProvider {
                id: ProviderId(provider.provider_id),
                name: provider.name.unwrap_or_default(),
                selected: provider.selected,
                on_patients_page: provider.on_patients_page,
                appointments: provider.appointments,
            })
            .collect();
        providers.sort_by_key(|provider| provider.id);
        Ok(providers)
    }
}
