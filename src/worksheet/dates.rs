//! Dates and times as people write them. What has two meanings has none here.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::model::Until;

/// What is wrong with a date, as a fragment, and what to write.
pub(super) type NoDate = (String, String);

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Reads a date in one of the common forms. The day and the month are told apart by their numbers or not
/// at all.
pub(super) fn date(text: &str) -> Result<Date, NoDate> {
    let unknown = || {
        let message = format!("`{text}` is not a date");
        (message, "write it as 2027-01-31, or 31 Jan 2027".to_owned())
    };
    // A spreadsheet may add the time of a date.
    let bare = text
        .split_once('T')
        .map_or(text, |(date, time)| if time.starts_with("00:00") { date } else { text });
    let bare = bare.strip_suffix(" 00:00:00").or(bare.strip_suffix(" 00:00")).unwrap_or(bare);
    let parts: Vec<&str> = bare
        .split(|c: char| c.is_whitespace() || matches!(c, '-' | '/' | '.' | ','))
        .filter(|part| !part.is_empty())
        .collect();
    let [one, two, three] = parts.as_slice() else { return Err(unknown()) };
    let make = |year: &str, month: i8, day: &str| {
        let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
        let year: i16 = year.parse().ok().filter(|_| is_year)?;
        Date::new(year, month, small(day)?).ok()
    };
    let found = match (month(one), month(two)) {
        (Some(month), None) => make(three, month, two),
        (None, Some(month)) if one.len() == 4 => make(one, month, three),
        (None, Some(month)) => make(three, month, one),
        (Some(_), Some(_)) => None,
        (None, None) if one.len() == 4 => small(two).and_then(|month| make(one, month, three)),
        (None, None) => {
            let as_day_first = small(two).and_then(|month| make(three, month, one));
            let as_month_first = small(one).and_then(|month| make(three, month, two));
            match (as_day_first, as_month_first) {
                (Some(one), Some(two)) if one != two => {
                    let message = format!("`{text}` may be {one} or {two}");
                    return Err((message, format!("write {one} or {two}")));
                }
                (found, other) => found.or(other),
            }
        }
    };
    found.ok_or_else(unknown)
}

/// A date that somebody typed, or what is wrong with it and what to write.
pub fn typed_date(text: &str) -> Result<Until, NoDate> {
    date(text).map(Until)
}

/// A month by its English name or the beginning of it.
fn month(text: &str) -> Option<i8> {
    let text = text.to_lowercase();
    let long = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let is_it = |at: &usize| {
        MONTHS.get(*at).is_some_and(|short| text.starts_with(short))
            && long.get(*at).is_some_and(|long| long.starts_with(&text) || text == "sept")
    };
    (0..12).find(is_it).and_then(|at| i8::try_from(at + 1).ok())
}

fn small(text: &str) -> Option<i8> {
    let digits = matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

/// Reads a moment: with an offset as it is, without one at the clinic. A date alone is none.
pub fn moment(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    if let Ok(moment) = text.parse::<Zoned>() {
        return Some(moment.timestamp());
    }
    let (date, time) = text.rsplit_once(' ').or_else(|| text.split_once('T'))?;
    let (date, time) = (self::date(date).ok()?, time.trim());
    let time = if time.find(':') == Some(1) { format!("0{time}") } else { time.to_owned() };
    let is_time = time.len() >= 5 && time.contains(':');
    let time: jiff::civil::Time = time.parse().ok().filter(|_| is_time)?;
    at(date.to_datetime(time), zone)
}

/// A moment as a line above a sheet has it: at the clinic, and read back as the same second.
pub(super) fn stamp(at: Timestamp, zone: &TimeZone) -> String {
    // Local mean times of old had seconds in their offset, which no reader of times is sure of.
    let is_whole = zone.to_offset(at).seconds() % 60 == 0;
    let zone = if is_whole { zone.clone() } else { TimeZone::UTC };
    at.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// A civil time at the clinic; one that the clocks skip or repeat has no single meaning.
pub(super) fn at(civil: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(civil).unambiguous().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_forms_are_one_date() {
        let expected: Date = "2027-01-31".parse().unwrap();
        for text in [
            "2027-01-31",
            "2027/1/31",
            "2027.01.31",
            "31.01.2027",
            "31/01/2027",
            "1/31/2027",
            "01-31-2027",
            "31 Jan 2027",
            "31-Jan-2027",
            "Jan 31, 2027",
            "January 31 2027",
            "JANUARY 31, 2027",
            "31 january 2027",
            "2027-Jan-31",
            "2027-01-31 00:00:00",
            "2027-01-31T00:00:00",
        ] {
            assert_eq!(date(text), Ok(expected), "{text}");
        }
        assert_eq!(date("05/05/2027").unwrap().to_string(), "2027-05-05");
        assert_eq!(date("4 Sept 2027").unwrap().to_string(), "2027-09-04");
    }

    #[test]
    fn what_has_two_meanings_is_asked_and_never_guessed() {
        for text in ["01/02/2027", "1.2.2027", "12-11-2027"] {
            let (message, _) = date(text).unwrap_err();
            assert!(message.contains(" may be "), "{message}");
        }
        for text in [
            "",
            "soon",
            "2027-02-30",
            "31/01/27",
            "Jan 2027",
            "1/2/3/4",
            "2027-13-01",
            "20270131",
            "31 Janx 2027",
            "ma 3 2027",
            "2027-01-31T09:00",
            "+027-01-01",
            "9999999999-1-1",
        ] {
            let (message, hint) = date(text).unwrap_err();
            assert!(message.ends_with("is not a date") && !hint.is_empty(), "{text}: {message}");
        }
    }

    #[test]
    fn a_moment_is_at_the_clinic_unless_it_says_where() {
        let zone = TimeZone::get("America/Toronto").unwrap();
        let expected: Timestamp = "2026-01-05T14:00:00Z".parse().unwrap();
        for text in [
            "2026-01-05T09:00:00-05:00",
            "2026-01-05T14:00:00Z",
            "2026-01-05 09:00",
            "2026-01-05 9:00",
            "5 Jan 2026 9:00",
        ] {
            assert_eq!(moment(text, &zone), Some(expected), "{text}");
        }
        for text in ["2026-01-05", "09:00", "", "today", "2026-03-08 02:30", "2026-11-01 01:30"] {
            assert_eq!(moment(text, &zone), None, "{text}");
        }
    }
}
