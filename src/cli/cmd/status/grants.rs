//! Managed rows whose access ends soon, or has ended.

use jiff::Span;
use jiff::civil::Date;

use super::item::{Item, Kind};
use crate::plan::Plan;

/// By date: what has ended comes first.
pub(super) fn of(plan: &Plan, days: i32, today: Date) -> Vec<Item> {
    let last = today.checked_add(Span::new().days(days)).unwrap_or(Date::MAX);
    let ends = plan.users.iter().flat_map(|user| {
        let soon = user.ends.iter().filter(|(until, _)| until.0 <= last);
        soon.map(|(until, key)| (until.0, plan.names.address(&plan.clinic, &user.name, *key)))
    });
    let mut ends: Vec<(Date, String)> = ends.collect();
    ends.sort();
    let item = |(until, address): (Date, String)| Item {
        until: Some(until),
        details: vec![address],
        ..Item::new(Kind::Grant, words(until, today))
            .next("write another date in the manifest, or take the row out")
    };
    ends.into_iter().map(item).collect()
}

fn words(until: Date, today: Date) -> String {
    let verb = if until < today { "ended" } else { "ends" };
    format!("access {verb} on {until}")
}
