//! Two people: who attests a verification is not who attested what it is about.

use thiserror::Error;

use crate::model::fold;

/// The same person attested both.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{verifier} attested what is to be verified; with `four_eyes` somebody else verifies it")]
pub struct SameEyes {
    /// Who it is.
    pub verifier: String,
}

/// Whether `verifier` may attest the verification of what `hands` attested. Names are compared as
/// names of people are, whatever their case and spacing.
pub fn other_eyes<'a>(
    is_demanded: bool,
    hands: impl IntoIterator<Item = &'a str>,
    verifier: &str,
) -> Result<(), SameEyes> {
    let mut hands = hands.into_iter();
    if is_demanded && hands.any(|hand| fold(hand) == fold(verifier)) {
        return Err(SameEyes { verifier: verifier.to_owned() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_person_does_not_verify_under_another_spelling() {
        let hands = || ["Jos\u{e9} Roy", "Ann One"];
        for same in ["Jos\u{e9} Roy", "JOS\u{c9}  roy", " Jose\u{301} Roy ", "ann one"] {
            assert_eq!(
                other_eyes(true, hands(), same),
                Err(SameEyes { verifier: same.to_owned() })
            );
            assert_eq!(other_eyes(false, hands(), same), Ok(()), "only where it is demanded");
        }
        assert_eq!(other_eyes(true, hands(), "Bo Roy"), Ok(()));
        assert_eq!(other_eyes(true, [], "Ann One"), Ok(()), "nobody attested anything");
    }
}
