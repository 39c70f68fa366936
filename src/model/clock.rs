//! Time as an argument.

use jiff::Timestamp;

/// Where the time comes from. The program makes one from the system's clock; nothing else reads it.
#[derive(Debug, Clone, Copy)]
pub struct Clock(pub fn() -> Timestamp);

impl Clock {
    /// The time now, to the second: records need no more.
    pub fn now(self) -> Timestamp {
        let now = (self.0)();
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }
}
