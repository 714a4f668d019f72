//! A request that passed the guard. Handlers reach the host through it and in no other way, so that none
//! can forget to ask the guard.

use std::{borrow::Cow, sync::Arc};

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::{HeaderMap, request::Parts},
};
use percent_encoding::percent_decode_str;

use super::{
    guard::Guard,
    negotiate::{self, Form},
    problem::{self as kinds, Problem},
    query::Query,
    streams::Streams,
};
use crate::{Host, error::Invalid};

/// What all requests share.
#[derive(Clone)]
pub(super) struct App(Arc<Shared>);

struct Shared {
    host: Host,
    guard: Guard,
    streams: Streams,
}

impl App {
    pub(super) fn new(host: Host, guard: Guard, streams: Streams) -> Self {
        Self(Arc::new(Shared { host, guard, streams }))
    }
}

/// A request that passed the guard.
pub(super) struct Visit {
    app: App,
    /// Its head.
    pub(super) parts: Parts,
}

/// The same, with a body that is still to be read.
pub(super) struct Delivery {
    /// The request.
    pub(super) visit: Visit,
    /// Its body.
    pub(super) body: Body,
}

impl FromRequest<App> for Delivery {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        app.0.guard.check(&parts)?;
        Ok(Self { visit: Visit { app: app.clone(), parts }, body })
    }
}

impl FromRequest<App> for Visit {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        Ok(Delivery::from_request(request, app).await?.visit)
    }
}

impl Visit {
    /// The host.
    pub(super) fn host(&self) -> &Host {
        &self.app.0.host
    }

    /// The streams that are open.
    pub(super) fn streams(&self) -> &Streams {
        &self.app.0.streams
    }

    /// Its headers.
    pub(super) fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// The form that it asks for.
    pub(super) fn form(&self) -> Form {
        negotiate::form(&self.parts.headers)
    }

    /// The first segments of its path, decoded. The route table vouches for their number.
    pub(super) fn path<const N: usize>(&self) -> Result<[Cow<'_, str>; N], Problem> {
        let mut segments = self.parts.uri.path().split('/').skip(1);
        let mut path = [const { Cow::Borrowed("") }; N];
        for segment in &mut path {
            *segment = decode(segments.next().unwrap_or_default())?;
        }
        Ok(path)
    }

    /// Its parameters, of which only `known` ones may be given.
    pub(super) fn query(&self, known: &[&str]) -> Result<Query<'_>, Invalid> {
        Query::parse(self.parts.uri.query(), known)
    }
}

fn decode(segment: &str) -> Result<Cow<'_, str>, Problem> {
    let decoded = percent_decode_str(segment).decode_utf8();
    decoded.map_err(|_| Problem::new(&kinds::NOT_FOUND, format!("path segment {segment:?} is not UTF-8")))
}
