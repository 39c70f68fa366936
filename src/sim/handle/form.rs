//! Queries and forms: percent-decoding, and nothing that was not asked for.

use std::collections::BTreeMap;

/// Why a text is not a query or form that is accepted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FormError {
    /// Not percent-encoded UTF-8.
    Malformed,
    /// The same name twice.
    Repeated(String),
}

/// The names and values of `a=1&b=2`; `+` is a space.
pub(super) fn read(text: &str) -> Result<BTreeMap<String, String>, FormError> {
    let mut values = BTreeMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decode = |text: &str| decode(&text.replace('+', " ")).ok_or(FormError::Malformed);
        let name = decode(name)?;
        if values.insert(name.clone(), decode(value)?).is_some() {
            return Err(FormError::Repeated(name));
        }
    }
    Ok(values)
}

/// Percent-decodes UTF-8 text.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The query as it may be recorded: the values of the contract's own parameters and of `tenant`,
/// and only the names of any other, because a subscription's `uuid` is as good as a secret.
pub(in crate::sim) fn redact(query: &str) -> String {
    let shown = ["userName", "pageSize", "cursor", "tenant"];
    query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if !shown.contains(&name) => format!("{name}=***"),
            Some(_) => pair.to_owned(),
            None if pair.is_empty() => String::new(),
            None => "***".to_owned(),
        })
        .collect::<Vec<_>>()
        .join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_decoded() {
        let values = read("userName=Ocean%20API+%C3%A9&empty=").unwrap();
        assert_eq!(values["userName"], "Ocean API é");
        assert_eq!(values["empty"], "");
    }

    #[test]
    fn broken_and_repeated_parts_are_refused() {
        for bad in ["a=%", "a=%4", "a=%zz", "a=%ff", "%=1", "a=%+1"] {
            assert_eq!(read(bad), Err(FormError::Malformed), "{bad}");
        }
        assert_eq!(read("a=1&%61=2"), Err(FormError::Repeated("a".to_owned())));
    }

    #[test]
    fn only_the_contracts_own_values_are_shown() {
        assert_eq!(
            redact("uuid=secret&pageSize=5&access_token=x&bare&cursor=c&tenant=T"),
            "uuid=***&pageSize=5&access_token=***&***&cursor=c&tenant=T"
        );
    }
}
