//! Puts the checked parts together.

use jiff::civil::Date;

use super::super::checked::{Clinic, Manifest, Ocean, SyncMode};
use super::super::findings::Findings;
use super::super::raw::{RawClinic, RawManifest, RawOcean, RawSync};
use super::super::source::Source;
use super::context::Context;
use super::profiles::Profiles;
use super::{connections, drift, policy, safety, users};
use crate::diagnostic::KeyPath;

/// Checks what a manifest means. `None` where a part that it needs was taken out as faulty.
pub(in crate::manifest) fn manifest(
    raw: RawManifest,
    source: &Source,
    today: Option<Date>,
    findings: &mut Findings,
) -> Option<Manifest> {
    let sound = findings.is_empty();
    let mut context = Context { source, today, findings };
    let RawManifest {
        version: _, // the shape allows 1 alone
        clinic: raw_clinic,
        accuro,
        ocean: raw_ocean,
        profiles,
        users,
        safety,
        policy,
        drift,
        state,
    } = raw;
    let root = KeyPath::root();
    let (tenant, accuro) = accuro.map_or((None, None), |raw| (raw.tenant, raw.connection));
    let (site, to_ocean) = raw_ocean.map_or((None, None), |RawOcean { site, sync, connection }| {
        (site.map(|site| ocean(site, sync)), connection)
    });
    let policy = policy::policy(&mut context, policy.unwrap_or_default());
    let ignored_drift = drift::ignored(&mut context, drift.unwrap_or_default());
    let safety = safety::safety(&mut context, safety.unwrap_or_default());
    let mut profiles = Profiles::new(&mut context, profiles.unwrap_or_default());
    let rules = users.map(|users| {
        let mut check = users::Users {
            context: &mut context,
            profiles: &mut profiles,
            protected: &safety.protected_columns,
            tenant: tenant.as_deref(),
        };
        check.all(users, &root.key("users"))
    });
    if sound {
        // A faulty entry may have been the one that uses a profile.
        profiles.report_unused(&mut context);
    }
    safety::own_user(&mut context, &safety, rules.as_deref().unwrap_or_default());
    let connections = connections::connections(&mut context, accuro, (site.as_ref(), to_ocean));
    if let (Some(connections), Some(Ocean { site: _, sync })) = (&connections, &site) {
        connections::asked_sync(&mut context, connections, *sync);
    }
    Some(Manifest {
        clinic: clinic(raw_clinic?)?,
        tenant: tenant?,
        connections: connections?,
        ocean: site?,
        profiles: profiles.into_known(),
        users: rules?,
        safety,
        policy,
        ignored_drift,
        // Its shape has judged the URL.
        state: state.and_then(|state| state.url?.parse().ok()),
    })
}

fn clinic(raw: RawClinic) -> Option<Clinic> {
    let RawClinic { id, name, tags, timezone } = raw;
    let id = id?;
    let tags = tags.map_or_else(Vec::new, |tags| tags.0);
    Some(Clinic {
        name: name.unwrap_or_else(|| id.clone()),
        id,
        tags: tags.into_iter().map(|(_, tag)| tag).collect(),
        timezone: timezone.unwrap_or_else(|| "UTC".to_owned()),
    })
}

fn ocean(site: String, sync: Option<RawSync>) -> Ocean {
    let sync = match sync {
        None | Some(RawSync::Full) => SyncMode::Full,
        Some(RawSync::Recent) => SyncMode::Recent,
        Some(RawSync::None) => SyncMode::None,
    };
    Ocean { site, sync }
}
