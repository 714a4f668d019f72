//! Tokens as they are sent, and their hashes, which is all that the configuration holds of them.

use std::{fmt, io, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::clock;

/// Tokens begin like this, so that programs that look for lost secrets know one.
const TOKEN_PREFIX: &str = "everfold_";
const HASH_PREFIX: &str = "sha256:";

/// A token as it is sent. It is never shown by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new one: 256 bits that nobody has seen.
    ///
    /// # Errors
    /// If the machine has no randomness.
    pub fn random() -> io::Result<Self> {
        Ok(Self(format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(clock::secret()?))))
    }

    /// The token itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("a token has no white space and nothing but ASCII");
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The SHA-256 of a token. Passwords need a slow hash with salt, because people choose them and they can be
/// guessed; a token is 256 random bits, which nobody can guess, so a fast one tells as little.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Of a token as it is sent.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }
}

impl FromStr for TokenHash {
    type Err = String;

    /// What is no hash may be the token itself: it is not shown.
    fn from_str(text: &str) -> Result<Self, String> {
        let digest = text.strip_prefix(HASH_PREFIX).and_then(digest);
        let rule = "it must be sha256: and 64 hexadecimal digits, as everfold token prints it";
        digest.map(Self).ok_or_else(|| rule.to_owned())
    }
}

impl TryFrom<String> for TokenHash {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HASH_PREFIX)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn digest(hex: &str) -> Option<[u8; 32]> {
    if hex.len() != 64 || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut digest = [0; 32];
    for (index, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_reads_back_and_what_is_none_is_not_shown() {
        let hash = TokenHash::of("everfold_x");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        let digits = hash.to_string().replace("sha256:", "");
        for bad in ["everfold_x", &digits, "sha256:", &format!("sha256:+{}", &digits[1..]), "sha256:é"] {
            let said = bad.parse::<TokenHash>().unwrap_err();
            assert!(said.contains("64 hexadecimal") && !said.contains("everfold_x"), "{bad}: {said}");
        }
    }

    #[test]
    fn new_tokens_differ_and_hide() {
        let (one, other) = (Secret::random().unwrap(), Secret::random().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.reveal().len(), TOKEN_PREFIX.len() + 43, "256 bits");
        assert!(!format!("{one:?}").contains(one.reveal()));
        assert!("two words".parse::<Secret>().is_err() && "".parse::<Secret>().is_err());
    }
}
