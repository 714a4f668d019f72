//! How the system shares processors between the host's threads and its workers.
//!
//! Workers stand behind the others, and those of the lane at the back also ask for longer turns (Linux): since
//! Linux 6.12 a thread that wakes up goes at once before one that did, whatever their priorities are. Without
//! that it waits until the other enters the kernel, which code that only computes does not do for milliseconds.
//! How much of a processor each gets in the long run stays as the priorities say, so that, unlike in the
//! system's idle class, nobody starves. Older systems take the wish and do without it.

use std::{io, time::Duration};

use super::lanes::Lane;

/// How much further back than the host's other threads workers stand, in the system's terms, ...
const NICE: i32 = 5;
/// ... and those at the back. Not as far as one can: on a machine that others keep busy a call must still end
/// before its time by the clock is over.
const NICE_BACK: i32 = 10;
/// The length of the turns that those at the back ask for: the longest that the system gives.
const TURN_BACK: Duration = Duration::from_millis(100);

/// Lets the host's other threads go before this one: whoever posts or reads should not notice that a
/// reducer is busy.
pub(super) fn step_back(lane: Lane) {
    let stepped = match lane {
        Lane::Front => nice(NICE),
        Lane::Back => nice(NICE_BACK).and_then(|()| lengthen(TURN_BACK)),
    };
    if let Err(error) = stepped {
        tracing::debug!(%error, "the priority of a worker stays as it is");
    }
}

fn nice(back: i32) -> io::Result<()> {
    rustix::process::nice(back)?;
    Ok(())
}

/// Asks for turns of this length for the calling thread; none: the system's own.
#[cfg(target_os = "linux")]
fn lengthen(turn: Duration) -> io::Result<()> {
    let mut attributes = linux::attributes()?;
    attributes.sched_runtime = u64::try_from(turn.as_nanos()).unwrap_or(u64::MAX);
    linux::set(&mut attributes)
}

#[cfg(not(target_os = "linux"))]
fn lengthen(_: Duration) -> io::Result<()> {
    Ok(())
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "two system calls that no library wraps for threads that compute")]
mod linux {
    use std::{io, ptr};

    use libc::{SYS_sched_getattr, SYS_sched_setattr, sched_attr, syscall};

    /// The calling thread.
    const THIS: libc::pid_t = 0;
    /// Neither call knows flags.
    const NO_FLAGS: libc::c_uint = 0;
    #[expect(clippy::cast_possible_truncation, reason = "56 bytes")]
    const SIZE: u32 = size_of::<sched_attr>() as u32;

    /// How the system schedules the calling thread.
    pub(super) fn attributes() -> io::Result<sched_attr> {
        let mut attributes = sched_attr {
            size: SIZE,
            sched_policy: 0,
            sched_flags: 0,
            sched_nice: 0,
            sched_priority: 0,
            sched_runtime: 0,
            sched_deadline: 0,
            sched_period: 0,
        };
        // SAFETY: the system writes at most `SIZE` bytes to a place that has them, all of them plain numbers.
        let done = unsafe { syscall(SYS_sched_getattr, THIS, &raw mut attributes, SIZE, NO_FLAGS) };
        answer(done).map(|()| attributes)
    }

    /// Lets the system schedule the calling thread so.
    pub(super) fn set(attributes: &mut sched_attr) -> io::Result<()> {
        attributes.size = SIZE;
        // SAFETY: the system reads as many bytes as `size` says (and, where it knows fewer, writes that there).
        let done = unsafe { syscall(SYS_sched_setattr, THIS, ptr::from_mut(attributes), NO_FLAGS) };
        answer(done)
    }

    fn answer(done: libc::c_long) -> io::Result<()> {
        if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn workers_step_back_and_those_at_the_back_take_longer_turns_too() {
        let of = |lane| {
            let stepped = move || {
                let before = linux::attributes().unwrap().sched_nice;
                step_back(lane);
                (before, linux::attributes().unwrap())
            };
            thread::spawn(stepped).join().unwrap()
        };
        let ((before, front), (_, back)) = (of(Lane::Front), of(Lane::Back));
        // The system has nobody stand further back than this.
        let stands = |nice: i32| (before + nice).min(19);
        assert_eq!((front.sched_nice, front.sched_policy), (stands(NICE), 0));
        assert_eq!((back.sched_nice, back.sched_policy), (stands(NICE_BACK), 0));
        let (front, back) = (front.sched_runtime, back.sched_runtime);
        // A system that knows no such wish says nothing about it.
        assert!(back == 0 || u128::from(back) == TURN_BACK.as_nanos(), "{back}");
        assert!(u128::from(front) < TURN_BACK.as_nanos());
    }
}
