//! The five issues that Ocean's article begins with, and what else may be behind each of them.

use super::origin::Origin;
use crate::model::Column;

/// One of the common issues of Ocean's article 360060307451.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Symptom {
    /// A provider does not appear on the Patients page.
    MissingProvider,
    /// Bookings are missing from the Day Sheet.
    MissingBookings,
    /// Patients get no reminder.
    NoReminders,
    /// Patients cannot confirm.
    CannotConfirm,
    /// "Save for Ocean" cannot be used.
    SaveForOcean,
}

/// Something that is no permission, that accuroform cannot see, and who can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandCheck {
    /// What may be so.
    pub what: &'static str,
    /// Who can look.
    pub who: &'static str,
    /// Who says that it is a cause.
    pub origin: Origin,
}

const SITE_ADMIN: &str = "an Ocean Site Admin, in Cloud Connect";
const REMINDERS: &str = "an Ocean Site Admin, in the settings of reminders";
const FRONT_DESK: &str = "the front desk, at the patient; accuroform reads no patients";
const SCHEDULE: &str = "whoever sees the provider's schedule in Accuro";

const fn check(what: &'static str, who: &'static str) -> HandCheck {
    HandCheck { what, who, origin: Origin::OceanHelp }
}

impl Symptom {
    /// All five, in the article's order.
    pub const ALL: [Self; 5] = [
        Self::MissingProvider,
        Self::MissingBookings,
        Self::NoReminders,
        Self::CannotConfirm,
        Self::SaveForOcean,
    ];

    /// The word on the command line.
    pub const fn key(self) -> &'static str {
        match self {
            Self::MissingProvider => "missing-provider",
            Self::MissingBookings => "missing-bookings",
            Self::NoReminders => "no-reminders",
            Self::CannotConfirm => "cannot-confirm",
            Self::SaveForOcean => "save-for-ocean",
        }
    }

    /// The symptom with this word.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|symptom| symptom.key() == key)
    }

    /// What is seen, in the article's sense.
    pub const fn words(self) -> &'static str {
        match self {
            Self::MissingProvider => {
                "a provider who is enabled in Cloud Connect does not appear on the Patients page"
            }
            Self::MissingBookings => "some or all bookings are missing from the Day Sheet",
            Self::NoReminders => {
                "reminders are on, but patients of some providers get no reminder e-mail"
            }
            Self::CannotConfirm => {
                "patients cannot confirm an appointment from the reminder e-mail"
            }
            Self::SaveForOcean => {
                "\"Save for Ocean\" cannot be used for an attachment in a message or referral"
            }
        }
    }

    /// The columns that it is assumed to need at full. The article maps no symptom to a column.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::MissingProvider | Self::MissingBookings => {
                &[Column::Patient, Column::Scheduling, Column::Visible]
            }
            Self::NoReminders => &[Column::Patient, Column::Scheduling],
            Self::CannotConfirm => &[Column::Scheduling],
            Self::SaveForOcean => &[Column::Emr, Column::Labs],
        }
    }

    /// Whether who is selected in Cloud Connect, and what was synced, can be behind it.
    pub const fn is_of_the_schedule(self) -> bool {
        matches!(self, Self::MissingProvider | Self::MissingBookings)
    }

    /// What is no permission and cannot be seen from here.
    pub const fn hand_checks(self) -> &'static [HandCheck] {
        match self {
            Self::MissingProvider => {
                const {
                    &[
                        check(
                            "the selection in \"Sync Appointments For Provider(s)\" was not saved",
                            SITE_ADMIN,
                        ),
                        check("nothing is booked in the days that Ocean syncs", SCHEDULE),
                        HandCheck {
                            what: "a count of 0 can also come from a missing tick",
                            who: SCHEDULE,
                            origin: Origin::Assumed,
                        },
                        check(
                            "the last change is less than 30 minutes old: Ocean syncs by itself every 30 minutes",
                            SITE_ADMIN,
                        ),
                    ]
                }
            }
            Self::MissingBookings => {
                const { &[check("Schedule Days to Sync is 1, its default", SITE_ADMIN)] }
            }
            Self::NoReminders => {
                const {
                    &[
                        check("reminders are off, or in Test Mode", REMINDERS),
                        check("the provider's schedule is not licensed for reminders", REMINDERS),
                        check(
                            "the patient's e-mail address or phone number is not valid",
                            FRONT_DESK,
                        ),
                        check("the patient opted out", FRONT_DESK),
                    ]
                }
            }
            Self::CannotConfirm => {
                const {
                    &[
                        check("the appointment was moved or cancelled", FRONT_DESK),
                        check(
                            "the patient was locked out after six wrong verifications",
                            FRONT_DESK,
                        ),
                        check(
                            "the patient did confirm, and Accuro shows no status because the name of the custom status is not identical to the setting in Cloud Connect",
                            SITE_ADMIN,
                        ),
                    ]
                }
            }
            Self::SaveForOcean => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symptom_has_its_word_and_columns_of_oceans_six() {
        for symptom in Symptom::ALL {
            assert_eq!(Symptom::from_key(symptom.key()), Some(symptom));
            assert!(!symptom.columns().is_empty());
            assert!(symptom.columns().iter().all(|column| Column::OCEAN.contains(column)));
        }
        assert_eq!(Symptom::from_key("missing"), None);
    }
}
