//! What a request expects of an entity: `If-Match` and `If-None-Match`, against the tag of its events.

use axum::http::{HeaderMap, HeaderName, header};

use super::{
    problem::{self as kinds, Problem},
    tags,
};
use crate::store::Expectation;

/// The tag of an entity with so many events from outside. It says nothing about pages or forms, so it answers
/// no request with 304.
pub(super) fn tag(count: u64) -> String {
    format!("\"{count}\"")
}

/// What a request expects, if anything.
pub(super) fn expectation(headers: &HeaderMap) -> Result<Option<Expectation>, Problem> {
    let match_any = of(headers, &header::IF_MATCH)?;
    let match_none = of(headers, &header::IF_NONE_MATCH)?;
    match (match_any.as_deref(), match_none.as_deref()) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(Problem::new(
            &kinds::INVALID,
            "If-Match and If-None-Match were sent: one of them says it all",
        )),
        (Some("*"), None) => Ok(Some(Expectation::Any)),
        (Some(tags), None) => match counts(tags) {
            Some(counts) => Ok(Some(Expectation::OneOf(counts))),
            None => Err(malformed(
                "If-Match",
                tags,
                "tags in quotes, such as \"12\" (the ETag of the entity's events), or * for any events",
            )),
        },
        (None, Some("*")) => Ok(Some(Expectation::OneOf(vec![0]))),
        (None, Some(other)) => {
            Err(malformed("If-None-Match", other, "only * is taken: the entity has no events yet"))
        }
    }
}

/// All lines of a header as one, as they may be sent (RFC 9110, section 5.3).
fn of(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, Problem> {
    let mut lines = Vec::new();
    for value in headers.get_all(name) {
        let line = value.to_str().map_err(|_| malformed(name.as_str(), "(not ASCII)", "tags are ASCII"))?;
        lines.push(line.trim());
    }
    Ok(if lines.is_empty() { None } else { Some(lines.join(", ")) })
}

fn malformed(name: &str, value: &str, rule: &str) -> Problem {
    let value: String = value.chars().take(150).collect();
    Problem::new(&kinds::INVALID, format!("header {name} {value:?} is not valid: {rule}"))
        .with("header", name)
}

/// The counts that a list of tags stands for; none if it is no such list. A tag that is not of this kind can
/// be no entity's, so it only never matches. `W/` does not matter: proxies add it, and a count has nothing
/// that could differ in bytes alone; neither does the coding in which they were read.
fn counts(list: &str) -> Option<Vec<u64>> {
    let is_between = |c: char| matches!(c, ' ' | '\t' | ',');
    let mut counts = Vec::new();
    let mut rest = list.trim_matches(is_between);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (opaque, behind) = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"')?.split_once('"')?;
        let is_tag = |byte: u8| byte == b'!' || (b'#'..=b'~').contains(&byte);
        if !opaque.bytes().all(is_tag) {
            return None;
        }
        let opaque = tags::uncoded(opaque);
        counts.extend(opaque.parse().ok().filter(|count: &u64| count.to_string() == opaque));
        let next = behind.trim_start_matches([' ', '\t']);
        if !next.is_empty() && !next.starts_with(',') {
            return None;
        }
        rest = next.trim_start_matches(is_between);
    }
    Some(counts)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn expected(lines: &[(&'static str, &str)]) -> Result<Option<Expectation>, String> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        expectation(&headers).map_err(|problem| serde_json::to_string(&problem).unwrap())
    }

    #[test]
    fn tags_come_in_lists_weak_or_not() {
        assert_eq!(expected(&[]), Ok(None));
        assert_eq!(expected(&[("if-match", " * ")]), Ok(Some(Expectation::Any)));
        for (list, counts) in [
            (tag(12).as_str(), &[12][..]),
            (r#"W/"12""#, &[12]),
            (r#""12;zstd", W/"13;br""#, &[12, 13]),
            (r#""3", "4""#, &[3, 4]),
            (r#", "3",, W/"4" ,"#, &[3, 4]),
            (r#""3","4""#, &[3, 4]),
            (r#""a,b", "5""#, &[5]),
            (r#""012", "+1", "1.0", "", "99999999999999999999""#, &[]),
        ] {
            let wanted = Expectation::OneOf(counts.to_vec());
            assert_eq!(expected(&[("if-match", list)]), Ok(Some(wanted)), "{list}");
        }
        let lines = [("if-match", "\"1\""), ("if-match", "\"2\", \"3\"")];
        assert_eq!(expected(&lines), Ok(Some(Expectation::OneOf(vec![1, 2, 3]))));
        assert_eq!(expected(&[("if-none-match", "*")]), Ok(Some(Expectation::OneOf(vec![0]))));
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for bad in [
            "",
            ",",
            "12",
            "\"12",
            "12\"",
            "\"1\" \"2\"",
            "*, \"1\"",
            "\"1\", *",
            "w/\"1\"",
            "\"a b\"",
            "\"ä\"",
        ] {
            let refused = expected(&[("if-match", bad)]).unwrap_err();
            assert!(refused.to_lowercase().contains("header if-match"), "{bad}: {refused}");
        }
        for bad in ["\"1\"", "", "*, *"] {
            assert!(expected(&[("if-none-match", bad)]).unwrap_err().contains("only *"), "{bad}");
        }
        let both = [("if-match", "*"), ("if-none-match", "*")];
        assert!(expected(&both).unwrap_err().contains("one of them"));
    }
}
