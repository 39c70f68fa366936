//! What the sync has to do with it.

use jiff::Timestamp;

use super::value::Cause;
use crate::bridge::Site;
use crate::finding::{Kind, Origin};

/// How often Ocean syncs by itself, in minutes: documented.
const BY_ITSELF: i64 = 30;

/// What the clinic's journal says of the last write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LastWrite {
    /// When rows were last written.
    pub at: Option<Timestamp>,
    /// Whether the sync after it was not completed and verified.
    pub owes_sync: bool,
    /// What of that sync waits for a person, who was asked for it, with what is known of it.
    pub waits: Option<(Kind, String)>,
}

/// What is so for every provider; `None`: the state of the site is not known.
pub(super) fn causes(site: Option<&Site>, last: &LastWrite, now: Timestamp) -> Vec<Cause> {
    let LastWrite { at, owes_sync, waits } = last;
    let mut causes = Vec::new();
    let cause = |kind, evidence| Cause { kind, evidence, origin: Origin::OceanArticle };
    let owed = || {
        let evidence = "the sync after the last apply was not completed and verified";
        cause(Kind::NotSynced, evidence.to_owned())
    };
    let Some(Site { emr_user: _, running, last_full, last_recent: _ }) = site else {
        // What the journal says is known all the same.
        let waits = waits.clone().map(|(kind, evidence)| cause(kind, evidence));
        causes.extend(waits.or_else(|| owes_sync.then(owed)));
        return causes;
    };
    if let Some(run) = running {
        let evidence = run.as_ref().map_or_else(String::new, |run| format!("run {run}"));
        causes.push(cause(Kind::SyncRunning, evidence));
    }
    let not_synced = |evidence: String| cause(Kind::NotSynced, evidence);
    let Some(full) = last_full else {
        causes.push(not_synced("Ocean knows of no full sync that was completed".to_owned()));
        return causes;
    };
    // Ocean may count in whole seconds.
    let is_older = |write: &Timestamp| {
        full.parse::<Timestamp>().is_ok_and(|full| full.as_second() < write.as_second())
    };
    if let Some(write) = at.filter(is_older) {
        let minutes = now.duration_since(write).as_secs() / 60;
        let by_itself = if minutes < BY_ITSELF {
            format!("; that is {minutes} min ago, and Ocean syncs by itself every {BY_ITSELF} min")
        } else {
            String::new()
        };
        causes.push(not_synced(format!("last write {write}, last full sync {full}{by_itself}")));
    } else if *owes_sync {
        causes.push(owed());
    }
    causes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(site: &Site, last: &LastWrite) -> Vec<Kind> {
        let now = "2026-11-20T14:20:00Z".parse().unwrap();
        causes(Some(site), last, now).into_iter().map(|cause| cause.kind).collect()
    }

    #[test]
    fn a_sync_that_runs_or_is_older_than_the_last_write_is_told_and_no_other() {
        let site = |running: Option<Option<String>>, full: Option<&str>| Site {
            emr_user: None,
            running,
            last_full: full.map(str::to_owned),
            last_recent: None,
        };
        let write = |at: &str| LastWrite { at: Some(at.parse().unwrap()), ..LastWrite::default() };
        let full = Some("2026-11-20T14:00:00Z");
        assert_eq!(kinds(&site(None, full), &LastWrite::default()), []);
        assert_eq!(kinds(&site(None, full), &write("2026-11-20T13:59:59Z")), []);
        assert_eq!(kinds(&site(None, full), &write("2026-11-20T14:00:00.9Z")), []);
        assert_eq!(kinds(&site(None, full), &write("2026-11-20T14:00:01Z")), [Kind::NotSynced]);
        assert_eq!(kinds(&site(None, None), &LastWrite::default()), [Kind::NotSynced]);
        let owed = LastWrite { owes_sync: true, ..LastWrite::default() };
        assert_eq!(kinds(&site(None, full), &owed), [Kind::NotSynced]);
        assert_eq!(kinds(&site(Some(None), full), &owed), [Kind::SyncRunning, Kind::NotSynced]);
        let now = "2026-11-20T14:20:00Z".parse().unwrap();
        let told = causes(Some(&site(None, full)), &write("2026-11-20T14:00:01Z"), now);
        assert_eq!(
            told[0].evidence,
            "last write 2026-11-20T14:00:01Z, last full sync 2026-11-20T14:00:00Z; that is 19 min ago, and Ocean syncs by itself every 30 min"
        );
        // Where the site is not known, what the journal says is.
        let alone = |last: &LastWrite| -> Vec<Kind> {
            causes(None, last, now).into_iter().map(|cause| cause.kind).collect()
        };
        let owed = LastWrite { owes_sync: true, ..write("2026-11-20T14:00:01Z") };
        assert_eq!(alone(&owed), [Kind::NotSynced]);
        let asked = LastWrite { waits: Some((Kind::SyncAsked, String::new())), ..owed };
        assert_eq!(alone(&asked), [Kind::SyncAsked]);
        assert_eq!(alone(&LastWrite::default()), []);
        // What Ocean writes is not understood: unknown, so nothing is said.
        assert_eq!(kinds(&site(None, Some("yesterday")), &write("2026-11-20T14:00:01Z")), []);
    }
}
