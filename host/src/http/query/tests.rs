use super::*;

const KNOWN: &[&str] = &["after", "following", "since", "type", "limit", "from"];

fn query(raw: &str) -> Query<'_> {
    Query::parse(Some(raw), KNOWN).unwrap()
}

#[test]
fn unknown_parameters_are_named_beside_those_that_are_known() {
    let error = Query::parse(Some("limit=1&wait=cart"), &["after", "limit"]).unwrap_err();
    assert_eq!(error.to_string(), r#"query parameter "wait" is not valid: this request takes after, limit"#);
    assert!(Query::parse(Some("x"), &[]).unwrap_err().to_string().ends_with("takes none"));
    assert!(Query::parse(Some("limit=%ff"), KNOWN).is_err());
    assert!(Query::parse(None, &[]).is_ok() && Query::parse(Some(""), &[]).is_ok());
}

#[test]
fn limits_have_a_range() {
    assert_eq!(query("").limit(1000).unwrap(), 100);
    assert_eq!(query("").limit(10).unwrap(), 10);
    assert_eq!(query("limit=7").limit(10).unwrap(), 7);
    for bad in
        ["limit=0", "limit=11", "limit=-1", "limit=", "limit=x", "limit=1&limit=2", "limit=99999999999"]
    {
        let error = query(bad).limit(10).unwrap_err().to_string();
        assert!(error.starts_with("query parameter limit"), "{error}");
    }
}

#[test]
fn seconds_are_decimal_and_bounded() {
    assert_eq!(query("limit=0.25").seconds("limit", 5000).unwrap(), Some(Duration::from_millis(250)));
    assert_eq!(query("limit=5").seconds("limit", 5000).unwrap(), Some(Duration::from_secs(5)));
    assert_eq!(query("").seconds("limit", 5000).unwrap(), None);
    for bad in ["0", "-1", "5.001", "inf", "NaN", "1e300", "1e-20", "", "soon"] {
        let error = query(&format!("limit={bad}")).seconds("limit", 5000).unwrap_err().to_string();
        assert!(error.ends_with("above 0 and up to 5 (limits.wait_ms)"), "{error}");
    }
}

#[test]
fn what_belongs_together_is_given_together() {
    assert!(query("since=1&after=2").only_with("since", "after").is_ok());
    assert!(query("after=2").only_with("since", "after").is_ok());
    let error = query("since=1").only_with("since", "after").unwrap_err().to_string();
    assert!(error.ends_with("it means something only with after="), "{error}");
}

#[test]
fn types_come_repeated_or_in_lists() {
    let types = query("type=A,b.c&type=%44*").types().unwrap();
    assert_eq!(types.iter().map(ToString::to_string).collect::<Vec<_>>(), ["A", "b.c", "D*"]);
    assert!(query("type=").types().is_err());
    assert!(query("type=A,,B").types().is_err());
    assert!(query("type=*").types().unwrap_err().to_string().contains("whatever follows"));
}

#[test]
fn times_are_text_or_microseconds() {
    assert_eq!(query("since=1970-01-01T00:00:01Z").since().unwrap(), Some(1_000_000));
    assert_eq!(query("since=1970-01-01T00%3A00%3A01Z").since().unwrap(), Some(1_000_000));
    assert_eq!(query("since=-5").since().unwrap(), Some(-5));
    assert!(query("since=yesterday").since().is_err());
}

#[test]
fn after_is_a_position_or_an_event() {
    let id = "c232ab00-9414-11ec-b3c8-9f6bdeced846";
    assert_eq!(query("after=7").after().unwrap(), Some(After::Position(Position(7))));
    assert_eq!(query("following=7").after().unwrap(), Some(After::Position(Position(7))));
    let by_id = format!("after={id}");
    assert_eq!(query(&by_id).after().unwrap(), Some(After::Event(id.parse().unwrap())));
    for bad in ["after=-1", "after=x", "after=", "after=1&following=1", "after=18446744073709551615"] {
        assert!(query(bad).after().is_err(), "{bad}");
    }
}

#[test]
fn cursors_know_their_epoch() {
    let epoch = Epoch("abc".into());
    assert_eq!(query("from=abc-7").seen(&epoch).unwrap(), Some(Seen::Number(7)));
    assert_eq!(query("from=xyz-7").seen(&epoch).unwrap(), Some(Seen::OtherEpoch));
    assert!(query("from=7").seen(&epoch).is_err());
    assert!(query("from=abc-").seen(&epoch).is_err());
}

#[test]
fn the_next_page_is_this_request_from_there_on() {
    assert_eq!(query("").next("/shop/events", 9), "/shop/events?after=9");
    let long = "type=A&after=3&limit=2&&type=%44";
    assert_eq!(query(long).next("/shop/events", 9), "/shop/events?type=A&limit=2&type=%44&after=9");
    assert_eq!(query("following=3").next("/shop/events", 9), "/shop/events?after=9");
}
