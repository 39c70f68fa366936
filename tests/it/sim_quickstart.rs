//! The clinic of the quickstart has the faults that its page speaks of, and they can be repaired.

use serde_json::{Value, json};

use super::sim_client::{Clinic, key};

const WORLD: &str = include_str!("../../examples/quickstart/world.yaml");

#[tokio::test]
async fn the_quickstart_clinic_can_be_repaired_and_its_providers_then_appear() {
    let mut text = WORLD.replace("full_sync_seconds: 2", "full_sync_seconds: 0.2");
    text.push_str("\ntoken: {scope: permissions}\n");
    let clinic = Clinic::start(&text, None).await;
    let before = clinic.page().await;
    assert!(!before.is_empty());
    for missing in [1042, 1063, 1074, 1078, 1107, 1110, 1207] {
        assert!(!before.contains(&missing), "{missing} is on the Patients page");
    }

    let (_, grid) = clinic.get("/rest/v1/permissions/users/77/grid").await;
    let mut rows = Vec::new();
    for office in 1..=4 {
        let target = format!("/rest/v1/providers/offices/{office}");
        let (_, providers) = clinic.get(&target).await;
        for provider in providers.as_array().unwrap() {
            let id = &provider["providerId"];
            let row = grid["rows"]
                .as_array()
                .unwrap()
                .iter()
                .find(|row| row["officeId"] == office && row["providerId"] == *id);
            rows.push(json!({
                "officeId": office,
                "providerId": id,
                "expectedRevision": row.map_or(Value::Null, |row| row["revision"].clone()),
                "accessUntil": null,
                "columns": {
                    "patient": "full", "scheduling": "full", "billing": "full", "inbox": "none",
                    "emr": "full", "labs": "full", "reporting": "none", "visible": "full",
                    "prescribeFor": "none",
                },
            }));
        }
    }
    assert!((40..=60).contains(&rows.len()), "{} rows", rows.len());
    let (status, answer) = clinic.patch(&key(1), &json!({"rows": rows})).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(clinic.page().await, before, "nobody appears without a full sync");
    assert_eq!(clinic.sync(&json!({"mode": "full"})).await.0, 202);
    clinic.idle().await;
    let after = clinic.page().await;
    // 25 providers but the one with nothing booked and the one that is not selected.
    assert_eq!(after.len(), 23);
    assert!(after.contains(&1042) && !after.contains(&1107) && !after.contains(&1207));
}
