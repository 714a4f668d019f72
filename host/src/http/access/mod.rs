//! Who may do what: every route asks for something, and a token may do that or not.
//!
//! | file | what it does |
//! |---|---|
//! | `presented` | the token that a request comes with |
//! | `ring` | the tokens that there are; judges, purely, what they may do |

mod presented;
mod ring;

use std::{borrow::Cow, sync::Arc};

use axum::http::{header, request::Parts};
use tokio::sync::watch;

use super::{
    problem::{self as kinds, Problem},
    visit::segment,
};
use crate::{
    config::{Scope, Token, TokenHash},
    words::ContextName,
};

pub(super) use presented::{PROTOCOL, SUBSCRIBE, offers};
use ring::{Refused, Ring};

/// What a route asks of whoever calls it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asks {
    /// Nothing: load balancers and supervisors have no tokens.
    Nothing,
    /// This scope in the context which that segment of the path names, counted from 0.
    Within(Scope, usize),
    /// This scope in any context. The handler gives nothing of contexts where the visitor does not have it.
    Anywhere(Scope),
    /// This scope in all contexts.
    Everywhere(Scope),
}

/// The same for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Demand<'a> {
    Nothing,
    Within(Scope, Cow<'a, str>),
    Anywhere(Scope),
    Everywhere(Scope),
}

/// Whoever was let in: under which token, if one was needed.
pub(super) type Visitor = Option<Arc<Token>>;

/// The tokens in force. Cheap to clone; every clone is the same.
#[derive(Debug, Clone)]
pub(super) struct Access(Arc<watch::Sender<Ring>>);

impl Access {
    pub(super) fn new(tokens: &[Token]) -> Self {
        Self(Arc::new(watch::Sender::new(Ring::new(tokens))))
    }

    /// Whether there are no tokens, and so everybody may everything.
    pub(super) fn is_open(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// Puts other tokens in the place of these; tells whether they differ. Fails if there is none any more: a
    /// file that was emptied by mistake must not open the host.
    pub(super) fn replace(&self, tokens: &[Token]) -> Result<bool, &'static str> {
        let ring = Ring::new(tokens);
        if ring.is_empty() && !self.is_open() {
            return Err(
                "there is no token any more, and those before stay in force: the host would be open to everybody (start it again if it should be)",
            );
        }
        let replaced = |present: &mut Ring| {
            let differs = *present != ring;
            *present = ring;
            differs
        };
        Ok(self.0.send_if_modified(replaced))
    }

    /// Those of these contexts that no token can reach.
    pub(super) fn unreachable(&self, mut contexts: Vec<ContextName>) -> Vec<ContextName> {
        let ring = self.0.borrow();
        contexts.retain(|context| !ring.reaches(context));
        contexts
    }

    /// Fails unless whoever sends this request may do what its route asks. Says the same of contexts that
    /// there are and of those that there are not.
    pub(super) fn check(&self, parts: &Parts, asks: Asks) -> Result<Visitor, Problem> {
        if matches!(asks, Asks::Nothing) || self.is_open() {
            return Ok(None);
        }
        let hash = presented::hash(parts)?;
        let demand = demand(parts.uri.path(), asks)?;
        self.0.borrow().judge(hash.as_ref(), &demand).map_err(|refused| problem(&refused, &demand))
    }

    /// Returns once this request, which was let in, would not be any more.
    pub(super) fn withdrawn(
        &self,
        parts: &Parts,
        asks: Asks,
    ) -> Result<impl Future<Output = ()> + Send + use<>, Problem> {
        let hash: Option<TokenHash> = presented::hash(parts).ok().flatten();
        let demand = demand(parts.uri.path(), asks)?.into_owned();
        let mut ring = self.0.subscribe();
        Ok(async move {
            let is_withdrawn = |ring: &Ring| ring.judge(hash.as_ref(), &demand).is_err();
            if ring.wait_for(is_withdrawn).await.is_err() {
                // Nobody changes them any more.
                std::future::pending::<()>().await;
            }
        })
    }
}

impl Demand<'_> {
    fn into_owned(self) -> Demand<'static> {
        match self {
            Self::Nothing => Demand::Nothing,
            Self::Within(scope, context) => Demand::Within(scope, Cow::Owned(context.into_owned())),
            Self::Anywhere(scope) => Demand::Anywhere(scope),
            Self::Everywhere(scope) => Demand::Everywhere(scope),
        }
    }
}

/// The context is read as handlers read it.
fn demand(path: &str, asks: Asks) -> Result<Demand<'_>, Problem> {
    Ok(match asks {
        Asks::Nothing => Demand::Nothing,
        Asks::Within(scope, index) => Demand::Within(scope, segment(path, index)?),
        Asks::Anywhere(scope) => Demand::Anywhere(scope),
        Asks::Everywhere(scope) => Demand::Everywhere(scope),
    })
}

fn problem(refused: &Refused, demand: &Demand<'_>) -> Problem {
    match refused {
        Refused::NoToken => {
            let detail = "this needs a token: send Authorization: Bearer TOKEN (a page that opens a websocket: the subprotocols everfold and everfold.bearer.TOKEN)";
            Problem::new(&kinds::TOKEN_NEEDED, detail).header(header::WWW_AUTHENTICATE, "Bearer")
        }
        Refused::Unknown => {
            let detail = "this host does not know the token: it was mistyped, or taken back";
            Problem::new(&kinds::TOKEN_UNKNOWN, detail)
                .header(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")
        }
        Refused::NotPermitted(token) => {
            let (scope, place) = match demand {
                Demand::Within(scope, context) => (scope.name(), format!("context {context:?}")),
                Demand::Everywhere(scope) => (scope.name(), "all contexts".to_owned()),
                Demand::Anywhere(scope) => (scope.name(), "any context".to_owned()),
                Demand::Nothing => ("", String::new()),
            };
            let name = &token.name;
            let detail = format!(
                "token {name:?} does not have the scope {scope} in {place}: use another, or give it that in the host's configuration"
            );
            Problem::new(&kinds::NOT_PERMITTED, detail).with("token", name.as_str()).with("scope", scope)
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use futures_util::FutureExt as _;

    use super::*;

    fn token(name: &str, contexts: &[&str], scopes: &[Scope]) -> Token {
        Token {
            name: name.to_owned(),
            hash: TokenHash::of(name),
            contexts: contexts.iter().map(ToString::to_string).collect(),
            scopes: scopes.to_vec(),
        }
    }

    fn parts(path: &str, token: &str) -> Parts {
        let request = Request::builder().uri(path).header("authorization", format!("Bearer {token}"));
        request.body(()).unwrap().into_parts().0
    }

    const READS: Asks = Asks::Within(Scope::Read, 0);

    #[test]
    fn a_context_is_read_as_handlers_read_it() {
        let access = Access::new(&[token("till", &["shop"], &[Scope::Read])]);
        let kind = |path| access.check(&parts(path, "till"), READS).err().map(|problem| problem.kind());
        assert_eq!(kind("/shop/events"), None);
        assert_eq!(kind("/sho%70/events"), None);
        for other in ["/lab/events", "/Shop/events", "/shop%2f/events", "//shop/events", "/*/events"] {
            assert_eq!(kind(other), Some(&kinds::NOT_PERMITTED), "{other}");
        }
        assert_eq!(kind("/%ff/events"), Some(&kinds::NOT_FOUND));
    }

    #[test]
    fn tokens_can_be_replaced_but_not_all_taken_away() {
        let (till, ops) =
            (token("till", &["shop"], &[Scope::Read]), token("ops", &["*"], &[Scope::Read, Scope::Admin]));
        let access = Access::new(&[]);
        assert!(access.check(&parts("/shop/events", "till"), READS).unwrap().is_none());
        assert_eq!(access.replace(std::slice::from_ref(&till)), Ok(true));
        assert_eq!(access.replace(std::slice::from_ref(&till)), Ok(false));
        let names = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).collect::<Vec<_>>();
        assert_eq!(access.unreachable(names(&["lab", "shop"])), names(&["lab"]));
        assert!(access.check(&parts("/shop/events", "ops"), READS).is_err());
        assert_eq!(access.replace(&[till, ops]), Ok(true));
        assert!(access.check(&parts("/shop/events", "ops"), READS).is_ok());
        assert_eq!(access.unreachable(names(&["lab", "shop"])), []);
        assert!(access.replace(&[]).unwrap_err().contains("stay in force"));
        assert!(!access.is_open());
    }

    #[tokio::test]
    async fn a_stream_ends_with_the_token_that_opened_it() {
        let till = token("till", &["shop"], &[Scope::Read]);
        let access = Access::new(&[till.clone(), token("ops", &["*"], &[Scope::Read])]);
        let of = |name| Box::pin(access.withdrawn(&parts("/shop/events", name), READS).unwrap());
        let (mut by_till, by_ops) = (of("till"), of("ops"));
        assert!((&mut by_till).now_or_never().is_none());
        access.replace(&[till]).unwrap();
        by_ops.await;
        assert!((&mut by_till).now_or_never().is_none());
        drop(access);
        assert!(by_till.now_or_never().is_none());
    }
}
