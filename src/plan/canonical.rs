//! Canonical JSON (RFC 8785) of a value whose every part is in memory already: keys in the order of
//! their UTF-16 units, nothing between the parts, whole numbers and texts as `serde_json` has them.
//!
//! A fleet seals thousands of plans, and the library orders and copies each level of a document
//! anew. It still writes what is not a whole number, and [`super::file::open`] judges every file by
//! it, so this writer cannot err unseen.

use serde_json::{Number, Value};

/// The largest whole number that canonical JSON carries exactly.
const LARGEST: u64 = (1 << 53) - 1;

/// Writes an item of an array.
type Item<'a> = dyn FnMut(&Value, &mut Vec<u8>) -> Result<(), serde_json::Error> + 'a;

/// Writes the value of a field of an object, which is named by its key.
type Field<'a> = dyn FnMut(&str, &Value, &mut Vec<u8>) -> Result<(), serde_json::Error> + 'a;

/// Writes a value.
pub(super) fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => serde_json::to_writer(out, value),
        Value::Number(value) => number(value, out),
        Value::Array(_) => array(value, out, &mut write),
        Value::Object(_) => object(value, out, &mut |_, value, out| write(value, out)),
    }
}

/// Writes a number.
pub(super) fn number(number: &Number, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    if is_exact(number) {
        return serde_json::to_writer(out, number);
    }
    out.extend(serde_json_canonicalizer::to_vec(number)?);
    Ok(())
}

/// Writes an array, each item as `item` has it; anything else as it is.
pub(super) fn array(
    value: &Value,
    out: &mut Vec<u8>,
    item: &mut Item<'_>,
) -> Result<(), serde_json::Error> {
    let Value::Array(items) = value else { return write(value, out) };
    out.push(b'[');
    for (at, value) in items.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        item(value, out)?;
    }
    out.push(b']');
    Ok(())
}

/// Writes an object in the order of its keys, each value as `field` has it; anything else as it is.
pub(super) fn object(
    value: &Value,
    out: &mut Vec<u8>,
    field: &mut Field<'_>,
) -> Result<(), serde_json::Error> {
    let Value::Object(fields) = value else { return write(value, out) };
    let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
    fields.sort_by(|(one, _), (other, _)| {
        if one.is_ascii() && other.is_ascii() {
            one.cmp(other)
        } else {
            one.encode_utf16().cmp(other.encode_utf16())
        }
    });
    out.push(b'{');
    for (at, (key, value)) in fields.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        serde_json::to_writer(&mut *out, key)?;
        out.push(b':');
        field(key, value, out)?;
    }
    out.push(b'}');
    Ok(())
}

/// Whether it is a whole number whose digits are its canonical form.
fn is_exact(number: &Number) -> bool {
    match (number.as_u64(), number.as_i64()) {
        (Some(number), _) => number <= LARGEST,
        (None, Some(number)) => number.unsigned_abs() <= LARGEST,
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn canonical(value: &Value) -> Result<String, serde_json::Error> {
        let mut out = Vec::new();
        write(value, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    /// Any document, with what is easily written wrongly: control characters, keys beyond the basic
    /// plane, numbers around the largest.
    fn document() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            any::<String>(),
            "[\\x00-\\x20\"\\\\/\\x7f\u{80}\u{2028}\u{e000}\u{ffff}\u{10000}a]{0,4}",
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-2_i64..2).prop_map(|by| json!(9_007_199_254_740_992_i64 + by)),
            any::<f64>().prop_map(Value::from),
            text.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::btree_map(text.clone(), inner, 0..8)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_is_what_the_library_writes(document in document()) {
            let expected = serde_json_canonicalizer::to_string(&document);
            match (canonical(&document), expected) {
                (Ok(text), Ok(expected)) => prop_assert_eq!(text, expected),
                (ours, expected) => prop_assert_eq!(ours.is_err(), expected.is_err()),
            }
        }
    }

    #[test]
    fn keys_are_in_the_order_of_their_utf16_units() {
        // By code points the second key would be the first.
        let document = json!({"\u{10000}": 1, "\u{e000}": 2, "a": [3, {"c": null, "b": "\u{7}"}]});
        let text = canonical(&document).unwrap();
        assert_eq!(
            text,
            "{\"a\":[3,{\"b\":\"\\u0007\",\"c\":null}],\"\u{10000}\":1,\"\u{e000}\":2}"
        );
    }
}
