//! Makes up a fleet of clinics, the same one for the same seed.

use super::generate::{Generate, GenerateError, limited};
use super::world::World;

const KEY: &str = "clinics";
/// As many as four digits number, so that ids sort as they count.
const MOST_CLINICS: u32 = 9_999;
const MOST_ROWS: u32 = 2_000_000;

/// The size of a fleet to make up: `clinics=1000,offices=4,providers=25,seed=7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GenerateFleet {
    /// How many clinics.
    pub clinics: u32,
    /// The size of each. The clinics draw from the seeds that follow its seed.
    pub each: Generate,
}

impl GenerateFleet {
    /// Reads the size of a fleet; `None` if the text names no `clinics` and so speaks of one.
    pub fn parse(text: &str) -> Result<Option<Self>, GenerateError> {
        let is_count = |pair: &&str| pair.split_once('=').is_some_and(|(key, _)| key == KEY);
        let (counts, rest): (Vec<&str>, Vec<&str>) =
            text.split(',').map(str::trim).partition(is_count);
        let count = match counts.as_slice() {
            [] => return Ok(None),
            [pair] => pair.split_once('=').map_or("", |(_, value)| value),
            [..] => return Err(GenerateError::Repeated(KEY.to_owned())),
        };
        let number = count.parse::<u64>().map_err(|_| GenerateError::NotANumber {
            key: KEY.to_owned(),
            value: count.to_owned(),
        })?;
        let clinics = limited(KEY, number, MOST_CLINICS)?;
        let each: Generate =
            if rest.is_empty() { Generate::default() } else { rest.join(",").parse()? };
        let rows = u64::from(clinics) * u64::from(each.offices) * u64::from(each.providers);
        limited("clinics × offices × providers", rows, MOST_ROWS)?;
        Ok(Some(Self { clinics, each }))
    }

    /// What the clinics are called: `clinic-0001` and on.
    pub fn ids(self) -> impl Iterator<Item = String> {
        (1..=self.clinics).map(|number| format!("clinic-{number:04}"))
    }

    /// The clinics, in the order of their ids. No two share a tenant or an Ocean site.
    pub fn worlds(self) -> impl Iterator<Item = World> {
        let Self { clinics, each } = self;
        (1..=u64::from(clinics)).map(move |number| {
            let seed = each.seed.wrapping_add(number);
            World::generate(&Generate { seed, ..each })
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn only_a_text_that_counts_clinics_speaks_of_a_fleet() {
        let parse = |text| GenerateFleet::parse(text).unwrap();
        assert_eq!(parse("offices=2,seed=9"), None);
        assert_eq!(parse("nonsense"), None);
        assert_eq!(
            parse("clinics=3"),
            Some(GenerateFleet { clinics: 3, each: Generate::default() })
        );
        let each = Generate { offices: 2, providers: 5, seed: 9 };
        assert_eq!(
            parse("offices=2, clinics=1000,providers=5,seed=9"),
            Some(GenerateFleet { clinics: 1000, each })
        );
    }

    #[test]
    fn a_bad_size_says_what_is_wrong() {
        for (text, part) in [
            ("clinics=0", "clinics must be 1 to 9999, not 0"),
            ("clinics=10000", "clinics must be 1 to 9999"),
            ("clinics=many", "clinics must be a whole number, not `many`"),
            ("clinics=1,clinics=2", "`clinics` is there more than once"),
            ("clinics=1,floors=2", "there is no `floors`"),
            ("clinics=9999,offices=4,providers=100", "1 to 2000000, not 3999600"),
        ] {
            let error = GenerateFleet::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn clinics_differ_in_id_tenant_and_site_whatever_the_seed() {
        for seed in [1, 99_990, u64::MAX - 5] {
            let each = Generate { offices: 1, providers: 1, seed };
            let fleet = GenerateFleet { clinics: 300, each };
            let ids: Vec<_> = fleet.ids().collect();
            assert_eq!((ids.len(), ids[0].as_str()), (300, "clinic-0001"));
            assert!(ids.is_sorted_by(|a, b| a < b));
            let worlds: Vec<_> = fleet.worlds().collect();
            let distinct =
                |of: fn(&World) -> String| worlds.iter().map(of).collect::<BTreeSet<_>>().len();
            assert_eq!(distinct(|world| world.tenant.clone()), 300);
            assert_eq!(distinct(|world| world.ocean.clone().unwrap().site), 300);
        }
    }
}
