//! What a module says about itself.

use crate::words::{Descriptor, EventType, Upgrade};

use super::LoadError;

/// Checks what a module says about itself.
pub(in super::super) fn descriptor(descriptor: &Descriptor) -> Result<(), LoadError> {
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
        && !is_json_type(content_type)
    {
        return Err(LoadError::Descriptor(format!(
            "content-type {content_type:?} is not a JSON media type (application/json or application/…+json)"
        )));
    }
    Ok(())
}

fn is_json_type(media_type: &str) -> bool {
    let printable = media_type.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    printable
        && (essence == "application/json"
            || (essence.starts_with("application/") && essence.ends_with("+json")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_media_types_pass() {
        for good in ["application/json", "application/vnd.cart+json", "application/json; profile=x"] {
            assert!(is_json_type(good), "{good}");
        }
        for bad in ["text/html", "json", "application/json\r\nX: y", "application/xml"] {
            assert!(!is_json_type(bad), "{bad}");
        }
    }
}
