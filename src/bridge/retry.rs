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

/// Runs `call` until it succeeds, fails for good, or the time since `begun` is over. `Retry-After`
/// is honoured as the least wait; a wait that would end past the deadline is not begun. The error
/// remembers whether an earlier try may have been carried out.
pub(super) async fn retried<T, F: Future<Output = Result<T, BridgeError>>>(
    limits: Limits,
    begun: Instant,
    repeat: Repeat,
    call: impl FnMut() -> F,
) -> Result<T, BridgeError> {
    let mut unanswered = false;
    let result = call
        .retry(
            ExponentialBuilder::default()
                .with_min_delay(limits.backoff)
                .with_max_delay(Duration::from_secs(10))
                .with_max_times(limits.retries)
                .with_jitter(),
        )
        .when(|error| error.is_busy() || repeat == Repeat::Harmless && error.is_passing())
        .adjust(|error, wait| {
            let wait = wait?.max(error.retry_after().unwrap_or_default());
            // The server names the wait, so the sum may be more than a duration can hold.
            (begun.elapsed().saturating_add(wait) < limits.total).then_some(wait)
        })
        .notify(|error, wait| {
            unanswered |= !error.changed_nothing();
            // As a string, so that the log escapes what a server put into it.
            tracing::debug!(error = error.to_string(), ?wait, "trying again");
        })
        .await;
    result.map_err(|error| error.after(unanswered))
}
