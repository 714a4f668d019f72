//! Entity tags, and the forms that they take where an answer is compressed: `"x"` becomes `"x;zstd"`, because
//! a strong tag stands for bytes (RFC 9110, section 8.8.3.3). Whoever comes back with either means the same.

use axum::http::{HeaderMap, HeaderValue, header};

/// The codings that an answer may have, as tags name them.
const CODINGS: [&str; 3] = ["zstd", "br", "gzip"];

/// A strong tag for the same in another coding; none if it is weak, or no tag.
pub(super) fn coded(tag: &HeaderValue, coding: &str) -> Option<HeaderValue> {
    let opaque = tag.to_str().ok()?.strip_prefix('"')?.strip_suffix('"')?;
    HeaderValue::try_from(format!("\"{opaque};{coding}\"")).ok()
}

/// What stands between the quotes of a tag, without the coding.
pub(super) fn uncoded(opaque: &str) -> &str {
    match opaque.rsplit_once(';') {
        Some((opaque, coding)) if CODINGS.contains(&coding) => opaque,
        _ => opaque,
    }
}

/// The tag, as the reader says that it knows it: in whichever coding it has the answer. None if it does not.
/// `W/` does not matter, because proxies add it; neither do commas, because no tag of this host holds one.
fn as_known<'a>(known: &'a str, tag: &str) -> Option<&'a str> {
    let opaque = tag.strip_prefix('"')?.strip_suffix('"')?;
    let mut known = known.split(',').map(|known| known.trim().trim_start_matches("W/"));
    known.find(|known| {
        let known = known.strip_prefix('"').and_then(|known| known.strip_suffix('"'));
        known.is_some_and(|known| known == opaque || uncoded(known) == opaque)
    })
}

/// Whether the reader says that it has what this tag (quotes included) stands for.
pub(super) fn has_already(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut values = values.map(str::trim);
    values.any(|value| value == "*" || as_known(value, tag).is_some())
}

/// Puts the tag in which the reader knows it into an answer that it has already.
pub(super) fn repeat(headers: &mut HeaderMap, known: &HeaderValue) {
    let tag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
    let known = tag.zip(known.to_str().ok()).and_then(|(tag, known)| as_known(known, tag));
    if let Some(known) = known.and_then(|known| HeaderValue::from_str(known).ok()) {
        headers.insert(header::ETAG, known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(header: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(header))])
    }

    #[test]
    fn tags_are_compared_weakly_in_lists_and_in_any_coding() {
        for (header, expected) in [
            (r#""a-1""#, true),
            (r#"W/"a-1""#, true),
            (r#""x", "a-1""#, true),
            (r#""a-1;zstd""#, true),
            (r#"W/"a-1;gzip""#, true),
            (r#""x;br","a-1;br""#, true),
            ("*", true),
            (r#""a-1;deflate""#, false),
            (r#""a-1;br;br""#, false),
            (r#""a-2;br""#, false),
            (r#""a-2""#, false),
            ("a-1", false),
        ] {
            assert_eq!(has_already(&known(header), r#""a-1""#), expected, "{header}");
        }
        assert!(!has_already(&HeaderMap::new(), r#""a-1""#));
    }

    #[test]
    fn each_coding_has_a_strong_tag_of_its_own() {
        let of = |tag| coded(&HeaderValue::from_static(tag), "br");
        assert_eq!(of("\"a-1\"").unwrap(), "\"a-1;br\"");
        assert_eq!((of("W/\"a-1\""), of("a-1")), (None, None));
        assert!(CODINGS.iter().all(|coding| uncoded(&format!("a-1;{coding}")) == "a-1"));
        assert_eq!((uncoded("a-1"), uncoded("a;1"), uncoded("")), ("a-1", "a;1", ""));
    }

    #[test]
    fn who_has_it_already_is_told_by_the_tag_that_was_sent() {
        let repeated = |sent| {
            let tag = (header::ETAG, HeaderValue::from_static("\"a-1\""));
            let mut headers = HeaderMap::from_iter([tag]);
            repeat(&mut headers, &HeaderValue::from_static(sent));
            headers[header::ETAG].to_str().unwrap().to_owned()
        };
        assert_eq!(repeated("\"x\", W/\"a-1;br\""), "\"a-1;br\"");
        assert_eq!(repeated("\"a-1\""), "\"a-1\"");
        assert_eq!(repeated("*"), "\"a-1\"");
    }
}
