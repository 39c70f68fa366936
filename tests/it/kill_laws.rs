//! What must hold of a clinic and its journal after a process was ended, and after the next apply.

use std::collections::{BTreeMap, BTreeSet};

use accuroform::journal::{Event, Outcome, Record, is_pending};
use serde_json::Value;

use super::kill_run::{Place, ROWS, Scene, by_place};
use accuroform::sim::Written;

/// What every row must be in the end.
pub(crate) type Goal = BTreeMap<Place, Written>;

/// The batches that are recorded as begun, by idempotency key: the rows and what they will grant.
fn begun(records: &[Record]) -> BTreeMap<String, BTreeMap<Place, Value>> {
    let mut batches = BTreeMap::new();
    for record in records {
        if let Event::BatchStarted { key, user_id, rows, .. } = &record.event {
            let rows = rows.iter().map(|row| {
                let place = (user_id.0, row.key.office.0, row.key.provider.0);
                (place, plain(&serde_json::to_value(row.after).unwrap()))
            });
            let before = batches.insert(key.clone(), rows.collect());
            assert_eq!(before, None, "a key is never used twice");
        }
    }
    batches
}

/// The granted levels and the date, whatever the spelling of the names.
fn plain(content: &Value) -> Value {
    let levels: BTreeMap<String, &Value> = content["columns"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, level)| *level != "none")
        .map(|(name, level)| (name.replace(['_', '-'], "").to_lowercase(), level))
        .collect();
    serde_json::json!({"columns": levels, "until": content["until"]})
}

/// The rows that records say are done.
fn claimed(records: &[Record]) -> BTreeSet<Place> {
    let mut users = BTreeMap::new();
    let mut done = BTreeSet::new();
    for record in records {
        match &record.event {
            Event::BatchStarted { user, user_id, .. } => {
                users.insert(user.clone(), user_id.0);
            }
            Event::BatchEnded { outcomes, .. } => {
                for row in outcomes {
                    if row.outcome == Outcome::Done {
                        let user = users[&row.user];
                        done.insert((user, row.key.office.0, row.key.provider.0));
                    }
                }
            }
            _ => {}
        }
    }
    done
}

/// At any moment: the journal can be read, nothing is written twice, to another value than the
/// goal's, outside the plan or without a record, and nothing is recorded as done that is not.
#[track_caller]
pub(crate) fn true_to_the_records(scene: &Scene, goal: &Goal) {
    let records = scene.records();
    let begun = begun(&records);
    let log = scene.written();
    let written = by_place(&log);
    for write in &log {
        let place = (write.user, write.office, write.provider);
        assert_eq!(goal.get(&place), Some(&write.after), "{place:?}");
        let key = write.idempotency_key.as_deref().unwrap();
        let batch = begun.get(key).unwrap_or_else(|| panic!("{place:?} without a record"));
        let after = plain(&serde_json::to_value(write.after).unwrap());
        assert_eq!(batch.get(&place), Some(&after), "the record says what was sent");
    }
    for place in claimed(&records) {
        assert!(written.contains_key(&place), "{place:?} is recorded as done and was not written");
    }
}

/// In the end: every row was written once, as planned and with a record, the sync came after the
/// last write and is complete, the journal says so, and there is nothing more to do.
#[track_caller]
pub(crate) fn converged(scene: &Scene, goal: &Goal) {
    true_to_the_records(scene, goal);
    let written = by_place(&scene.written());
    assert_eq!(written.len(), ROWS);
    assert_eq!(&written, goal);

    let requests = scene.clinic.serving.requests();
    let last = |method: &str| {
        let ours = requests.iter().filter(|one| one.method == method && one.committed);
        ours.map(|one| one.sequence).max()
    };
    assert!(last("POST") > last("PATCH"), "a sync was started after the last write");
    let site = scene.site();
    assert_eq!(site["state"], "idle", "and is complete");
    assert!(site["lastCompleted"]["full"].is_string());

    let records = scene.records();
    assert!(!is_pending(&records), "nothing is owed");
    let verified = records.iter().rev().find_map(|record| match &record.event {
        Event::Verified { correct } => Some(*correct),
        _ => None,
    });
    assert_eq!(verified, Some(true));

    let plan = scene.run(&["plan", "-detailed-exitcode", "clinic.yaml"]);
    plan.must_exit(0);
    assert!(plan.stdout.contains("No changes"), "{plan:#?}");
}
