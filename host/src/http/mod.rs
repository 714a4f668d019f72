//! Requests and streams: the host's HTTP interface, and the only module that knows axum.
//!
//! | module | what it does |
//! |---|---|
//! | `server` | connections, from the first to the shutdown |
//! | `connection`, `arrivals`, `patient` | one connection: HTTP/1.1 or HTTP/2, the time that a head may take, and how long what is sent may wait |
//! | `front` | what every request passes before the routes, and every answer behind them |
//! | `compress`, `cors`, `timing`, `tags` | of answers: smaller, for other pages, how long they took, entity tags |
//! | `router` | the route table |
//! | `visit` | a request that was let in: the only way from a handler to the host |
//! | `guard` | which hosts and origins are answered |
//! | `access` | who may do what: tokens |
//! | `entrance` | the listener, TLS, and what of them is read again while the host runs |
//! | `append`, `batch` | events come in: one by URL, many in one body |
//! | `expect` | what a request expects of an entity, and the tag that it read |
//! | `events`, `models` | events and models go out, page by page |
//! | `chains` | what led to an event, and what it led to |
//! | `waits` | requests that wait until something is folded |
//! | `streams` | the same, followed: server-sent events and websockets |
//! | `parked` | what waits to be mended, and trying it again |
//! | `divergences` | what reducers emit otherwise than before |
//! | `hosts` | which hosts share the store, and who reduces what |
//! | `operations` | what runs here, and how it is doing |
//! | `problem`, `refusals` | errors as problem+json; the one mapping from the host's errors |
//! | `query`, `negotiate`, `body`, `pages`, `render` | the small print of requests and answers |

mod access;
mod append;
mod arrivals;
mod batch;
mod body;
mod chains;
mod compress;
mod connection;
mod cors;
mod divergences;
mod entrance;
mod events;
mod expect;
mod front;
mod guard;
mod hosts;
mod models;
mod negotiate;
mod operations;
mod pages;
mod parked;
mod patient;
mod problem;
mod query;
mod refusals;
mod render;
mod router;
mod server;
mod streams;
mod tags;
mod timing;
mod visit;
mod waits;

pub use entrance::{Entrance, EntranceError};
pub(crate) use server::serve;
