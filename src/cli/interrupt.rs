//! Ctrl-C and SIGTERM. They are caught only while something is being written or waited for: before
//! that they end the program at once, because there is nothing to lose.

use std::io::Write as _;

use tokio_util::sync::CancellationToken;

use super::exit::Exit;
use super::failure::Failure;

/// Waits for the next interrupt.
pub(super) async fn once() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let terminate = signal(SignalKind::terminate());
        if let Ok(mut terminate) = terminate {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    drop(tokio::signal::ctrl_c().await);
}

/// Runs `work`. The first interrupt cancels `stop`, so that the work ends in order; the second ends
/// it at once.
pub(super) async fn guarded<T>(
    stop: &CancellationToken,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let twice = async {
        once().await;
        stop.cancel();
        drop(writeln!(
            std::io::stderr(),
            "\ninterrupted: finishing what is in flight; a second Ctrl-C ends at once"
        ));
        once().await;
    };
    tokio::select! {
        result = work => result,
        () = twice => Err(Failure::new(
            Exit::Incomplete,
            "A001",
            "ended at once; what was in flight may have been written",
            "run the command again: it reads what is there and goes on from it",
        )),
    }
}
