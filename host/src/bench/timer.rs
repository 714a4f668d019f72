//! Waiting for a moment, more exactly than to the runtime's millisecond: what the wait is late counts as
//! latency of the host.

use std::{io, time::Instant};

#[cfg(target_os = "linux")]
pub(super) use linux::Timer;
#[cfg(not(target_os = "linux"))]
pub(super) use other::Timer;

#[cfg(target_os = "linux")]
mod linux {
    use std::os::fd::OwnedFd;

    use rustix::{
        io::Errno,
        time::{
            Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
            timerfd_settime,
        },
    };
    use tokio::io::unix::AsyncFd;

    use super::{Instant, io};

    /// The kernel's timer, read like a socket.
    pub(in crate::bench) struct Timer(AsyncFd<OwnedFd>);

    impl Timer {
        #[expect(
            deprecated,
            reason = "its successor is the same call, unsafe for types whose descriptor may change; this one's cannot"
        )]
        pub(in crate::bench) fn new() -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            Ok(Self(AsyncFd::new(timerfd_create(TimerfdClockId::Monotonic, flags)?)?))
        }

        /// Waits until then; no longer than a moment that has passed already.
        pub(in crate::bench) async fn until(&self, then: Instant) -> io::Result<()> {
            let rest = then.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return Ok(());
            }
            let it_value = Timespec::try_from(rest).map_err(io::Error::other)?;
            let once = Itimerspec { it_interval: Timespec::default(), it_value };
            timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once)?;
            loop {
                let mut ready = self.0.readable().await?;
                match rustix::io::read(&self.0, &mut [0_u8; 8]) {
                    Ok(_) => return Ok(()),
                    // Ready for the time before.
                    Err(Errno::AGAIN) => ready.clear_ready(),
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    use super::{Instant, io};

    /// The runtime's timer.
    pub(in crate::bench) struct Timer;

    impl Timer {
        pub(in crate::bench) fn new() -> io::Result<Self> {
            Ok(Self)
        }

        /// Waits until then, rounded up to a millisecond.
        pub(in crate::bench) async fn until(&self, then: Instant) -> io::Result<()> {
            tokio::time::sleep_until(then.into()).await;
            Ok(())
        }
    }
}
