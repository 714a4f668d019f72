//! Bodies: read whole, up to a limit, within a while.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::problem::{self as kinds, Problem};

/// How long a body may take to arrive. Whoever needs longer holds a connection that others could use.
const PATIENCE: Duration = Duration::from_secs(30);

/// A limit on a body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    /// The limit's name in the config, below `limits`.
    pub(super) name: &'static str,
    /// The largest size, in bytes.
    pub(super) bytes: usize,
}

/// Reads a body that must hold something.
pub(super) async fn read(body: Body, limit: Limit) -> Result<Bytes, Problem> {
    let bytes = read_any(body, limit).await?;
    if bytes.is_empty() {
        return Err(Problem::new(&kinds::EMPTY, "the body is empty: send JSON"));
    }
    Ok(bytes)
}

/// How much room a body needs: what it says that it has, or what it may have at most. One that says it is too
/// large is refused before any of it is read.
pub(super) fn size(body: &Body, limit: Limit) -> Result<usize, Problem> {
    let hint = body.size_hint();
    let announced = usize::try_from(hint.lower()).unwrap_or(usize::MAX);
    if announced > limit.bytes {
        return Err(too_large(limit).with("actual", announced));
    }
    Ok(if hint.exact().is_some() { announced } else { limit.bytes })
}

/// Reads a body.
pub(super) async fn read_any(body: Body, limit: Limit) -> Result<Bytes, Problem> {
    size(&body, limit)?;
    match tokio::time::timeout(PATIENCE, Limited::new(body, limit.bytes).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large(limit)),
        Ok(Err(_)) => Err(Problem::new(&kinds::INCOMPLETE, "the body ended early: nothing was written")),
        Err(_) => {
            let detail = format!("the body took longer than {} s: nothing was written", PATIENCE.as_secs());
            Err(Problem::new(&kinds::TIMEOUT, detail))
        }
    }
}

fn too_large(Limit { name, bytes }: Limit) -> Problem {
    let detail = format!(
        "the body has more than {bytes} bytes, the limit ({name}): send less at once, or raise limits.{name}"
    );
    Problem::new(&kinds::TOO_LARGE, detail).with("limit", format!("limits.{name}")).with("most", bytes)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    const LIMIT: Limit = Limit { name: "event_bytes", bytes: 4 };

    fn chunks(chunks: &[&'static str]) -> Body {
        let chunks: Vec<_> =
            chunks.iter().map(|chunk| Ok::<_, Infallible>(Bytes::from_static(chunk.as_bytes()))).collect();
        Body::from_stream(futures_util::stream::iter(chunks))
    }

    #[tokio::test]
    async fn bodies_are_read_up_to_the_limit() {
        assert_eq!(read(Body::from("1234"), LIMIT).await.unwrap(), "1234");
        assert_eq!(read(chunks(&["12", "34"]), LIMIT).await.unwrap(), "1234");
        assert_eq!(read(Body::from("12345"), LIMIT).await.unwrap_err().kind(), &kinds::TOO_LARGE);
        assert_eq!(read(chunks(&["123", "45"]), LIMIT).await.unwrap_err().kind(), &kinds::TOO_LARGE);
        assert_eq!(read(Body::empty(), LIMIT).await.unwrap_err().kind(), &kinds::EMPTY);
    }

    #[test]
    fn a_body_needs_the_room_that_it_announces_or_might_take() {
        assert_eq!(size(&Body::from("123"), LIMIT).unwrap(), 3);
        assert_eq!(size(&Body::empty(), LIMIT).unwrap(), 0);
        assert_eq!(size(&chunks(&["1"]), LIMIT).unwrap(), 4);
        assert_eq!(size(&Body::from("12345"), LIMIT).unwrap_err().kind(), &kinds::TOO_LARGE);
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_told_from_one_that_is_too_large() {
        let broken = futures_util::stream::iter([Ok(Bytes::from_static(b"1")), Err("gone")]);
        assert_eq!(read(Body::from_stream(broken), LIMIT).await.unwrap_err().kind(), &kinds::INCOMPLETE);
    }
}
