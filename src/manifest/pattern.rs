//! The patterns of the schema, each with the check that judges the same and more, and says what is
//! wrong.

use std::time::Duration;

use jiff::tz;

use super::fleet::{sample, seconds};
use super::pattern_url::url;
use super::shown;
use crate::diagnostic::{Code, did_you_mean};
use crate::model::{PublicKey, StateUrl, Until};

/// Anything but white space.
pub(super) const TEXT: &str = r"\S";
/// A clinic id.
pub(super) const SLUG: &str = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";
/// The short name of a fleet or wave.
pub(super) const SHORT_NAME: &str = "^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$";
/// A date.
pub(super) const DATE: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";
/// An IANA time zone.
pub(super) const ZONE: &str = "^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$";
/// A profile's name; `ocean` is built in.
pub(super) const PROFILE_NAME: &str = r"^(?!ocean$)[\s\S]*\S";
/// The base URL of a bridge.
pub(super) const URL: &str =
    r"^(https://[^/?#@\s]+|http://(localhost|127\.[0-9.]+|\[::1\])(:[0-9]+)?)(/[^?#\s]*)?$";
/// Where a state is kept.
pub(super) const STATE_URL: &str = concat!(
    "^((s3|gs|az)://[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9](/[A-Za-z0-9._=-]+)*/?",
    r"|file:///[^?#@%\s]+)$"
);
/// An environment variable.
pub(super) const ENV: &str = "^[A-Za-z_][A-Za-z0-9_]*$";
/// An environment variable in a fleet's defaults.
pub(super) const ENV_TEMPLATE: &str =
    r"^([A-Za-z_]|\{(ID|TENANT|id|tenant)\})([A-Za-z0-9_]|\{(ID|TENANT|id|tenant)\})*$";
/// The base URL of a bridge in a fleet's defaults.
pub(super) const URL_TEMPLATE: &str =
    r"^(https://[^/?#@\s]+|http://(localhost|127\.[0-9.]+|\[::1\])(:[0-9]+)?)(/[^?#\s]*){0,1}$";
/// What happens between two waves.
pub(super) const PAUSE: &str = "^(manual|[0-9]+[smh])$";
/// How old a capture may be.
pub(super) const AGE: &str = "^[0-9]+[mhd]$";
/// An approver's public key.
pub(super) const PUBLIC_KEY: &str = "^ed25519:[A-Za-z0-9+/]{43}=$";
/// A header that a connection may set.
pub(super) const HEADER: &str = concat!(
    "^(?!([Aa][Uu][Tt][Hh][Oo][Rr][Ii][Zz][Aa][Tt][Ii][Oo][Nn]|[Hh][Oo][Ss][Tt]",
    "|[Ii][Dd][Ee][Mm][Pp][Oo][Tt][Ee][Nn][Cc][Yy]-[Kk][Ee][Yy]",
    "|[Cc][Oo][Nn][Tt][Ee][Nn][Tt]-.*)$)[!#$%&'*+.^_`|~0-9A-Za-z-]+$"
);
/// A path without placeholders.
pub(super) const PATH: &str = r"^(?!.*/\.\.?(/|$))/[^?#{}\s]*$";
/// A path with `{officeId}`.
pub(super) const PATH_OFFICE: &str =
    r"^(?!.*/\.\.?(/|$))/([^?#{}\s]|\{officeId\})*\{officeId\}([^?#{}\s]|\{officeId\})*$";
/// A path with `{userId}`.
pub(super) const PATH_USER: &str =
    r"^(?!.*/\.\.?(/|$))/([^?#{}\s]|\{userId\})*\{userId\}([^?#{}\s]|\{userId\})*$";
/// A path with `{site}`.
pub(super) const PATH_SITE: &str =
    r"^(?!.*/\.\.?(/|$))/([^?#{}\s]|\{site\})*\{site\}([^?#{}\s]|\{site\})*$";
/// A path with `{site}` and `{runId}`.
pub(super) const PATH_RUN: &str =
    r"^(?!.*/\.\.?(/|$))(?=.*\{site\})(?=.*\{runId\})/([^?#{}\s]|\{site\}|\{runId\})*$";

/// What is wrong with a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Which kind of fault.
    pub(super) code: Code,
    /// What is wrong.
    pub(super) message: String,
    /// What to do next.
    pub(super) hint: String,
}

impl Fault {
    pub(super) fn new(code: Code, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: hint.into() }
    }

    /// Whether the message or hint quotes the text.
    pub(super) fn quotes(&self) -> bool {
        !matches!(
            self.code,
            Code::Url
                | Code::StateUrl
                | Code::SecretReference
                | Code::PathTemplate
                | Code::PublicKey
        )
    }
}

type Judge = fn(&str) -> Result<(), Fault>;

/// Every pattern of the schema with its check.
pub(super) const ALL: &[(&str, Judge)] = &[
    (TEXT, text),
    (SLUG, |name| slug(name, Code::ClinicId, "clinic id")),
    (SHORT_NAME, |name| slug(name, Code::BadValue, "short name")),
    (DATE, date),
    (ZONE, zone),
    (PROFILE_NAME, profile_name),
    (URL, url),
    (STATE_URL, state_url),
    (ENV, env),
    (ENV_TEMPLATE, |name| env(&sample(name))),
    (URL_TEMPLATE, |address| url(&sample(address))),
    (PAUSE, pause),
    (AGE, |written| age(written).map(drop)),
    (PUBLIC_KEY, public_key),
    (HEADER, header),
    (PATH, |path| path_template(path, &[])),
    (PATH_OFFICE, |path| path_template(path, &["officeId"])),
    (PATH_USER, |path| path_template(path, &["userId"])),
    (PATH_SITE, |path| path_template(path, &["site"])),
    (PATH_RUN, |path| path_template(path, &["site", "runId"])),
];

/// Judges a text by the check that belongs to a pattern of the schema.
pub(super) fn judge(pattern: &str, written: &str) -> Result<(), Fault> {
    ALL.iter().find(|(known, _)| *known == pattern).map_or(Ok(()), |(_, judge)| judge(written))
}

fn state_url(written: &str) -> Result<(), Fault> {
    let judged = written.parse::<StateUrl>();
    judged.map(drop).map_err(|fault| Fault::new(Code::StateUrl, fault.message, fault.hint))
}

fn text(written: &str) -> Result<(), Fault> {
    if written.trim().is_empty() {
        return Err(Fault::new(
            Code::BadValue,
            "the text is empty",
            "write a text, or remove the key",
        ));
    }
    Ok(())
}

fn slug(written: &str, code: Code, what: &str) -> Result<(), Fault> {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let ends = !written.starts_with('-') && !written.ends_with('-');
    if (1..=63).contains(&written.len()) && written.bytes().all(inner) && ends {
        return Ok(());
    }
    let slug: Vec<String> = written
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let slug = slug.join("-");
    let rule = "use 1 to 63 of a to z, 0 to 9 and -, with no - at either end";
    let hint =
        if (1..=63).contains(&slug.len()) { format!("{rule}: `{slug}`") } else { rule.to_owned() };
    Err(Fault::new(code, format!("`{}` is not a {what}", shown::short(written)), hint))
}

fn date(written: &str) -> Result<(), Fault> {
    written.parse::<Until>().map(|_| ()).map_err(|_| {
        Fault::new(
            Code::Date,
            format!("`{}` is not a date", shown::short(written)),
            "write a day of the calendar as year-month-day: 2027-01-31",
        )
    })
}

fn zone(written: &str) -> Result<(), Fault> {
    let database = tz::db();
    // Without any zone data nothing can be judged here; the zone is needed again when a date is.
    if written.eq_ignore_ascii_case("UTC")
        || database.is_definitively_empty()
        || database.get(written).is_ok()
    {
        return Ok(());
    }
    let names: Vec<String> = database.available().map(|name| name.to_string()).collect();
    let hint = did_you_mean(written, names.iter().map(String::as_str)).map_or_else(
        || "write an IANA name such as America/Toronto".to_owned(),
        |name| format!("did you mean `{name}`?"),
    );
    Err(Fault::new(
        Code::TimeZone,
        format!("no time zone is named `{}`", shown::short(written)),
        hint,
    ))
}

fn profile_name(written: &str) -> Result<(), Fault> {
    if written == "ocean" {
        return Err(Fault::new(
            Code::ReservedProfile,
            "the profile `ocean` is built in",
            "use another name for a profile of your own",
        ));
    }
    text(written)
}

/// The message never shows the name: what stands there by mistake may be the secret.
fn env(written: &str) -> Result<(), Fault> {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    if written.starts_with(first) && written.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    {
        return Ok(());
    }
    Err(Fault::new(
        Code::SecretReference,
        "`env` is not the name of an environment variable",
        "write the variable's name, not its value: {env: NAME}",
    ))
}

fn pause(written: &str) -> Result<(), Fault> {
    if written == "manual" || seconds(written).is_some() {
        return Ok(());
    }
    Err(Fault::new(
        Code::Pause,
        format!("`{}` is not a pause", shown::short(written)),
        "write manual, or a time of up to a day: 90s, 10m, 2h",
    ))
}

/// Reads how old a capture may be.
pub(super) fn age(written: &str) -> Result<Duration, Fault> {
    const MONTH: u64 = 30 * 86_400;
    let parsed = || {
        let (number, unit) = written.split_at_checked(written.len().checked_sub(1)?)?;
        let unit = match unit {
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => return None,
        };
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = number.parse::<u64>().ok().filter(|_| digits)?.checked_mul(unit)?;
        (1..=MONTH).contains(&seconds).then(|| Duration::from_secs(seconds))
    };
    parsed().ok_or_else(|| {
        let message = format!("`{}` is not how old a capture may be", shown::short(written));
        Fault::new(Code::BadValue, message, "write a time of up to 30 days: 30m, 24h, 3d")
    })
}

/// The message never shows the text: it may be a private key.
fn public_key(written: &str) -> Result<(), Fault> {
    written.parse::<PublicKey>().map(|_| ()).map_err(|_| {
        Fault::new(
            Code::PublicKey,
            "the text is not an Ed25519 public key",
            "write the line that `accuroform approve --show-key --key FILE` prints",
        )
    })
}

fn header(written: &str) -> Result<(), Fault> {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+.^_`|~-".contains(c);
    if written.is_empty() || !written.chars().all(token) {
        return Err(Fault::new(
            Code::Header,
            format!("`{}` is not a header name", shown::short(written)),
            "use letters, digits and `-`: X-Subscription-Key",
        ));
    }
    let lower = written.to_ascii_lowercase();
    let ours = ["authorization", "host", "idempotency-key"].contains(&lower.as_str());
    if ours || lower.starts_with("content-") {
        return Err(Fault::new(
            Code::Header,
            format!("the header `{}` is set by accuroform", shown::short(written)),
            "remove it",
        ));
    }
    Ok(())
}

fn path_template(written: &str, needed: &[&str]) -> Result<(), Fault> {
    let fault = |message: String, hint: &str| Err(Fault::new(Code::PathTemplate, message, hint));
    if !written.starts_with('/') {
        return fault("the path does not start with `/`".to_owned(), "write it from the host on");
    }
    if written.contains(['?', '#']) || written.contains(char::is_whitespace) {
        return fault(
            "the path has a query, a fragment or white space".to_owned(),
            "write the path only; query parameters belong to `query`",
        );
    }
    if written.split('/').any(|segment| segment == "." || segment == "..") {
        return fault(
            "the path has a segment `.` or `..`".to_owned(),
            "write the path that it leads to",
        );
    }
    let mut rest = written.to_owned();
    for name in needed {
        let placeholder = format!("{{{name}}}");
        if !rest.contains(&placeholder) {
            return fault(
                format!("the path has no `{placeholder}`"),
                "keep the placeholders of the contract's path",
            );
        }
        rest = rest.replace(&placeholder, "");
    }
    if rest.contains(['{', '}']) {
        let known = needed.iter().map(|name| format!("`{{{name}}}`"));
        let known: Vec<String> = known.collect();
        return fault(
            "the path has a placeholder that is not known here".to_owned(),
            &match known.as_slice() {
                [] => "this path has no placeholders".to_owned(),
                known => format!("known here: {}", known.join(", ")),
            },
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SAMPLES: &[&str] = &[
        "",
        " ",
        "\u{a0}",
        "a",
        "lakeside",
        "-a",
        "a-",
        "A",
        "ocean",
        "oceans",
        "2027-01-31",
        "2027-02-30",
        "2027-1-31",
        "America/Toronto",
        "America/",
        "UTC",
        "utc",
        "https://x",
        "HTTPS://x",
        "https://x:1/y",
        "https://x:99999",
        "https://u@x",
        "https://x?y",
        "https://",
        "http://x",
        "http://localhost:1",
        "http://127.0.0.1",
        "http://[::1]:2/z",
        "http://127.x",
        "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
        "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        "ed25519:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
        "NAME",
        "A_{ID}",
        "{id}",
        "{other}",
        "https://{id}.x",
        "https://x/{tenant}",
        "http://{id}",
        "manual",
        "10m",
        "0m",
        "90",
        "1NAME",
        "NA-ME",
        "X-Key",
        "host",
        "Content-Type",
        "X Key",
        "/a",
        "a",
        "/a/../b",
        "/a?b",
        "/{officeId}",
        "/{officeId}{officeId}",
        "/{userId}/x",
        "/{site}",
        "/{site}/{runId}",
        "/{runId}",
        "/{other}",
        "/{",
        "//",
        "/ä",
    ];

    fn patterns<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::Object(map) => {
                found.extend(map.get("pattern").and_then(Value::as_str));
                map.values().for_each(|value| patterns(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| patterns(value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    #[test]
    fn every_pattern_of_the_schema_has_a_check() {
        let mut found = Vec::new();
        patterns(super::super::schema::schema(), &mut found);
        patterns(super::super::fleet::fleet_schema(), &mut found);
        for pattern in found {
            assert!(ALL.iter().any(|(known, _)| *known == pattern), "{pattern}");
        }
    }

    #[test]
    fn what_a_check_accepts_its_pattern_accepts() {
        for (pattern, judge) in ALL {
            let editor = jsonschema::validator_for(&json!({ "pattern": pattern })).unwrap();
            for sample in SAMPLES {
                if judge(sample).is_ok() {
                    assert!(editor.is_valid(&json!(sample)), "{pattern}: {sample:?}");
                }
            }
        }
    }
}
