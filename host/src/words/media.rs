//! Media types.

/// Whether a media type is JSON: `application/json`, or a type built on it, `application/…+json` (RFC 6839).
/// Parameters do not matter: JSON has no charset but UTF-8 (RFC 8259, section 8.1).
#[must_use]
pub fn is_json_type(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return true;
    }
    let essence = essence.to_ascii_lowercase();
    let built_on_it = essence.strip_prefix("application/").and_then(|subtype| subtype.strip_suffix("+json"));
    built_on_it.is_some_and(|name| !name.is_empty() && name.bytes().all(is_restricted))
}

/// What may stand in the name of a type (RFC 6838, section 4.2).
fn is_restricted(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_what_is_built_on_it_pass() {
        for good in [
            "application/json",
            "Application/JSON; charset=utf-8",
            " application/json ;profile=x",
            "application/vnd.cart+json",
            "APPLICATION/Problem+JSON",
        ] {
            assert!(is_json_type(good), "{good}");
        }
        for bad in [
            "",
            "json",
            "text/html",
            "text/json",
            "application/xml",
            "application/+json",
            "application/json5",
            "application/x-ndjson",
            "application/a b+json",
            "application/json\r\nX: y",
        ] {
            assert!(!is_json_type(bad), "{bad}");
        }
    }
}
