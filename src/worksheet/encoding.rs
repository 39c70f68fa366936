//! The text of a file. UTF-8 and UTF-16 say what they are; any other encoding would have to be guessed, and
//! names with it, so it is refused.

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    /// Excel's "Unicode Text".
    Utf16Le,
    Utf16Be,
}

/// Bytes that are no text, as far as they could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NoText {
    /// The text before the fault.
    pub(super) before: String,
    /// All of it, as well as it can be read.
    pub(super) whole: String,
    /// What is wrong: a lower-case fragment.
    pub(super) message: String,
    pub(super) hint: &'static str,
}

const AS_UTF8: &str = "save it as \"CSV UTF-8\", or as XLSX";

/// Reads bytes as text; a byte order mark stays its first character.
pub(super) fn decode(bytes: &[u8]) -> Result<(Encoding, String), NoText> {
    let encoding = match bytes {
        [0xd0, 0xcf, 0x11, 0xe0, ..] => {
            let message = "the file is a workbook of old Excel, or has a password".to_owned();
            let hint = "save it as XLSX, without a password";
            return Err(NoText { before: String::new(), whole: String::new(), message, hint });
        }
        [0xff, 0xfe, ..] => Encoding::Utf16Le,
        [0xfe, 0xff, ..] => Encoding::Utf16Be,
        _ => Encoding::Utf8,
    };
    let text = match encoding {
        Encoding::Utf8 => utf8(bytes)?,
        Encoding::Utf16Le => utf16(bytes, u16::from_le_bytes)?,
        Encoding::Utf16Be => utf16(bytes, u16::from_be_bytes)?,
    };
    match text.split_once('\0') {
        None => Ok((encoding, text)),
        Some((before, _)) => Err(nul(before, &text, bytes)),
    }
}

fn utf8(bytes: &[u8]) -> Result<String, NoText> {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(text.to_owned()),
        Err(error) => error,
    };
    let (before, rest) = bytes.split_at(error.valid_up_to());
    let (before, whole) = (String::from_utf8_lossy(before), String::from_utf8_lossy(bytes));
    if let Some((before, _)) = before.split_once('\0') {
        return Err(nul(before, &whole, bytes));
    }
    let (before, whole) = (before.into_owned(), whole.into_owned());
    let byte = rest.first().copied().unwrap_or_default();
    let message = format!(
        "the byte {byte:02X} is not UTF-8; Excel's plain \"CSV\" is in another encoding, often Windows-1252"
    );
    let hint = "save it as \"CSV UTF-8\", or as XLSX: which letter is meant would be guessed";
    Err(NoText { before, whole, message, hint })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, NoText> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::new();
    let mut is_whole = rest.is_empty();
    for one in char::decode_utf16(pairs.iter().copied().map(unit)) {
        let Ok(one) = one else {
            is_whole = false;
            break;
        };
        text.push(one);
    }
    if is_whole {
        return Ok(text);
    }
    let message = "a character of the UTF-16 is cut in two".to_owned();
    Err(NoText { before: text.clone(), whole: text, message, hint: "save it again, whole" })
}

fn nul(before: &str, whole: &str, bytes: &[u8]) -> NoText {
    let (pairs, _) = bytes.as_chunks::<2>();
    let wide = pairs.iter().filter(|pair| pair.contains(&0)).count();
    let message = if wide > pairs.len() / 2 {
        "the file has a NUL in every other byte, as UTF-16 without a byte order mark has"
    } else {
        "the text has a NUL, which no spreadsheet writes"
    };
    let (before, whole, message) = (before.to_owned(), whole.to_owned(), message.to_owned());
    NoText { before, whole, message, hint: AS_UTF8 }
}

/// The bytes of a text: those that it was read from, where it is as it was.
pub(super) fn encode(encoding: Encoding, text: &str) -> Vec<u8> {
    match encoding {
        Encoding::Utf8 => text.as_bytes().to_owned(),
        Encoding::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Encoding::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
    }
}
