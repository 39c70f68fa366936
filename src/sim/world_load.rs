//! Reading a world from text, writing it, and telling two worlds apart.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::credentials::hex;
use super::faults::{Directory, Faults};
use super::world::{World, WorldError};
use super::world_check;

impl World {
    /// Reads a world file and checks that it holds together.
    pub fn parse(text: &str) -> Result<Self, WorldError> {
        let world: Self = serde_yaml::from_str(text).map_err(WorldError::Syntax)?;
        world.check()?;
        Ok(world)
    }

    /// Reports every fault of the world; [`World::parse`] has done so already.
    pub fn check(&self) -> Result<(), WorldError> {
        let mut faults = world_check::faults(self);
        faults.extend(self.faults.mistakes(Some(&self.directory())));
        if faults.is_empty() {
            Ok(())
        } else {
            Err(WorldError::Faults { tenant: self.tenant.clone(), faults })
        }
    }

    /// The world as a file that [`World::parse`] reads back as the same world.
    pub fn to_yaml(&self) -> Result<String, WorldError> {
        serde_yaml::to_string(self).map_err(|source| self.unwritten(source.into()))
    }

    /// What tells this world from another: a digest of its content, not of the file's layout, nor
    /// of the faults that its calls are to meet.
    pub(super) fn digest(&self) -> Result<String, WorldError> {
        let faultless = Self { faults: Faults::default(), ..self.clone() };
        let bytes =
            serde_json::to_vec(&faultless).map_err(|source| self.unwritten(source.into()))?;
        Ok(hex(&Sha256::digest(bytes)))
    }

    /// The (office, provider) pairs of the directory.
    pub(super) fn pairs(&self) -> BTreeSet<(u64, u64)> {
        let offices: BTreeSet<u64> = self.offices.iter().map(|office| office.id).collect();
        self.providers
            .iter()
            .flat_map(|provider| provider.offices.iter().map(|office| (*office, provider.id)))
            .filter(|(office, _)| offices.contains(office))
            .collect()
    }

    /// The ids that a fault script may name.
    pub(super) fn directory(&self) -> Directory {
        Directory {
            users: self.users.iter().map(|user| user.id).collect(),
            offices: self.offices.iter().map(|office| office.id).collect(),
            pairs: self.pairs(),
            ocean: self.ocean.is_some(),
        }
    }

    fn unwritten(&self, source: Box<dyn std::error::Error + Send + Sync>) -> WorldError {
        WorldError::Write { tenant: self.tenant.clone(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "version: 1\ntenant: T\noffices: [{id: 1, name: Main}]\n\
        providers: [{id: 10, first: A, last: B, offices: [1], appointments: [{in_days: 0, count: 5}]}]\n\
        users: [{id: 7, name: U, grid: [{office: 1, provider: all, full: [patient]}]}]\n";

    fn parse_error(text: &str) -> String {
        let error = World::parse(text).unwrap_err();
        let source = std::error::Error::source(&error).map(ToString::to_string);
        format!("{error}: {}", source.unwrap_or_default())
    }

    #[test]
    fn a_world_comes_back_from_its_own_yaml() {
        let world = World::parse(SMALL).unwrap();
        let again = World::parse(&world.to_yaml().unwrap()).unwrap();
        assert_eq!(again, world);
        assert_eq!(again.digest().unwrap(), world.digest().unwrap());
    }

    #[test]
    fn layout_and_comments_do_not_change_the_digest_but_content_does() {
        let world = World::parse(SMALL).unwrap();
        let commented = World::parse(&format!("# note\n{SMALL}")).unwrap();
        assert_eq!(world.digest().unwrap(), commented.digest().unwrap());
        let changed = World::parse(&SMALL.replace("count: 5", "count: 6")).unwrap();
        assert_ne!(world.digest().unwrap(), changed.digest().unwrap());
    }

    #[test]
    fn faults_do_not_change_the_digest() {
        let world = World::parse(SMALL).unwrap();
        let faulty = World::parse(&format!("{SMALL}faults: [{{nth: 2, status: 503}}]\n")).unwrap();
        assert_ne!(world, faulty);
        assert_eq!(world.digest().unwrap(), faulty.digest().unwrap());
        assert_eq!(World::parse(&faulty.to_yaml().unwrap()).unwrap(), faulty);
    }

    #[test]
    fn unknown_keys_are_refused_with_their_line() {
        let error = parse_error(&SMALL.replace("first: A", "firstname: A"));
        assert!(error.contains("unknown field `firstname`"), "{error}");
        assert!(error.contains("line 4"), "{error}");
        assert!(parse_error(&format!("{SMALL}extra: 1\n")).contains("unknown field `extra`"));
    }

    #[test]
    fn every_fault_is_reported_in_one_run() {
        let error = parse_error(
            "version: 2\ntenant: T\ntoken: {lifetime_seconds: 0}\naccount: {denied_status: 500}\n\
             require: {headers: {'a b': x}}\n\
             offices: [{id: 1, name: Main}, {id: 1, name: Twin}, {id: 2, name: Other}]\n\
             providers: [{id: 10, first: A, last: B, offices: [1, 9], appointments: [{count: 1}]}]\n\
             users:\n  - {id: 7, name: U, grid: [{office: 2, provider: 10, full: [patient, patient, pigs]},\n    \
             {office: 3, provider: all, absent: true, full: [emr]}, {office: 1, provider: 10, revision: 0}]}\n\
             ocean: {site: '1', emr_user: V, schedule_days: 0, full_sync_seconds: -1}\n",
        );
        for part in [
            "reads version 1",
            "lifetime_seconds: must be at least 1",
            "must be 401 or 403, not 500",
            "`a b` is not a header name",
            "offices: id 1 is there more than once",
            "works in office 9",
            "one of `in_days` and `on`",
            "provider 10 does not work in office 2",
            "`patient` is named more than once",
            "no column `pigs`",
            "no office 3",
            "`absent` takes rows away",
            "revisions start at 1",
            "0 of the users are called `V`",
            "schedule_days: must be 1",
            "full_sync_seconds: must be 0",
        ] {
            assert!(error.contains(part), "no «{part}» in {error}");
        }
    }

    #[test]
    fn bad_dates_are_refused() {
        let error =
            parse_error(&SMALL.replace("full: [patient]", "full: [patient], until: 20270131"));
        assert!(error.contains("not a date of the form"), "{error}");
    }
}
