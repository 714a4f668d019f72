//! Why a run did not come to its end.

use std::{io, net::SocketAddr};

use super::connection::Failure;

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// An option that makes no sense, or not beside the others.
    #[error("{option} {why}")]
    Option {
        /// The option as it is written on the command line.
        option: &'static str,
        /// What is wrong with it, and what would be right.
        why: String,
    },
    /// The URL is not one of a host.
    #[error("{url:?} is not the URL of a host: {why}; try http://127.0.0.1:4580")]
    Url {
        /// The URL as given.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The target is another machine.
    #[error(
        "{url} is {address}, which is not a loopback address: a run loads a host fully, and its events stay in the store; add --anywhere if that is what you want"
    )]
    Foreign {
        /// The URL as given.
        url: String,
        /// Where it leads.
        address: SocketAddr,
    },
    /// Nobody listens there.
    #[error("nothing answers at {address} ({error}): start a host there (everfold serve), or name its URL")]
    NoHost {
        /// Where.
        address: SocketAddr,
        /// What the machine says.
        error: io::Error,
    },
    /// Some connections could be opened, but not all.
    #[error(
        "connection {number} of {wanted} cannot be opened: {failure}; ask for fewer (--connections), or raise the limit of open files (ulimit -n) here and where the host runs"
    )]
    TooMany {
        /// Which one, counted from 1.
        number: usize,
        /// How many there should be.
        wanted: usize,
        /// What went wrong.
        failure: Failure,
    },
    /// The host was there and gave no answer.
    #[error("{path} gave no answer: {failure}; is the host still running?")]
    NoAnswer {
        /// What was asked for.
        path: String,
        /// What went wrong.
        failure: Failure,
    },
    /// The host answered with a problem.
    #[error("{path} answered {status}: {detail}")]
    Refused {
        /// What was asked for.
        path: String,
        /// The status.
        status: u16,
        /// What else it said.
        detail: String,
    },
    /// Whoever answers is no host.
    #[error("{path} was answered, but not as a host answers ({why}): is this the URL of Everfold?")]
    Foreigner {
        /// What was asked for.
        path: String,
        /// What is wrong with the answer.
        why: String,
    },
    /// The host does not open a websocket.
    #[error("{path} cannot be opened as a websocket: {why}")]
    NoSocket {
        /// Where.
        path: String,
        /// What the host says.
        why: String,
    },
    /// This process may not have as many connections open.
    #[error(
        "{needed} open files are needed and this process may have {most}: ask for fewer connections (--connections), or raise the limit (ulimit -n); the host needs as many"
    )]
    Files {
        /// How many are needed.
        needed: u64,
        /// How many there may be.
        most: u64,
    },
    /// A domain that cannot be measured.
    #[error("--domain {domain}: {why}")]
    Domain {
        /// Its name.
        domain: String,
        /// Why, and what would do.
        why: String,
    },
    /// The workload needs a domain, and there is not exactly one.
    #[error("{workload} needs one domain: {why}")]
    OneDomain {
        /// The workload.
        workload: &'static str,
        /// What there is, and what to do.
        why: String,
    },
    /// Stopped before anything was measured.
    #[error("stopped before anything was measured")]
    Stopped,
    /// The machine gives no thread, timer or memory.
    #[error("this machine does not let the run go on: {0}")]
    Machine(#[from] io::Error),
    /// A part of the run broke.
    #[error("a part of the run broke: {0}")]
    Broken(String),
}

impl BenchError {
    /// Of the `number`th of several connections, counted from 1.
    pub(super) fn connection(number: usize, wanted: usize, path: &str, failure: Failure) -> Self {
        match failure {
            Failure::Refused(why) => Self::NoSocket { path: path.to_owned(), why },
            failure => Self::TooMany { number, wanted, failure },
        }
    }
}
