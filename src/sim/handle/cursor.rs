//! Where a page of the grid ended, as an opaque text.
//!
//! It names the last row of the page and not a number of rows, so that rows which come and go
//! between two pages neither repeat nor hide others. The checksum binds it to its user and makes a
//! made-up cursor an error; it protects nothing else.

use sha2::{Digest, Sha256};

use crate::sim::credentials::hex;

/// The cursor after this row of the user's grid.
pub(super) fn write(user: u64, (office, provider): (u64, u64)) -> String {
    let place = format!("{office:016x}{provider:016x}");
    format!("{place}{}", checksum(user, &place))
}

/// The row after which to go on.
pub(super) fn read(user: u64, text: &str) -> Option<(u64, u64)> {
    let (place, sum) = text.split_at_checked(32)?;
    if sum != checksum(user, place) {
        return None;
    }
    let (office, provider) = place.split_at_checked(16)?;
    let number = |text| u64::from_str_radix(text, 16).ok();
    Some((number(office)?, number(provider)?))
}

fn checksum(user: u64, place: &str) -> String {
    let digest = Sha256::digest(format!("grid cursor {user} {place}"));
    hex(digest.first_chunk::<8>().map_or(&[], |chunk| chunk.as_slice()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_cursor_of_the_same_user_is_read() {
        let cursor = write(77, (3, 1042));
        assert_eq!(read(77, &cursor), Some((3, 1042)));
        assert_eq!(read(78, &cursor), None);
        assert_eq!(read(77, &cursor.replace('3', "4")), None);
        assert_eq!(read(77, ""), None);
        assert_eq!(read(77, "é".repeat(20).as_str()), None);
    }
}
