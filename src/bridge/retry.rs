//! When a call is sent again: only when sending twice is harmless, and never past the deadline.

use std::future::Future;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use tokio::time::Instant;

use super::{BridgeError, Limits};

/// Whether a call may be sent twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// A read, or a write with an idempotency key.
    Harmless,
    /// A write that a server might carry out twice.
    Never,
}

/// Runs `call` until it succeeds, fails for good, or its time is over. `Retry-After` is honoured
/// as the least wait; a wait that would end past the deadline is not begun.
pub(super) async fn retried<T, F: Future<Output = Result<T, BridgeError>>>(
    limits: Limits,
    repeat: Repeat,
    call: impl FnMut() -> F,
) -> Result<T, BridgeError> {
    let begun = Instant::now();
    call.retry(
        ExponentialBuilder::default()
            .with_min_delay(limits.backoff)
            .with_max_delay(Duration::from_secs(10))
            .with_max_times(limits.retries)
            .with_jitter(),
    )
    .when(|error| repeat == Repeat::Harmless && error.is_passing())
    .adjust(|error, wait| {
        let wait = wait?.max(error.retry_after().unwrap_or_default());
        (begun.elapsed() + wait < limits.total).then_some(wait)
    })
    .notify(|error, wait| tracing::debug!(%error, ?wait, "trying again"))
    .await
    // A call that needs this one, as every call needs a token, must not begin it all again.
    .map_err(|error| BridgeError { exhausted: true, ..error })
}
