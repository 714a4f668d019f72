//! Which types of events are wanted.

use std::{fmt, str::FromStr};

use super::{EventType, NameError};

/// A type of events, or all types that begin alike: `ItemAdded`, `Item*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypePattern {
    /// This type.
    Exactly(EventType),
    /// Every type whose name begins with this one, which follows the same rule.
    StartsWith(EventType),
}

impl TypePattern {
    /// Whether it takes this type.
    #[must_use]
    pub fn matches(&self, event_type: &EventType) -> bool {
        match self {
            Self::Exactly(name) => name == event_type,
            Self::StartsWith(start) => event_type.as_str().starts_with(start.as_str()),
        }
    }

    /// Whether any of these takes this type; none at all stand for all types.
    #[must_use]
    pub fn any_matches(patterns: &[Self], event_type: &EventType) -> bool {
        patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(event_type))
    }
}

impl FromStr for TypePattern {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        match text.strip_suffix('*') {
            Some(start) => start.parse().map(Self::StartsWith),
            None => text.parse().map(Self::Exactly),
        }
    }
}

impl fmt::Display for TypePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(name) => write!(f, "{name}"),
            Self::StartsWith(start) => write!(f, "{start}*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_at_the_end_stands_for_whatever_follows() {
        let of = |text: &str| text.parse::<TypePattern>().unwrap();
        let takes = |pattern: &str, name: &str| of(pattern).matches(&name.parse().unwrap());
        assert!(takes("Item*", "ItemAdded") && takes("Item*", "Item") && !takes("Item*", "item"));
        assert!(takes("Item", "Item") && !takes("Item", "ItemAdded"));
        for bad in ["*", "", "It*m", "Item**", "1*", "It%*", "Item?"] {
            assert!(bad.parse::<TypePattern>().is_err(), "{bad}");
        }
        assert_eq!((of("a.*").to_string(), of("a").to_string()), ("a.*".to_owned(), "a".to_owned()));
        let name = "b".parse().unwrap();
        assert!(TypePattern::any_matches(&[], &name));
        assert!(!TypePattern::any_matches(&[of("a")], &name));
        assert!(TypePattern::any_matches(&[of("a"), of("b*")], &name));
    }
}
