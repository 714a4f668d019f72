//! What every request passes before the routes, and every answer behind them.
//!
//! This is one function and not a tower of layers: most answers have 20 bytes, and nearly nothing of this
//! applies to them.

use std::{convert::Infallible, time::Instant};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use tower_service::Service;

use super::{compress, cors, negotiate::HeadOnly, router::router, tags, timing, visit::Shared};

/// The whole interface. Cheap to clone.
#[derive(Clone)]
pub(super) struct Front {
    routes: Router,
    shared: Shared,
}

/// What of a request matters once it is answered.
struct Asked {
    since: Instant,
    method: Method,
    /// The codings that its sender accepts.
    codings: Option<HeaderValue>,
    /// The tags that its sender knows.
    tags: Option<HeaderValue>,
    /// The origin of the page that sent it, if that may read the answer.
    page: Option<HeaderValue>,
}

impl Front {
    pub(super) fn new(shared: Shared) -> Self {
        Self { routes: router(&shared), shared }
    }

    /// Answers a request.
    pub(super) async fn answer<B>(mut self, mut request: Request<B>) -> Result<Response, Infallible>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let mut asked = self.asked(&request);
        if asked.method == Method::HEAD {
            *request.method_mut() = Method::GET;
            request.extensions_mut().insert(HeadOnly);
        }
        let response = if asked.page.is_some() && cors::is_preflight(&request) {
            self.preflight(request)
        } else {
            let Ok(response) = self.routes.call(request).await;
            response
        };
        // Boxed, because every connection has room for this function, and few need this part of it.
        let response = match asked.codings.take().filter(|_| compress::applies(&response)) {
            Some(codings) => Box::pin(compress::compressed(response, codings)).await,
            None => response,
        };
        Ok(self.finish(asked, response))
    }

    fn asked<B>(&self, request: &Request<B>) -> Asked {
        let headers = request.headers();
        let guard = self.shared.guard();
        let page = if guard.allows_others() { headers.get(header::ORIGIN) } else { None };
        let may_read = |page: &&HeaderValue| page.to_str().is_ok_and(|origin| guard.allows(origin));
        Asked {
            since: Instant::now(),
            method: request.method().clone(),
            codings: headers.get(header::ACCEPT_ENCODING).cloned(),
            tags: headers.get(header::IF_NONE_MATCH).cloned(),
            page: page.filter(may_read).cloned(),
        }
    }

    /// A page asks before it sends a request, and without the token that it will send.
    fn preflight<B>(&self, request: Request<B>) -> Response {
        let (parts, _) = request.into_parts();
        match self.shared.guard().check(&parts) {
            Ok(()) => cors::preflight(&parts.headers),
            Err(problem) => problem.into_response(),
        }
    }

    fn finish(&self, asked: Asked, mut response: Response) -> Response {
        let status = response.status();
        let opens = asked.method == Method::CONNECT && status.is_success();
        if opens || status == StatusCode::SWITCHING_PROTOCOLS {
            return response;
        }
        let length = response.body().size_hint().exact();
        let headers = response.headers_mut();
        if matches!(asked.method, Method::GET | Method::HEAD) {
            complete(headers);
        }
        match status {
            StatusCode::NOT_MODIFIED => {
                // Else it would be the length of what the reader has.
                headers.remove(header::CONTENT_LENGTH);
                if let Some(known) = &asked.tags {
                    tags::repeat(headers, known);
                }
            }
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::NO_CONTENT => {
                headers.remove(header::CONTENT_LENGTH);
                allow(headers);
            }
            _ => {}
        }
        if self.shared.guard().allows_others() {
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(page) = asked.page {
            cors::let_read(headers, page);
        }
        // A stream is not over when it begins.
        if length.is_some() {
            timing::add(headers, "total", asked.since.elapsed());
        }
        if asked.method == Method::HEAD {
            *response.body_mut() = Body::empty();
        }
        response
    }
}

/// What every answer to a read says, unless it says something else.
fn complete(headers: &mut HeaderMap) {
    // Caches may otherwise guess how long something holds, even that there is nothing.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    headers.entry(header::VARY).or_insert(HeaderValue::from_static("Accept-Encoding"));
}

/// The methods that a URL takes, as its route names them: but `OPTIONS` is taken everywhere, and `CONNECT` only
/// opens websockets.
fn allow(headers: &mut HeaderMap) {
    let Some(routed) = headers.get(header::ALLOW).and_then(|methods| methods.to_str().ok()) else { return };
    let methods: Vec<_> =
        routed.split(',').filter(|method| *method != "CONNECT").chain(["OPTIONS"]).collect();
    if let Ok(methods) = HeaderValue::try_from(methods.join(", ")) {
        headers.insert(header::ALLOW, methods);
    }
}
