//! What the tests stand on: hosts, guests, ids, streams, and patience.

mod answer;
mod browser;
mod gate;
mod guests;
mod host;
mod http2;
mod ids;
mod log;
mod pages;
mod patience;
mod place;
mod places;
mod process;
mod reducers;
mod script;
mod stream;
mod tls;
mod websocket;

pub(crate) use answer::Answer;
pub(crate) use browser::Browser;
pub(crate) use gate::Gate;
pub(crate) use guests::{CODE, Guest, guest, root, wasi_guest};
pub(crate) use host::{Host, file_in, put_file_in};
pub(crate) use http2::Http2;
pub(crate) use ids::{entities, entity, event_id, event_ids, foreign_id, ticks};
pub(crate) use log::Log;
pub(crate) use pages::Pages;
pub(crate) use patience::{patiently, wait_until};
pub(crate) use place::{Place, left_out};
pub(crate) use places::{Places, refused, told, verified};
pub(crate) use process::{Process, fed, run, run_within};
pub(crate) use reducers::Reducer;
pub(crate) use script::Script;
pub(crate) use stream::{Frame, Stream};
pub(crate) use tls::Pair;
pub(crate) use websocket::Socket;
