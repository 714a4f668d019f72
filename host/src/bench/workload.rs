//! What may be done to a host.

/// What is done to the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Workload {
    /// Append events, one in each request, to many entities
    AppendFold,
    /// Append events in batches (NDJSON), to many entities
    Batches,
    /// Append events, one in each request, from all connections to one entity
    Hot,
    /// Append events of which some are late: their ids sort before events that were folded already
    Late,
    /// Append events over websockets, many under way on each, to many entities
    Sockets,
    /// Append events at a rate and follow the models over websockets: how soon is an event seen?
    Live,
    /// Follow one model over many websockets and change it at a rate: how soon has the last one seen it?
    FanOut,
    /// Read models of entities that there are
    Read,
}

impl Workload {
    /// Its name, as on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AppendFold => "append-fold",
            Self::Batches => "batches",
            Self::Hot => "hot",
            Self::Late => "late",
            Self::Sockets => "sockets",
            Self::Live => "live",
            Self::FanOut => "fan-out",
            Self::Read => "read",
        }
    }

    /// Connections, unless told otherwise.
    pub(super) fn connections(self) -> usize {
        if self == Self::FanOut { 1_000 } else { 64 }
    }

    /// The most connections that make sense. Those that only follow are lighter.
    pub(super) fn most_connections(self) -> u64 {
        if self == Self::FanOut { 20_000 } else { 10_000 }
    }

    /// Entities, unless told otherwise.
    pub(super) fn entities(self, connections: usize) -> usize {
        match self {
            Self::Hot | Self::FanOut => 1,
            // One websocket each, and none of them with two connections that post to it.
            Self::Live => connections,
            _ => 1_000,
        }
    }

    /// Events per second, unless told otherwise; none stands for as fast as answers come.
    pub(super) fn rate(self) -> Option<f64> {
        match self {
            Self::Live => Some(1_000.0),
            Self::FanOut => Some(1.0),
            _ => None,
        }
    }

    /// Requests under way on each connection, unless told otherwise.
    pub(super) fn in_flight(self) -> usize {
        if self == Self::Sockets { 40 } else { 1 }
    }
}
