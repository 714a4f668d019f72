//! Why a reducer refuses an event.

use std::{error::Error, fmt, panic::Location};

use crate::{canonical, wire};

/// What the functions of a reducer return.
pub type Result<T, F = Failure> = std::result::Result<T, F>;

/// A refusal. It parks the entity: the host keeps the model as it was and folds nothing further into it
/// until a new module, a person or, under `occurred`, an earlier event comes.
///
/// `?` turns the errors of `serde_json` and [`canonical`] into one; the line where that happens, or where
/// [`Failure::new`] is called, is kept as its trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which event of the call it is about, counted from 0. The SDK sets it; none means the model.
    pub event: Option<u32>,
    /// A short, stable name for programs, such as `unknown-sku`.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// The line of source that refused; none where the SDK did.
    pub trace: Option<String>,
}

impl Failure {
    /// Makes a failure with a `code` for programs and a `message` for people.
    #[track_caller]
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        let trace = Some(Location::caller().to_string());
        Self { event: None, code: code.into(), message: message.into(), trace }
    }

    /// Bytes that are not what the types say. Which line of the SDK noticed helps nobody.
    pub(crate) fn undecodable(code: &str, message: String) -> Self {
        Self { event: None, code: code.to_owned(), message, trace: None }
    }

    pub(crate) fn about(mut self, event: u32) -> Self {
        self.event = Some(event);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl Error for Failure {}

impl From<serde_json::Error> for Failure {
    #[track_caller]
    fn from(error: serde_json::Error) -> Self {
        Self::new("invalid-json", error.to_string())
    }
}

impl From<canonical::Error> for Failure {
    #[track_caller]
    fn from(error: canonical::Error) -> Self {
        Self::new("invalid-json", error.to_string())
    }
}

impl From<Failure> for wire::Failure {
    fn from(failure: Failure) -> Self {
        let Failure { event, code, message, trace } = failure;
        Self { event, code, message, trace }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<u32> {
        Ok(serde_json::from_str(text)?)
    }

    #[test]
    fn the_question_mark_keeps_code_and_place() {
        let failure = parse("[").unwrap_err();
        assert_eq!(failure.code, "invalid-json");
        assert!(failure.trace.is_some_and(|trace| trace.contains("failure.rs")));
    }
}
