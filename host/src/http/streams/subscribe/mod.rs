//! One socket for many: subscribe to whatever can be followed, and append, without waiting for answers.

mod request;
mod subscriptions;

use std::{convert::Infallible, fmt::Write, time::Duration};

use axum::extract::ws::{Utf8Bytes, close_code};
use futures_util::{
    FutureExt, StreamExt, TryStreamExt,
    future::BoxFuture,
    stream::{self, FuturesUnordered},
};
use tokio::{sync::OwnedSemaphorePermit, task::coop, time::timeout};

use self::{
    request::{Asked, Id, Operation, Refused},
    subscriptions::{Frames, Subscriptions},
};
use super::{
    Frame, Wish,
    farewell::UntilOver,
    wire::{self, End, Heard, Terms, Wire},
};
use crate::{
    config::Scope,
    error::{Error, Invalid},
    http::{
        access::{Asks, SUBSCRIBE},
        problem::{self as kinds, Problem},
        render::Answer,
        visit::Visit,
    },
    ingest::Member,
    store::{Appended, Expectation},
    words::ContextName,
};

/// Appends of one socket that wait for their answers; until there are fewer, no more is read from it.
const MOST_APPENDS: usize = 1000;

/// For so long a socket that ends waits for the answers to appends that were taken.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// Answers are sent together, up to so many bytes.
const TOGETHER: usize = 32_768;

/// `GET /{context}/subscribe`
pub(crate) async fn subscribe(visit: Visit) -> Answer {
    visit.query(&[])?;
    let [context] = visit.path()?;
    let context: ContextName = context.parse().map_err(Invalid::from)?;
    visit.host().require_context(&context)?;
    if !visit.offers(SUBSCRIBE) {
        let detail = format!("this is a websocket of the subprotocol {SUBSCRIBE}, which has to be offered");
        return Err(Problem::new(&kinds::UPGRADE, detail));
    }
    let permit = visit.streams().open()?;
    let over = visit.until_over()?;
    let limits = &visit.host().config().limits;
    let terms = Terms {
        protocol: SUBSCRIBE,
        message_bytes: limits.message_bytes,
        patience: Duration::from_millis(limits.slow_reader_ms),
    };
    let mut parts = visit.parts.clone();
    let talk = move |mut wire| async move {
        let mut socket = Socket::new(visit, context, permit);
        let Err(end) = socket.talk(&mut wire, over).await;
        (wire, end)
    };
    wire::open(&mut parts, terms, talk).await
}

/// What came of an append.
type Answered = (Id, Result<Vec<Appended>, Error>);

/// What is going on over a socket.
struct Socket {
    visit: Visit,
    context: ContextName,
    subscriptions: Subscriptions,
    appends: FuturesUnordered<BoxFuture<'static, Answered>>,
    /// What is to be sent.
    out: Vec<Utf8Bytes>,
    _permit: OwnedSemaphorePermit,
}

impl Socket {
    fn new(visit: Visit, context: ContextName, permit: OwnedSemaphorePermit) -> Self {
        let (subscriptions, appends, out) = Default::default();
        Self { visit, context, subscriptions, appends, out, _permit: permit }
    }

    /// Goes on until somebody ends it.
    async fn talk(&mut self, wire: &mut Wire, mut over: UntilOver) -> Result<Infallible, End> {
        let why = tokio::select! {
            biased;
            why = &mut over => why,
            end = self.go_on(wire) => return end,
        };
        // What was taken is answered, if that is possible.
        let answered = timeout(LAST_ANSWERS, self.last_answers(wire)).await;
        if let Ok(Err(end)) = answered {
            return Err(end);
        }
        let reconnect = |ms| format!(r#"{{"op":"reconnect","after_ms":{ms}}}"#);
        Err(why.end(wire, reconnect).await)
    }

    async fn last_answers(&mut self, wire: &mut Wire) -> Result<(), End> {
        while let Some((id, result)) = self.appends.next().await {
            self.out.push(answer(&id, result));
        }
        for json in self.out.drain(..) {
            wire.say(json).await?;
        }
        Ok(())
    }

    async fn go_on(&mut self, wire: &mut Wire) -> Result<Infallible, End> {
        loop {
            self.step(wire).await?;
            // What comes without waiting is answered together.
            let mut bytes = 0;
            loop {
                for json in self.out.drain(..) {
                    bytes += json.len();
                    wire.say(json).await?;
                }
                if bytes > TOGETHER {
                    break;
                }
                match self.step(wire).now_or_never() {
                    Some(step) => step?,
                    None => break,
                }
            }
            if bytes > 0 {
                wire.flush().await?;
            }
        }
    }

    /// Takes the next thing that happens. May be dropped at any time.
    async fn step(&mut self, wire: &mut Wire) -> Result<(), End> {
        tokio::select! {
            Some((id, result)) = self.appends.next() => self.out.push(answer(&id, result)),
            heard = wire.hear(), if self.appends.len() < MOST_APPENDS => match heard? {
                Heard::Text(text) => self.asked(&text)?,
                Heard::Nothing => {}
            },
            Some((id, frame)) = self.subscriptions.next() => self.out.push(told(&id, frame)),
        }
        Ok(())
    }

    /// Does what is asked.
    fn asked(&mut self, text: &str) -> Result<(), End> {
        let Asked { id, operation } = match Asked::read(text) {
            Ok(asked) => asked,
            Err(refused) => return self.refuse(&refused),
        };
        match operation {
            Operation::Subscribe { url, credit } => {
                if let Err(problem) = self.subscribe(&id, &url, credit) {
                    self.out.push(refusal("subscribe", Some(&id), &problem));
                }
            }
            Operation::Unsubscribe => self.out.push(match self.subscriptions.end(&id) {
                Ok(()) => format!(r#"{{"op":"unsubscribe","id":{}}}"#, id.as_json()).into(),
                Err(problem) => refusal("unsubscribe", Some(&id), &problem),
            }),
            Operation::Credit(frames) => {
                if let Err(problem) = self.subscriptions.give(&id, frames) {
                    self.out.push(refusal("credit", Some(&id), &problem));
                }
            }
            Operation::Ping => self.out.push(format!(r#"{{"op":"ping","id":{}}}"#, id.as_json()).into()),
            Operation::Append { events, expected } => {
                if let Err(problem) = self.append(&id, text.len(), &events, expected) {
                    self.out.push(refusal("append", Some(&id), &problem));
                }
            }
        }
        Ok(())
    }

    /// Tells of what cannot be done; ends the socket if it was not understood at all.
    fn refuse(&mut self, refused: &Refused) -> Result<(), End> {
        let Refused { operation, id, problem } = refused;
        if *operation == "error" && id.is_none() {
            return Err(End::Said(refusal(operation, None, problem), close_code::INVALID, "not understood"));
        }
        self.out.push(refusal(operation, id.as_ref(), problem));
        Ok(())
    }

    fn subscribe(&mut self, id: &Id, url: &str, credit: Option<u64>) -> Result<(), Problem> {
        let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
        let is_here = path.strip_prefix('/').and_then(|path| path.strip_prefix(self.context.as_str()));
        if !is_here.is_some_and(|rest| rest.starts_with('/')) {
            let detail =
                format!("{url:?} is not of this socket's context: URLs begin with /{}/", self.context);
            return Err(Problem::new(&kinds::INVALID, detail));
        }
        let place = self.visit.streams().open()?;
        let (path, query) = (path.to_owned(), query.map(str::to_owned));
        let (host, views) = (self.visit.host().clone(), self.visit.streams().views().clone());
        let begin = async move {
            let wish = Wish { path: &path, query: query.as_deref(), last_event_id: None };
            wish.frames(&host, &views).await.map(|frames| frames.map(Ok))
        };
        let frames: Frames = stream::once(begin).try_flatten().boxed();
        self.subscriptions.begin(id, frames, credit, place)
    }

    fn append(
        &mut self,
        id: &Id,
        bytes: usize,
        events: &[Member<'_>],
        expected: Option<Expectation>,
    ) -> Result<(), Problem> {
        self.visit.require(Asks::Within(Scope::Write, 0))?;
        let events: Vec<_> = events.iter().map(Member::as_event).collect();
        let checked = self.visit.host().admit(bytes)?.check(&events, expected)?;
        let (id, context) = (id.clone(), self.context.clone());
        // Those that are sent one after the other are written so: none may be asked to try again later.
        let append = coop::unconstrained(async move { (id, checked.append(&context).await) });
        self.appends.push(append.boxed());
        Ok(())
    }
}

/// Tells what became of an append.
fn answer(id: &Id, result: Result<Vec<Appended>, Error>) -> Utf8Bytes {
    let appended = match result {
        Ok(appended) => appended,
        Err(error) => return refusal("append", Some(id), &error.into()),
    };
    let mut out = format!(r#"{{"op":"append","id":{},"positions":["#, id.as_json());
    for (index, Appended { position, .. }) in appended.iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        // Writing to a string cannot fail.
        let _ = write!(out, "{comma}{position}");
    }
    out.push_str("]}");
    out.into()
}

/// Tells what came of a subscription.
fn told(id: &Id, frame: Option<Result<Frame, Problem>>) -> Utf8Bytes {
    match frame {
        Some(Ok(frame)) => {
            format!(r#"{{"op":"subscribe","id":{},"frame":{}}}"#, id.as_json(), frame.json).into()
        }
        Some(Err(problem)) => refusal("subscribe", Some(id), &problem),
        None => {
            let problem = Problem::new(&kinds::STREAM_FAILED, "the stream failed: subscribe again");
            refusal("subscribe", Some(id), &problem)
        }
    }
}

fn refusal(operation: &str, id: Option<&Id>, problem: &Problem) -> Utf8Bytes {
    let problem = serde_json::to_string(problem).unwrap_or_default();
    let id = id.map(|id| format!(r#""id":{},"#, id.as_json())).unwrap_or_default();
    format!(r#"{{"op":"{operation}",{id}"problem":{problem}}}"#).into()
}
