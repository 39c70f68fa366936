//! What a fleet manifest means.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::findings::Findings;
use super::super::raw::{
    Entries, RawFleet, RawFleetManifest, RawLimits, RawPause, RawRollout, RawStopOn, RawWave,
};
use super::super::source::Source;
use super::checked::{Fleet, Limits, Pause, Rollout, StopOn, Wave};
use crate::diagnostic::{Code, Diagnostic, KeyPath};

const CLINICS: u32 = 16;
const PARALLEL: u32 = 4;

/// Checks a fleet manifest; `None` where a part that it needs was taken out as faulty.
pub(super) fn fleet(
    raw: RawFleetManifest,
    source: &Source,
    findings: &mut Findings,
) -> Option<Fleet> {
    let RawFleetManifest {
        version: _,
        fleet,
        clinics,
        defaults: _,
        limits,
        rollout: raw_rollout,
        state,
    } = raw;
    let path = KeyPath::root().key("rollout");
    let rollout = rollout(raw_rollout.unwrap_or_default(), source, findings, &path);
    let RawFleet { id, name } = fleet?;
    let id = id?;
    Some(Fleet {
        name: name.unwrap_or_else(|| id.clone()),
        id,
        clinics: texts(clinics),
        limits: read(&limits.unwrap_or_default()),
        rollout,
        // Its shape has judged the URL.
        state: state.and_then(|state| state.url?.parse().ok()),
    })
}

fn texts(written: Option<Entries<String>>) -> Vec<String> {
    written.map_or_else(Vec::new, |list| list.0.into_iter().map(|(_, text)| text).collect())
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn read(raw: &RawLimits) -> Limits {
    let RawLimits { clinics, calls_per_host, requests_per_second_per_host } = *raw;
    Limits {
        clinics: size(clinics.unwrap_or(CLINICS)),
        calls_per_host: calls_per_host.map(size),
        requests_per_second_per_host,
    }
}

fn rollout(raw: RawRollout, source: &Source, findings: &mut Findings, path: &KeyPath) -> Rollout {
    let RawRollout {
        waves: raw_waves,
        max_parallel,
        max_parallel_syncs,
        pause: raw_pause,
        stop_on,
    } = raw;
    let max_parallel = size(max_parallel.unwrap_or(PARALLEL));
    let RawStopOn { failed_clinics, verify_failures, held_rows_percent } =
        stop_on.unwrap_or_default();
    Rollout {
        waves: raw_waves.map_or_else(all, |written| {
            let path = path.key("waves");
            let waves = waves(written, findings, &path);
            // A faulty entry may have been the one that takes the rest.
            let is_whole = waves.len() == source.tree().count(&path);
            if is_whole {
                must_take_the_rest(&waves, findings, &path);
            }
            waves
        }),
        max_parallel,
        max_parallel_syncs: max_parallel_syncs.map_or(max_parallel, size),
        pause: pause(raw_pause),
        stop_on: StopOn {
            failed_clinics: failed_clinics.unwrap_or(1),
            verify_failures: verify_failures.unwrap_or(1),
            held_rows_percent: held_rows_percent.unwrap_or(5),
        },
    }
}

fn all() -> Vec<Wave> {
    vec![Wave { name: "all".to_owned(), tags: Vec::new(), percent: None }]
}

fn waves(written: Entries<RawWave>, findings: &mut Findings, path: &KeyPath) -> Vec<Wave> {
    let mut known: BTreeMap<String, KeyPath> = BTreeMap::new();
    let mut waves = Vec::new();
    for (index, RawWave { name, tags, percent }) in written.0 {
        let entry = path.index(index);
        let Some(name) = name else { continue };
        let tags = texts(tags);
        if !tags.is_empty() && percent.is_some() {
            let message = format!("the wave `{name}` has both `tags` and `percent`");
            findings.push(
                Diagnostic::error(Code::Waves, entry.key("percent"), message)
                    .on_key()
                    .hint("keep one of them"),
            );
        }
        if let Some(first) = known.get(&name) {
            let message = format!("two waves are named `{name}`");
            findings.push(
                Diagnostic::error(Code::Waves, entry.key("name"), message)
                    .related("first named here", first.key("name"))
                    .hint("rename one of them"),
            );
        }
        known.insert(name.clone(), entry);
        waves.push(Wave { name, tags, percent });
    }
    waves
}

/// The last wave, and only it, takes what no other takes: so each clinic is in exactly one.
fn must_take_the_rest(waves: &[Wave], findings: &mut Findings, path: &KeyPath) {
    let takes_the_rest = |wave: &Wave| wave.tags.is_empty() && wave.percent.is_none();
    for (index, wave) in waves.iter().enumerate() {
        let is_last = index + 1 == waves.len();
        if takes_the_rest(wave) == is_last {
            continue;
        }
        let (message, hint) = if is_last {
            (
                format!("the last wave, `{}`, does not take the rest of the clinics", wave.name),
                "add a last wave with a name alone: {name: rest}",
            )
        } else {
            (
                format!("the wave `{}` takes all that is left, and is not the last", wave.name),
                "give it `tags` or `percent`, or move it to the end",
            )
        };
        let finding = Diagnostic::error(Code::Waves, path.index(index), message);
        findings.push(finding.hint(hint));
    }
}

fn pause(raw: Option<RawPause>) -> Pause {
    match raw.and_then(|raw| raw.between_waves).as_deref() {
        None => Pause::None,
        Some("manual") => Pause::Manual,
        Some(text) => Pause::For(Duration::from_secs(seconds(text).unwrap_or_default())),
    }
}

/// `90s`, `10m`, `2h` in seconds; at most a day.
pub(in crate::manifest) fn seconds(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let number = number.parse::<u64>().ok().filter(|_| digits)?;
    number.checked_mul(unit).filter(|seconds| (1..=86_400).contains(seconds))
}
