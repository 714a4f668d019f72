//! What a module says about itself.

use crate::words::{Descriptor, EventType, Upgrade, is_json_type};

use super::LoadError;

/// Event types that a module may name, as taken or emitted.
const MOST_TYPES: usize = 1000;
/// Attributes, and the bytes of one.
const MOST_ATTRIBUTES: usize = 100;
const MOST_ATTRIBUTE_BYTES: usize = 1024;
/// The longest media type, in bytes.
const LONGEST_MEDIA_TYPE: usize = 200;

/// Checks what a module says about itself.
pub(in super::super) fn descriptor(descriptor: &Descriptor) -> Result<(), LoadError> {
    check_sizes(descriptor)?;
    for name in descriptor.event_types.iter().chain(&descriptor.emits) {
        name.parse::<EventType>().map_err(|error| LoadError::Descriptor(error.to_string()))?;
    }
    if descriptor.upgrade == Upgrade::Resume && descriptor.by_occurrence() {
        return Err(LoadError::Descriptor(
            "`upgrade: resume` needs the order `recorded` or `whole-context`, because a late event refolds everything"
                .to_owned(),
        ));
    }
    if let Some(content_type) = &descriptor.content_type
        && !(is_printable(content_type) && is_json_type(content_type))
    {
        return Err(LoadError::Descriptor(format!(
            "content-type {content_type:?} is not a JSON media type (application/json or application/…+json)"
        )));
    }
    Ok(())
}

/// All of it is kept with every activation, and shown.
fn check_sizes(descriptor: &Descriptor) -> Result<(), LoadError> {
    let longest = descriptor.attributes.iter().map(|(key, value)| key.len() + value.len()).max();
    let media_type = descriptor.content_type.as_ref().map_or(0, String::len);
    for (what, actual, limit) in [
        ("event types", descriptor.event_types.len(), MOST_TYPES),
        ("types that it emits", descriptor.emits.len(), MOST_TYPES),
        ("attributes", descriptor.attributes.len(), MOST_ATTRIBUTES),
        ("bytes in one attribute", longest.unwrap_or_default(), MOST_ATTRIBUTE_BYTES),
        ("bytes in its content-type", media_type, LONGEST_MEDIA_TYPE),
    ] {
        if actual > limit {
            return Err(LoadError::Descriptor(format!("it has {actual} {what}, but {limit} are the most")));
        }
    }
    Ok(())
}

/// It is sent as a header.
fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(types: usize, value: usize) -> Descriptor {
        Descriptor {
            event_types: vec!["noted".to_owned(); types],
            fold: crate::words::Fold::WholeContext,
            upgrade: Upgrade::Rebuild,
            history: crate::words::History::Emit,
            content_type: None,
            emits: Vec::new(),
            attributes: vec![("k".to_owned(), "v".repeat(value))],
        }
    }

    #[test]
    fn it_has_a_size() {
        assert_eq!(descriptor(&with(1000, 1023)), Ok(()));
        for (bad, words) in
            [(with(1001, 1), "1001 event types"), (with(1, 1024), "1025 bytes in one attribute")]
        {
            assert!(descriptor(&bad).unwrap_err().to_string().contains(words), "{words}");
        }
    }

    #[test]
    fn only_json_media_types_pass() {
        let of = |content_type: &str| {
            descriptor(&Descriptor { content_type: Some(content_type.to_owned()), ..with(1, 1) })
        };
        for good in ["application/json", "application/vnd.cart+json", "application/json; profile=x"] {
            assert_eq!(of(good), Ok(()), "{good}");
        }
        for bad in ["text/html", "json", "application/json; a\r\nX: y", "application/json; é"] {
            assert!(of(bad).unwrap_err().to_string().contains("is not a JSON media type"), "{bad}");
        }
    }
}
