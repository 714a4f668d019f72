//! Names of contexts, domains and event types. A name that exists is valid.

use std::{fmt, str::FromStr, sync::Arc};

/// A name that breaks its rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {name:?} is not valid: it must match {rule}")]
pub struct NameError {
    /// What the name was to be: `context`, `domain` or `event type`.
    pub kind: &'static str,
    /// The name as it was given, cut after 150 characters.
    pub name: String,
    /// The rule, as a regular expression.
    pub rule: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $rule:literal, $longest:literal, $first:expr, $rest:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The same text, not copied.
            #[must_use]
            pub fn to_shared(&self) -> Arc<str> {
                Arc::clone(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(name: &str) -> Result<Self, NameError> {
                let first: fn(u8) -> bool = $first;
                let rest: fn(u8) -> bool = $rest;
                match name.as_bytes() {
                    [head, tail @ ..] if first(*head) && tail.len() < $longest && tail.iter().all(|b| rest(*b)) => {
                        Ok(Self(name.into()))
                    }
                    _ => Err(NameError { kind: $kind, name: name.chars().take(150).collect(), rule: $rule }),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}

fn is_label(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

name!(
    /// A bounded context: the realm that owns entities, domains, models and events.
    ContextName, "context", "[a-z][a-z0-9-]{0,62}", 63, |b| b.is_ascii_lowercase(), is_label
);
name!(
    /// An area of activity within a context; one reducer keeps its models.
    DomainName, "domain", "[a-z][a-z0-9-]{0,62}", 63, |b| b.is_ascii_lowercase(), is_label
);
name!(
    /// What kind of thing happened.
    EventType, "event type", "[A-Za-z][A-Za-z0-9._-]{0,127}", 128, |b| b.is_ascii_alphabetic(),
    |b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')
);

/// A domain together with the context that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainKey {
    /// The context.
    pub context: ContextName,
    /// The domain's name in it.
    pub domain: DomainName,
}

impl FromStr for DomainKey {
    type Err = NameError;

    /// `context/domain`
    fn from_str(key: &str) -> Result<Self, NameError> {
        let (context, domain) = key.split_once('/').unwrap_or((key, ""));
        Ok(Self { context: context.parse()?, domain: domain.parse()? })
    }
}

impl fmt::Display for DomainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.context, self.domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_obey_their_rules() {
        for good in ["a", "shop", "a-1", &"a".repeat(63)] {
            assert!(good.parse::<ContextName>().is_ok(), "{good}");
            assert!(good.parse::<DomainName>().is_ok(), "{good}");
        }
        for bad in ["", "A", "1a", "-a", "a_b", "a/b", "ä", "_", &"a".repeat(64)] {
            assert!(bad.parse::<ContextName>().is_err(), "{bad}");
        }
        for good in ["a", "ItemAdded", "shop.item_added-v2", &"a".repeat(128)] {
            assert!(good.parse::<EventType>().is_ok(), "{good}");
        }
        for bad in ["", "1a", "_a", "a b", "a:b", "é", &"a".repeat(129)] {
            assert!(bad.parse::<EventType>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_domain_is_named_with_its_context() {
        let key: DomainKey = "shop/cart".parse().unwrap();
        assert_eq!((key.context.as_str(), key.domain.as_str()), ("shop", "cart"));
        assert_eq!(key.to_string().parse(), Ok(key));
        for bad in ["shop", "shop/", "/cart", "shop/cart/1", ""] {
            assert!(bad.parse::<DomainKey>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_error_names_the_thing_and_the_rule() {
        let error = "No!".parse::<DomainName>().unwrap_err();
        assert_eq!(error.to_string(), "domain \"No!\" is not valid: it must match [a-z][a-z0-9-]{0,62}");
    }
}
