//! What a scalar of YAML 1.2 means: text, number, true or false, or nothing.
//!
//! `no`, `off` and `yes` are text, as YAML 1.2 has it. Digits with leading zeros are a kind of
//! their own: readers disagree whether `017` is text, 17 or 15, so it is never guessed.

/// The meaning of a scalar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scalar {
    /// Text, or anything in quotes.
    Text,
    /// A decimal whole number without leading zeros.
    Whole(i64),
    /// Another number: a fraction, an exponent, hexadecimal, octal, or over 64 bits.
    Number,
    /// Digits that readers of YAML understand differently, such as `017`.
    Unclear,
    /// `true` or `false`.
    Bool(bool),
    /// Nothing, `~` or `null`.
    Null,
}

impl Scalar {
    /// The meaning of an unquoted scalar.
    pub(super) fn plain(text: &str) -> Self {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => Self::Null,
            "true" | "True" | "TRUE" => Self::Bool(true),
            "false" | "False" | "FALSE" => Self::Bool(false),
            ".inf" | ".Inf" | ".INF" | "+.inf" | "-.inf" | ".nan" | ".NaN" | ".NAN" => Self::Number,
            _ => Self::number(text),
        }
    }

    fn number(text: &str) -> Self {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if all_digits(unsigned) {
            return if unsigned.len() > 1 && unsigned.starts_with('0') {
                Self::Unclear
            } else {
                text.parse().map_or(Self::Number, Self::Whole)
            };
        }
        let based = ["0x", "0o", "0b"]
            .iter()
            .filter_map(|prefix| unsigned.strip_prefix(prefix))
            .any(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_hexdigit()));
        // `inf` and `nan` parse as floats in Rust, and are text in YAML.
        let fraction = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
            && unsigned.parse::<f64>().is_ok();
        if based || fraction { Self::Number } else { Self::Text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_mean_what_yaml_1_2_says() {
        for text in ["no", "off", "yes", "NO", "2027-01-31", "1.2.3", "12:30", "inf", "nan", "."] {
            assert_eq!(Scalar::plain(text), Scalar::Text, "{text}");
        }
        assert_eq!(Scalar::plain("4021"), Scalar::Whole(4021));
        assert_eq!(Scalar::plain("0"), Scalar::Whole(0));
        assert_eq!(Scalar::plain("-7"), Scalar::Whole(-7));
        for text in ["017", "007", "00", "-01"] {
            assert_eq!(Scalar::plain(text), Scalar::Unclear, "{text}");
        }
        for text in ["1.10", "1e3", "0x1F", "0o17", ".5", ".nan", "99999999999999999999"] {
            assert_eq!(Scalar::plain(text), Scalar::Number, "{text}");
        }
        for text in ["", "~", "null"] {
            assert_eq!(Scalar::plain(text), Scalar::Null, "{text}");
        }
    }
}
