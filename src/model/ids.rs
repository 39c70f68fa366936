//! Identities. An id is never shown alone where a name is known, and never compared across kinds.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// Identifies an office of one Accuro instance; office names need not be unique.
    OfficeId
}
id! {
    /// Identifies a provider of one Accuro instance; provider names are not unique (facts of the
    /// field: "`providerId` and `officeId` are the identity").
    ProviderId
}
id! {
    /// Identifies an EMR user whose grid is managed.
    UserId
}
id! {
    /// Counts the changes of one row: it grows with every change, and a write names the one it
    /// was planned against.
    Revision
}
