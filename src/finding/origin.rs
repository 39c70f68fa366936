//! Where a statement about Accuro or Ocean is from. What no vendor documents is labelled so wherever it is read.

/// Who says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Ocean's article on the permissions of the `OceanAPI` user.
    OceanArticle,
    /// Ocean's other help pages on Cloud Connect, reminders and the Patients page.
    OceanHelp,
    /// The page of Accuro's user guide on the grid.
    AccuroGuide,
    /// That page and QHR's guide for integrators.
    AccuroGuides,
    /// This project: no vendor documents it.
    Assumed,
}

impl Origin {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::OceanArticle, Self::OceanHelp, Self::AccuroGuide, Self::AccuroGuides, Self::Assumed];

    /// The label that stands behind a statement.
    pub const fn label(self) -> &'static str {
        match self {
            Self::OceanArticle => "documented (Ocean article 360060307451)",
            Self::OceanHelp => "documented (Ocean's help pages)",
            Self::AccuroGuide => "documented (Accuro user guide 8294.htm)",
            Self::AccuroGuides => {
                "documented (Accuro user guide 8294.htm and QHR's integrator guide)"
            }
            Self::Assumed => "assumed by accuroform",
        }
    }

    /// Whether a vendor documents it.
    pub const fn is_documented(self) -> bool {
        !matches!(self, Self::Assumed)
    }
}

/// A statement and who says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What is said: a fragment without a full stop.
    pub text: String,
    /// Who says it.
    pub origin: Origin,
}

impl Statement {
    /// A statement.
    pub fn new(origin: Origin, text: impl Into<String>) -> Self {
        Self { text: text.into(), origin }
    }
}
