//! The write side for people: the shortest ordered list of clicks that does what an approved plan
//! says, at Accuro's Manage Security screen. Pure; `report/` prints it, the journal keeps what was
//! said of it.

mod clicks;

pub use clicks::{
    AccessUntil, AskedRow, AskedUser, ColumnClick, Heading, OfficeClicks, RowClicks, SCREEN,
    UserClicks, Worklist, clicks, worklist,
};
