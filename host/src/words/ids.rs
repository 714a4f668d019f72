//! Identities: of entities, events, modules; and the numbers that the store counts.

use std::{fmt, str::FromStr};

use sha2::{Digest, Sha256};
use uuid::{Uuid, Variant};

/// Text that is not the id that it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not a UUID at all.
    #[error("{kind} {text:?} is not a UUID (like 7f2c1a40-1dd2-11b2-8000-0123456789ab)")]
    NotAUuid {
        /// `entity` or `event id`.
        kind: &'static str,
        /// The text as given, cut after 150 characters.
        text: String,
    },
    /// A UUID of another kind.
    #[error("{kind} {id} is not a version {wanted} UUID{hint}")]
    WrongVersion {
        /// `entity` or `event id`.
        kind: &'static str,
        /// The id as given.
        id: Uuid,
        /// The version that it should have.
        wanted: usize,
        /// Why that version.
        hint: &'static str,
    },
    /// Not the name of a module.
    #[error("module {0:?} is not a hash: it must be 64 hexadecimal digits in lower case")]
    NotAHash(
        /// The text as given, cut after 150 characters.
        String,
    ),
}

/// A UUID of this version, or what is wrong with the text.
pub(super) fn parse(
    kind: &'static str,
    text: &str,
    version: usize,
    hint: &'static str,
) -> Result<Uuid, IdError> {
    let id = Uuid::try_parse(text)
        .map_err(|_| IdError::NotAUuid { kind, text: text.chars().take(150).collect() })?;
    if id.get_version_num() == version && id.get_variant() == Variant::RFC4122 {
        Ok(id)
    } else {
        Err(IdError::WrongVersion { kind, id, wanted: version, hint })
    }
}

/// Anything with identity: a UUIDv4 made by the client.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityId(Uuid);

impl EntityId {
    /// The 16 bytes, as the store keeps them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The inverse of [`Self::as_bytes`], for bytes that the store kept.
    #[must_use]
    pub(crate) fn from_stored(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl FromStr for EntityId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        parse("entity", text, 4, "").map(Self)
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The name of a module: the SHA-256 of its bytes, written in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleHash([u8; 32]);

impl ModuleHash {
    /// Names these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The inverse of [`Self::as_bytes`], for bytes that the store kept.
    #[must_use]
    pub(crate) fn from_stored(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl FromStr for ModuleHash {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let digit = |byte: &u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let digits: Option<Vec<u8>> = text.as_bytes().iter().map(digit).collect();
        let bytes = digits
            .map(|digits| digits.chunks(2).map(|pair| pair.iter().fold(0, |sum, d| sum << 4 | d)).collect());
        let bytes: Option<[u8; 32]> = bytes.and_then(|bytes: Vec<u8>| bytes.try_into().ok());
        bytes
            .filter(|_| text.len() == 64)
            .map(Self)
            .ok_or_else(|| IdError::NotAHash(text.chars().take(150).collect()))
    }
}

impl fmt::Display for ModuleHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ModuleHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number!(
    /// An event's place in the store's log: 1, 2, 3 …, gapless. 0 is the place before the first.
    Position
);
number!(
    /// The number that a model write took from the store's change counter. 0: never written.
    Version
);
number!(
    /// The number of an activation: which module serves which domain from then on. 0: none.
    ActivationNumber
);
number!(
    /// Counts how often slots have moved between the hosts that share a store. What is reduced under an older
    /// one is not written any more. 0: the store has one host only.
    LeaseEpoch
);

/// A random name for this store's history. Cursors of another epoch are void.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Epoch(pub std::sync::Arc<str>);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_named_by_64_digits() {
        let hash = ModuleHash::of(b"a module");
        let name = hash.to_string();
        assert_eq!(name.parse(), Ok(hash));
        for other in [&name[1..], &format!("{name}0"), &name.to_uppercase(), &format!("{}g", &name[1..]), ""]
        {
            assert!(matches!(other.parse::<ModuleHash>(), Err(IdError::NotAHash(_))), "{other}");
        }
    }

    #[test]
    fn other_versions_are_refused() {
        assert!("c232ab00-9414-11ec-b3c8-9f6bdeced846".parse::<EntityId>().is_err());
        assert!("not-an-id".parse::<EntityId>().is_err());
        assert!("7d444840-9dc0-41d1-b245-5ffdce74fad2".parse::<EntityId>().is_ok());
    }
}
