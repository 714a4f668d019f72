//! A request that passed the guard, and was let in. Handlers reach the host through it and in no other way, so
//! that none can forget to ask.

use std::{borrow::Cow, sync::Arc};

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::{HeaderMap, HeaderValue, request::Parts},
};
use percent_encoding::percent_decode_str;

use super::{
    access::{self, Access, Asks, Visitor},
    guard::Guard,
    negotiate::{self, Form},
    problem::{self as kinds, Problem},
    query::Query,
    streams::Streams,
};
use crate::{Host, config::Scope, error::Invalid, words::ContextName};

/// What all requests share.
#[derive(Clone)]
pub(super) struct Shared(Arc<Parties>);

struct Parties {
    host: Host,
    guard: Guard,
    access: Access,
    streams: Streams,
}

impl Shared {
    pub(super) fn new(host: Host, guard: Guard, access: Access, streams: Streams) -> Self {
        Self(Arc::new(Parties { host, guard, access, streams }))
    }

    /// The rules about hosts and origins.
    pub(super) fn guard(&self) -> &Guard {
        &self.0.guard
    }

    /// The same, for a route that asks something of whoever calls it.
    pub(super) fn asking(&self, asks: Asks) -> App {
        App { shared: self.clone(), asks }
    }
}

/// What a route has, and what it asks. Handlers take requests with this alone, so that there is no route that
/// does not say what it asks.
#[derive(Clone)]
pub(super) struct App {
    shared: Shared,
    asks: Asks,
}

/// A request that no route takes. It passed the guard.
pub(super) struct Stray {
    /// Its head.
    pub(super) parts: Parts,
}

/// A request that passed the guard and was let in.
pub(super) struct Visit {
    app: App,
    visitor: Visitor,
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
        let Parties { guard, access, .. } = &*app.shared.0;
        guard.check(&parts)?;
        let visitor = access.check(&parts, app.asks)?;
        Ok(Self { visit: Visit { app: app.clone(), visitor, parts }, body })
    }
}

impl FromRequest<Shared> for Stray {
    type Rejection = Problem;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, Problem> {
        let (parts, _) = request.into_parts();
        shared.0.guard.check(&parts)?;
        Ok(Self { parts })
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
        &self.app.shared.0.host
    }

    /// The streams that are open.
    pub(super) fn streams(&self) -> &Streams {
        &self.app.shared.0.streams
    }

    /// Whether the visitor administers a context: may see how its reducers are doing, and mend them.
    pub(super) fn administers(&self, context: &ContextName) -> bool {
        self.visitor.as_ref().is_none_or(|token| token.may(Scope::Admin, context.as_str()))
    }

    /// Whether the visitor administers all contexts.
    pub(super) fn administers_all(&self) -> bool {
        self.visitor.as_ref().is_none_or(|token| token.may_everywhere(Scope::Admin))
    }

    /// Fails unless the visitor may do something else as well, beside what the route asks.
    pub(super) fn require(&self, asks: Asks) -> Result<(), Problem> {
        self.app.shared.0.access.check(&self.parts, asks).map(drop)
    }

    /// Whether there are no tokens, so that everybody may know everything.
    pub(super) fn is_open(&self) -> bool {
        self.app.shared.0.access.is_open()
    }

    /// Returns once the visitor would not be let in any more.
    pub(super) fn withdrawn(&self) -> Result<impl Future<Output = ()> + Send + use<>, Problem> {
        self.app.shared.0.access.withdrawn(&self.parts, self.app.asks)
    }

    /// How long what never changes may be cached. What needs a token is kept by nobody who answers others.
    pub(super) fn immutable(&self) -> HeaderValue {
        HeaderValue::from_static(match self.visitor {
            None => "public, max-age=31536000, immutable",
            Some(_) => "private, max-age=31536000, immutable",
        })
    }

    /// Its headers.
    pub(super) fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// Whether it asks for a stream, and in which form.
    pub(super) fn follows(&self) -> Option<Form> {
        Some(self.form()).filter(|form| matches!(form, Form::ServerSentEvents | Form::WebSocket))
    }

    /// Whether it asks for a websocket that may have this subprotocol.
    pub(super) fn offers(&self, protocol: &str) -> bool {
        access::offers(&self.parts, protocol)
    }

    /// Whether it asks for the head of an answer only.
    pub(super) fn asks_head(&self) -> bool {
        negotiate::asks_head(&self.parts)
    }

    /// The form that it asks for.
    pub(super) fn form(&self) -> Form {
        negotiate::form(&self.parts)
    }

    /// The first segments of its path, decoded. The route table vouches for their number.
    pub(super) fn path<const N: usize>(&self) -> Result<[Cow<'_, str>; N], Problem> {
        let mut segments = segments(self.parts.uri.path());
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

/// A segment of a path, counted from 0, decoded; empty if there is none.
pub(super) fn segment(path: &str, index: usize) -> Result<Cow<'_, str>, Problem> {
    decode(segments(path).nth(index).unwrap_or_default())
}

/// The segments of a path, as they are written.
pub(super) fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').skip(1)
}

/// A segment of a path, decoded.
pub(super) fn decode(segment: &str) -> Result<Cow<'_, str>, Problem> {
    let decoded = percent_decode_str(segment).decode_utf8();
    decoded.map_err(|_| Problem::new(&kinds::NOT_FOUND, format!("path segment {segment:?} is not UTF-8")))
}
