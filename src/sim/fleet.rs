//! Many simulated clinics behind one address, as a regional bridge has them: the query parameter
//! `tenant` of each call, the token call included, says which of them is meant.
//!
//! Each is a whole clinic: rows, revisions, tokens and syncs are its own. What they share is the
//! address, the credentials, the record of requests and the fault script, whose rules count the
//! calls of all.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;

use super::credentials::Credentials;
use super::error::SimError;
use super::faults::{Faults, FaultsError, Script};
use super::handle::{self, Answer, Request, refuse};
use super::record::{Observer, Recorded};
use super::serving::{Served, Serving};
use super::simulator::{Clinic, Sim};
use super::world::World;

/// How many requests the server of a fleet remembers: it lives long and is asked much.
const REMEMBERED: usize = 10_000;
/// More threads than this only get into the way of whoever measures against the server.
const MOST_WORKERS: usize = 8;

/// Simulated clinics of one server, all of them in memory. Clones are the same clinics.
#[derive(Clone)]
pub struct SimFleet {
    clinics: Arc<BTreeMap<String, Sim>>,
    observer: Option<Observer>,
    faults: Arc<Script>,
}

impl std::fmt::Debug for SimFleet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimFleet").field("clinics", &self.clinics.len()).finish_non_exhaustive()
    }
}

impl SimFleet {
    /// Opens a clinic for each of the worlds; they differ in their tenants and have no faults.
    pub fn open(worlds: impl IntoIterator<Item = World>) -> Result<Self, SimError> {
        let mut clinics = BTreeMap::new();
        for mut world in worlds {
            let tenant = world.tenant.clone();
            if !world.faults.is_empty() {
                return Err(SimError::FaultsOfOne { tenant });
            }
            if clinics.contains_key(&tenant) {
                return Err(SimError::TenantTwice { tenant });
            }
            world.require.query.insert("tenant".to_owned(), tenant.clone());
            clinics.insert(tenant, Sim::open(world, None)?);
        }
        Ok(Self { clinics: Arc::new(clinics), observer: None, faults: Arc::default() })
    }

    /// Calls `observer` with every request of servers started from now on, once it has its answer.
    #[must_use]
    pub fn observed_by(mut self, observer: impl Fn(&Recorded) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Lets calls of servers started from now on meet these faults. A rule counts the calls to all
    /// clinics together, and what it names must be there in each of them.
    pub fn with_faults(mut self, faults: &Faults) -> Result<Self, SimError> {
        for (tenant, sim) in self.clinics.iter() {
            let mistakes = sim.mistakes(faults);
            if !mistakes.is_empty() {
                let of = |mistake| format!("tenant `{tenant}`: {mistake}");
                let mistakes = mistakes.into_iter().map(of).collect();
                return Err(FaultsError::Mistakes { mistakes }.into());
            }
        }
        self.faults = Arc::new(Script::new(faults));
        Ok(self)
    }

    /// The clinic of this tenant.
    pub fn clinic(&self, tenant: &str) -> Option<&Sim> {
        self.clinics.get(tenant)
    }

    /// Listens on `listen` and answers whoever has a token of the clinic that is asked; tokens are
    /// given to `credentials`, the same for all.
    pub async fn serve(
        &self,
        listen: SocketAddr,
        credentials: &Credentials,
    ) -> Result<Serving, SimError> {
        let processors = thread::available_parallelism().map_or(2, usize::from);
        let served = Served {
            clinics: Clinics::Many(Arc::clone(&self.clinics)),
            observer: self.observer.clone(),
            faults: Arc::clone(&self.faults),
            remembered: REMEMBERED,
            workers: processors.clamp(2, MOST_WORKERS),
        };
        served.serve(listen, credentials).await
    }
}

/// The clinics that a server answers for.
#[derive(Clone)]
pub(super) enum Clinics {
    /// One, whatever a call says of tenants.
    One(Arc<Clinic>),
    /// The one whose tenant a call names.
    Many(Arc<BTreeMap<String, Sim>>),
}

impl Clinics {
    /// The clinic that a request is for.
    pub(super) fn of(&self, request: &Request) -> Result<&Clinic, Answer> {
        match self {
            Self::One(clinic) => Ok(clinic),
            Self::Many(clinics) => {
                let tenant = handle::tenant(request.query.as_deref())?;
                clinics.get(&tenant).map(|sim| sim.clinic.as_ref()).ok_or_else(|| {
                    refuse(404, "tenant-not-found", &format!("there is no tenant {tenant}"))
                })
            }
        }
    }
}
