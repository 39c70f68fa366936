//! Random fault scripts for the matrix.

use accuroform::sim::RowKey;

use crate::random_clinic::{Clinic, Random};

/// A fault script; none at all now and then.
pub(crate) fn script(random: &mut Random, clinic: &Clinic) -> String {
    let mut script = String::new();
    for _ in 0..random.below(7) {
        let action = action(random, clinic);
        let on = if action.starts_with("sync") {
            "sync_start"
        } else {
            *random.pick(&[
                "any",
                "token",
                "offices",
                "office_providers",
                "users",
                "grid_read",
                "grid_write",
                "grid_write",
                "grid_write",
                "site",
                "sync_start",
                "sync_run",
            ])
        };
        let turn = match random.below(10) {
            0 => String::new(),
            1 => format!("every: {}, ", 2 + random.below(5)),
            2 | 3 => format!("from: {}, times: {}, ", 1 + random.below(4), 2 + random.below(5)),
            _ => format!("nth: {}, ", 1 + random.below(5)),
        };
        script += &format!("- {{on: {on}, {turn}{action}}}\n");
    }
    if random.percent(25) {
        // An answer is lost, and then the service is busy or refuses for a while.
        let nth = 1 + random.below(2);
        let lost = *random.pick(&["reset: after_write", "body: truncated"]);
        let then = *random.pick(&[
            "status: 429",
            "status: 403",
            "status: 503",
            "redirect: 'http://127.0.0.1:9/'",
        ]);
        let (from, times) = (nth + 1, 1 + random.below(6));
        script += &format!("- {{on: grid_write, nth: {nth}, {lost}}}\n");
        script += &format!("- {{on: grid_write, from: {from}, times: {times}, {then}}}\n");
    }
    if random.percent(40) {
        script += &format!(
            "- random: {{seed: {}, percent: {}, delay: 0.002, of: [status_503, status_429, \
             status_500, reset, after_write, delay, delay_answer, truncated, cut_json, not_json, \
             expire_tokens, concurrent_writer, redirect, sync_fail, sync_already_running, \
             sync_started_by_other]}}\n",
            random.next() >> 12,
            1 + random.below(25),
        );
    }
    script
}

fn action(random: &mut Random, clinic: &Clinic) -> String {
    let plain = [
        "status: 503",
        "status: 503, retry_after: 0",
        "status: 429",
        "status: 500, text: '<h1>down</h1>'",
        "status: 502",
        "status: 403",
        "reset: before",
        "reset: after_write",
        "reset: after_write",
        "body: truncated",
        "body: truncated",
        "body: cut_json",
        "body: not_json",
        "body: huge, size: 200000",
        "delay: 0.003",
        "delay_answer: 0.003",
        "expire_tokens: true",
        "redirect: 'http://127.0.0.1:9/'",
        "sync: fail, message: no",
        "sync: already_running, seconds: 0.02",
        "sync: started_by_other, seconds: 0.02",
        "writer",
        "writer",
    ];
    match *random.pick(&plain) {
        "writer" => {
            let RowKey { user, office, provider } = *random.pick(&clinic.places);
            let what = *random.pick(&["bump: true", "full: [patient, inbox]", "full: []"]);
            format!(
                "concurrent_writer: {{user: {user}, office: {office}, provider: {provider}, {what}}}"
            )
        }
        other => other.to_owned(),
    }
}
