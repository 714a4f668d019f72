//! Bearer tokens: who may do what, in which contexts. The configuration holds their hashes only.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::Deserialize;

use super::TokenHash;
use crate::words::ContextName;

/// Stands in the place of a context's name for all of them, also those that are still to come.
const EVERY_CONTEXT: &str = "*";
const NAME_BYTES: usize = 128;

/// What a token may do in a context. None of them includes another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum Scope {
    /// Read and follow events and models.
    Read,
    /// Append events.
    Write,
    /// See how the reducers are doing and what is parked, and try that again (what lies below `/_/`).
    Admin,
}

impl Scope {
    /// Its name, as it stands in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut all = [Self::Read, Self::Write, Self::Admin].into_iter();
        all.find(|scope| scope.name() == text)
            .ok_or_else(|| format!("{text:?} is no scope: it must be read, write or admin"))
    }
}

impl TryFrom<String> for Scope {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// A token, as the configuration has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Who has it, for people.
    pub name: String,
    /// Its hash.
    pub hash: TokenHash,
    /// The contexts in which it counts; `*`: all.
    pub contexts: Vec<String>,
    /// What it may do there.
    pub scopes: Vec<Scope>,
}

impl Token {
    /// Whether it may do that in all contexts.
    #[must_use]
    pub fn may_everywhere(&self, scope: Scope) -> bool {
        self.may(scope, EVERY_CONTEXT)
    }

    /// Whether it may do that in a context, known or not.
    #[must_use]
    pub fn may(&self, scope: Scope, context: &str) -> bool {
        self.has(scope) && self.contexts.iter().any(|own| own == EVERY_CONTEXT || own == context)
    }

    /// Whether it may do that anywhere.
    #[must_use]
    pub fn has(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// Fails, with the rule, if it makes no sense.
    ///
    /// # Errors
    /// The member that is wrong, and what would be valid.
    pub fn check(&self) -> Result<(), String> {
        let is_plain = |c: char| !c.is_control() && !c.is_whitespace();
        if self.name.is_empty() || self.name.len() > NAME_BYTES || !self.name.chars().all(is_plain) {
            return Err(format!("name must have 1 to {NAME_BYTES} bytes and no white space"));
        }
        if self.contexts.is_empty() {
            return Err("contexts is empty: name at least one, or \"*\" for all".to_owned());
        }
        for context in self.contexts.iter().filter(|context| *context != EVERY_CONTEXT) {
            context.parse::<ContextName>().map_err(|error| format!("{error}, or be \"*\" for all"))?;
        }
        if self.scopes.is_empty() {
            return Err("scopes is empty: it needs at least one of read, write and admin".to_owned());
        }
        Ok(())
    }
}

/// The lines of the configuration file that stand for it.
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scopes: Vec<_> = self.scopes.iter().map(|scope| scope.name()).collect();
        // TOML reads JSON's strings as they are.
        let name = serde_json::to_string(&self.name).unwrap_or_default();
        writeln!(f, "[[tokens]]\nname = {name}\nhash = \"{}\"", self.hash)?;
        writeln!(f, "contexts = {:?}\nscopes = {scopes:?}", self.contexts)
    }
}

/// Checks tokens one by one and beside each other.
pub(super) fn check(tokens: &[Token]) -> Result<(), String> {
    let (mut names, mut hashes) = (BTreeSet::new(), BTreeSet::new());
    for (index, token) in tokens.iter().enumerate() {
        let refuse = |why: &str| Err(format!("tokens[{index}] ({:?}): {why}", token.name));
        if let Err(why) = token.check() {
            return refuse(&why);
        }
        if !names.insert(&token.name) {
            return refuse("another token has this name: give each its own, so that one can be taken back");
        }
        if !hashes.insert(token.hash) {
            return refuse("another token has this hash: everfold token makes a new one");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(contexts: &[&str], scopes: &[Scope]) -> Token {
        Token {
            name: "till-3".to_owned(),
            hash: TokenHash::of("x"),
            contexts: contexts.iter().map(ToString::to_string).collect(),
            scopes: scopes.to_vec(),
        }
    }

    #[test]
    fn a_token_counts_in_its_contexts_for_its_scopes() {
        let till = token(&["shop", "lab"], &[Scope::Read, Scope::Write]);
        assert!(till.may(Scope::Read, "shop") && till.may(Scope::Write, "lab"));
        assert!(!till.may(Scope::Read, "shops") && !till.may(Scope::Read, "") && !till.may(Scope::Read, "*"));
        assert!(!till.may(Scope::Admin, "shop") && !till.may_everywhere(Scope::Read));
        let every = token(&["*"], &[Scope::Read]);
        assert!(every.may(Scope::Read, "any") && every.may_everywhere(Scope::Read));
        assert!(!every.may(Scope::Write, "any"));
    }
}
