//! Dates of the form `2027-01-31` and nothing else: no time, no short forms.

use jiff::civil::Date;

/// Reads `2027-01-31`.
pub(super) fn parse(text: &str) -> Option<Date> {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if shape { text.parse().ok() } else { None }
}

/// For `#[serde(with)]` on optional dates of a world file.
pub(super) mod optional {
    use jiff::civil::Date;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature that serde(with) asks for"
    )]
    pub(in super::super) fn serialize<S: Serializer>(
        date: &Option<Date>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match date {
            Some(date) => serializer.collect_str(date),
            None => serializer.serialize_none(),
        }
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Date>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else {
            return Ok(None);
        };
        super::parse(&text).map(Some).ok_or_else(|| {
            D::Error::custom(format!("`{text}` is not a date of the form 2027-01-31"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn only_the_long_form_is_a_date() {
        assert!(parse("2027-01-31").is_some());
        for bad in ["2027-02-30", "20270131", "2027-1-31", "2027-01-31T00:00", "", "2027-01-3a"] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
