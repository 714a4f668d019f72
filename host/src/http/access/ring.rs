//! The tokens that there are, by their hashes, and what they may do.

use std::{collections::HashMap, sync::Arc};

use super::{Demand, Visitor};
use crate::{
    config::{Scope, Token, TokenHash},
    words::ContextName,
};

/// Every token by its hash. How long the search for a hash takes tells at most something about *hashes* that
/// are there, and nobody can make a token to a hash: so this comparison need not take the same time always.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ring(HashMap<TokenHash, Arc<Token>>);

/// Why a request is not let in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It has no token.
    NoToken,
    /// It has one that is not on the ring.
    Unknown,
    /// It has one that may not do this.
    NotPermitted(Arc<Token>),
}

impl Ring {
    pub(super) fn new(tokens: &[Token]) -> Self {
        Self(tokens.iter().map(|token| (token.hash, Arc::new(token.clone()))).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether anybody can do anything in a context.
    pub(super) fn reaches(&self, context: &ContextName) -> bool {
        let scopes = [Scope::Read, Scope::Write, Scope::Admin];
        self.is_empty()
            || self.0.values().any(|token| scopes.iter().any(|scope| token.may(*scope, context.as_str())))
    }

    /// Lets in whoever may do what is demanded.
    pub(super) fn judge(&self, hash: Option<&TokenHash>, demand: &Demand<'_>) -> Result<Visitor, Refused> {
        if self.is_empty() || *demand == Demand::Nothing {
            return Ok(None);
        }
        let token = self.0.get(hash.ok_or(Refused::NoToken)?).ok_or(Refused::Unknown)?;
        let may = match demand {
            Demand::Nothing => true,
            Demand::Within(scope, context) => token.may(*scope, context),
            Demand::Anywhere(scope) => token.has(*scope),
            Demand::Everywhere(scope) => token.may_everywhere(*scope),
        };
        if may { Ok(Some(Arc::clone(token))) } else { Err(Refused::NotPermitted(Arc::clone(token))) }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    #[test]
    fn every_demand_is_met_by_the_tokens_that_may_do_it_and_no_others() {
        let token = |name: &str, contexts: &[&str], scopes: &[Scope]| Token {
            name: name.to_owned(),
            hash: TokenHash::of(name),
            contexts: contexts.iter().map(ToString::to_string).collect(),
            scopes: scopes.to_vec(),
        };
        let ring = Ring::new(&[
            token("reads", &["shop"], &[Scope::Read]),
            token("writes", &["shop"], &[Scope::Write]),
            token("minds", &["shop"], &[Scope::Admin]),
            token("minds-all", &["*"], &[Scope::Admin]),
        ]);
        let within = |scope, context| Demand::Within(scope, Cow::Borrowed(context));
        for (demand, met_by) in [
            (within(Scope::Read, "shop"), &["reads"][..]),
            (within(Scope::Write, "shop"), &["writes"]),
            (within(Scope::Admin, "shop"), &["minds", "minds-all"]),
            (within(Scope::Read, "lab"), &[]),
            (within(Scope::Admin, "lab"), &["minds-all"]),
            (Demand::Anywhere(Scope::Admin), &["minds", "minds-all"]),
            (Demand::Everywhere(Scope::Admin), &["minds-all"]),
            (Demand::Everywhere(Scope::Read), &[]),
        ] {
            for name in ["reads", "writes", "minds", "minds-all"] {
                let judged = ring.judge(Some(&TokenHash::of(name)), &demand);
                match judged {
                    Ok(visitor) => assert_eq!(visitor.unwrap().name, name),
                    Err(ref refused) => assert!(matches!(refused, Refused::NotPermitted(_)), "{refused:?}"),
                }
                let is_met = ring.judge(Some(&TokenHash::of(name)), &demand).is_ok();
                assert_eq!(is_met, met_by.contains(&name), "{demand:?} by {name}");
            }
            assert_eq!(ring.judge(Some(&TokenHash::of("other")), &demand), Err(Refused::Unknown));
            assert_eq!(ring.judge(None, &demand), Err(Refused::NoToken));
            assert_eq!(Ring::new(&[]).judge(None, &demand), Ok(None), "without tokens all is open");
        }
        assert_eq!(ring.judge(None, &Demand::Nothing), Ok(None));
    }
}
