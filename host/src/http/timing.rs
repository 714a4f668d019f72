//! How long an answer took, told to whoever asked: `Server-Timing`, in milliseconds.

use std::{io::Write, time::Duration};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The header; parts are separated by commas.
pub(super) const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// Adds a part, such as `total;dur=1.234`.
pub(super) fn add(headers: &mut HeaderMap, part: &str, took: Duration) {
    let before = headers.get(&SERVER_TIMING).map_or(&b""[..], HeaderValue::as_bytes);
    // Most answers have one part. What finds no room is left out: it is a courtesy.
    let mut text = [0; 96];
    let mut rest = &mut text[..];
    let comma = if before.is_empty() { "" } else { ", " };
    let micros = took.as_micros();
    let written = rest
        .write_all(before)
        .and_then(|()| write!(rest, "{comma}{part};dur={}.{:03}", micros / 1000, micros % 1000));
    let left = rest.len();
    let length = text.len() - left;
    if written.is_ok()
        && let Ok(value) = HeaderValue::from_bytes(&text[..length])
    {
        headers.insert(SERVER_TIMING, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_each_other_in_milliseconds() {
        let mut headers = HeaderMap::new();
        add(&mut headers, "fold", Duration::from_micros(12_034));
        assert_eq!(headers[SERVER_TIMING], "fold;dur=12.034");
        add(&mut headers, "total", Duration::from_nanos(70_999));
        assert_eq!(headers[SERVER_TIMING], "fold;dur=12.034, total;dur=0.070");
        add(&mut headers, "total", Duration::MAX);
        assert!(headers[SERVER_TIMING].to_str().unwrap().starts_with("fold;dur=12.034, total;dur=0.070"));
    }
}
