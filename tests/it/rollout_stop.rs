//! When a rollout stops: at a limit, not one after it.

use accuroform::rollout::{
    ClinicState, NotYet, RowCounts, Stage, StopLimit, StopOn, Wave, may_start_next, stop,
};
use jiff::Timestamp;

/// A clinic with ten planned rows.
fn clinic(id: &str, stage: Stage) -> ClinicState {
    let mut found = ClinicState::waiting(id, "canary", 10, Timestamp::UNIX_EPOCH);
    found.stage = stage;
    if !stage.is_open() {
        found.counts = RowCounts { done: 10, rows: 10, ..RowCounts::default() };
    }
    found
}

/// A clinic some of whose rows were held.
fn held(id: &str, held: u64, rows: u64) -> ClinicState {
    let mut state = clinic(id, Stage::Held);
    state.counts = RowCounts { done: rows - held, held, rows, ..RowCounts::default() };
    state
}

fn on(failed_clinics: u32, verify_failures: u32, held_rows_percent: u32) -> StopOn {
    StopOn { failed_clinics, verify_failures, held_rows_percent }
}

fn limit(on: StopOn, so_far: &[ClinicState]) -> Option<StopLimit> {
    stop(&on, so_far).map(|reason| reason.limit)
}

#[test]
fn the_usual_limits_stop_at_the_first_clinic() {
    use Stage::{Applied, Failed, Incomplete, Refused, Running, Unchanged, Verified, Waiting};
    for stage in [Failed, Refused, Incomplete] {
        let found = limit(StopOn::default(), &[clinic("a", Verified), clinic("b", stage)]);
        assert_eq!(found, Some(StopLimit::FailedClinics), "{stage:?}");
    }
    let found = limit(StopOn::default(), &[clinic("a", Applied)]);
    assert_eq!(found, Some(StopLimit::VerifyFailures));
    for stage in [Waiting, Running, Verified, Unchanged] {
        assert_eq!(limit(StopOn::default(), &[clinic("a", stage)]), None, "{stage:?}");
    }
    assert_eq!(limit(on(0, 0, 0), &[]), None, "nothing at all reaches no limit");
    assert_eq!(limit(on(0, 0, 0), &[clinic("a", Verified)]), None);
}

#[test]
fn a_limit_of_several_tolerates_one_less() {
    let failed = [clinic("a", Stage::Failed), clinic("b", Stage::Refused)];
    assert_eq!(limit(on(3, 1, 5), &failed), None);
    assert_eq!(limit(on(2, 1, 5), &failed), Some(StopLimit::FailedClinics));
    let unverified = [clinic("a", Stage::Applied), clinic("b", Stage::Applied)];
    assert_eq!(limit(on(1, 3, 5), &unverified), None);
    assert_eq!(limit(on(1, 2, 5), &unverified), Some(StopLimit::VerifyFailures));
}

#[test]
fn held_rows_are_measured_against_the_rows_that_had_their_turn() {
    let table = [
        (held("a", 4, 100), 5, false),
        (held("a", 5, 100), 5, true),
        (held("a", 1, 20), 5, true),
        (held("a", 1, 21), 5, false),
        (held("a", 99, 100), 100, false),
        (held("a", 100, 100), 100, true),
        (held("a", 1, 1000), 0, true),
        (held("a", u64::MAX / 2, u64::MAX), 49, true),
        (held("a", u64::MAX / 2, u64::MAX), 50, false),
    ];
    for (state, percent, stops) in table {
        let found = limit(on(9, 9, percent), std::slice::from_ref(&state));
        assert_eq!(
            found,
            stops.then_some(StopLimit::HeldRowsPercent),
            "{:?} {percent}",
            state.counts
        );
    }
    // 5 of 90, and then of 100: rows of clinics that wait do not dilute them.
    let mut states = vec![held("a", 5, 90), clinic("b", Stage::Running)];
    assert_eq!(limit(on(1, 1, 6), &states), None);
    assert_eq!(limit(on(1, 1, 5), &states), Some(StopLimit::HeldRowsPercent));
    states.push(clinic("c", Stage::Waiting));
    assert_eq!(stop(&on(1, 1, 5), &states).unwrap().of, 90);
    states.push(clinic("d", Stage::Verified));
    assert_eq!(stop(&on(1, 1, 5), &states).unwrap().of, 100);
}

#[test]
fn a_reason_says_which_limit_by_how_much_and_which_clinics() {
    let states =
        [clinic("b", Stage::Failed), clinic("c", Stage::Verified), clinic("a", Stage::Refused)];
    let reason = stop(&on(1, 1, 5), &states).unwrap();
    assert_eq!(reason.clinics, ["a", "b"]);
    assert_eq!(reason.to_string(), "2 of 3 clinics failed (a, b); `failed_clinics` stops at 1");
    let reason = stop(&StopOn::default(), &[held("a", 6, 100)]).unwrap();
    assert_eq!(
        reason.to_string(),
        "6 of 100 planned rows were held (a); `held_rows_percent` stops at 5 percent"
    );
    let reason = stop(&StopOn::default(), &[clinic("a", Stage::Applied)]).unwrap();
    let said = "1 of 1 clinics are not verified (a); `verify_failures` stops at 1";
    assert_eq!(reason.to_string(), said);
}

#[test]
fn the_next_wave_waits_for_every_clinic_of_this_one() {
    let ids = ["a", "b", "c"].map(str::to_owned);
    let wave = Wave { name: "canary".to_owned(), clinics: ids.into() };
    let open = |ids: &[&str]| Err(NotYet::Open(ids.iter().map(|id| (*id).to_owned()).collect()));
    let mut states = vec![clinic("a", Stage::Verified), clinic("b", Stage::Running)];
    let may = |on: StopOn, states: &[ClinicState]| may_start_next(&on, &wave, states);
    assert_eq!(may(StopOn::default(), &states), open(&["b", "c"]), "c is not known: not at an end");
    states[1].stage = Stage::Unchanged;
    states.push(clinic("c", Stage::Waiting));
    assert_eq!(may(StopOn::default(), &states), open(&["c"]));
    states[2].stage = Stage::Verified;
    assert_eq!(may(StopOn::default(), &states), Ok(()));
    states[2] = clinic("c", Stage::Failed);
    assert!(matches!(may(StopOn::default(), &states), Err(NotYet::Stopped(_))));
    let not_verified =
        |ids: &[&str]| Err(NotYet::NotVerified(ids.iter().map(|id| (*id).to_owned()).collect()));
    assert_eq!(
        may(on(2, 1, 5), &states),
        not_verified(&["c"]),
        "the rest of the wave goes on alone"
    );
    states[0] = held("a", 1, 1000);
    assert_eq!(may(on(2, 1, 5), &states), not_verified(&["a", "c"]));
    // A limit that an earlier wave reached holds for this one too.
    states.push(clinic("z", Stage::Failed));
    assert!(matches!(may(on(2, 1, 5), &states), Err(NotYet::Stopped(_))));
    let nobody = Wave { name: "empty".to_owned(), clinics: Vec::new() };
    assert_eq!(may_start_next(&StopOn::default(), &nobody, &[]), Ok(()));
}
