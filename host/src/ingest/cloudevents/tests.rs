//! What becomes of each member and each header.

use super::*;

const ID: &str = "c232ab00-9414-11ec-b3c8-9f6bdeced846";
const ENTITY: &str = "7d444840-9dc0-41d1-b245-5ffdce74fad2";

/// A CloudEvent with these members beside those that every one has.
fn with(members: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"{ID}","type":"shop.item_added","source":"/till/7","subject":"{ENTITY}"{members}}}"#
    )
}

fn one(body: &str) -> Result<RawEvent<'static>, String> {
    let body: &'static str = body.to_owned().leak();
    let events = read_cloudevents(body.as_bytes(), CloudEventsForm::One).map_err(|why| why.to_string())?;
    let [event] = Vec::leak(events) else { panic!("{body}") };
    Ok(event.as_event())
}

fn metadata(event: &RawEvent<'_>) -> Vec<(String, String)> {
    event.metadata.clone()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn attributes_become_the_parts_of_an_event() {
    let event = one(&with(
        r#", "time":"2018-04-05T17:31:00Z","datacontenttype":"application/json; charset=utf-8","data": {"n": 1.0}"#,
    ))
    .unwrap();
    assert_eq!((event.id, event.event_type, event.entity), (ID, "shop.item_added", ENTITY));
    assert_eq!(event.data, br#"{"n": 1.0}"#);
    assert_eq!(metadata(&event), pairs(&[("source", "/till/7")]));
}

#[test]
fn extensions_become_metadata_as_canonical_strings() {
    let event = one(&with(
        r#","traceparent":"00-ab","sampled":true,"retried":false,"tries":-3,"nothing":null,"zero":-0,"dataschema":"urn:x","umlaut":"\u00e4""#,
    ))
    .unwrap();
    let expected = [
        ("dataschema", "urn:x"),
        ("retried", "false"),
        ("sampled", "true"),
        ("source", "/till/7"),
        ("traceparent", "00-ab"),
        ("tries", "-3"),
        ("umlaut", "ä"),
        ("zero", "0"),
    ];
    assert_eq!(metadata(&event), pairs(&expected));
}

#[test]
fn data_may_be_missing_null_or_in_base64() {
    for (members, data) in [
        ("", "null"),
        (r#","data":null"#, "null"),
        (r#","data":"{}""#, r#""{}""#),
        (r#","data_base64":"eyJuIjoxfQ==""#, r#"{"n":1}"#),
        (r#","data_base64":null,"data":7"#, "7"),
        (r#","data_base64":null"#, "null"),
        // Whether it is JSON is judged where all data is.
        (r#","data_base64":"////""#, "\u{fffd}\u{fffd}\u{fffd}"),
    ] {
        let event = one(&with(members)).unwrap();
        assert_eq!(String::from_utf8_lossy(event.data), data, "{members}");
    }
}

#[test]
fn what_is_no_cloudevent_is_refused_by_name() {
    let twice = with(&format!(r#","id":"{ID}""#));
    for (body, words) in [
        ("{".to_owned(), "not JSON"),
        ("[]".to_owned(), "a CloudEvent (a JSON object)"),
        (twice, r#""id" stands there twice"#),
        (with(r#","data":1,"data_base64":"MQ==""#), "send one of them"),
        (with(r#","data_base64":"MQ""#), "not Base64"),
        (with(r#","data_base64":7"#), "must be a string"),
        (with(r#","datacontenttype":"text/xml","data":"<a/>""#), r#"datacontenttype "text/xml""#),
        (with(r#","trace_id":"1""#), r#"attribute "trace_id""#),
        (with(r#","Trace":"1""#), "lower-case letters and digits"),
        (with(r#","":"1""#), "lower-case letters and digits"),
        (with(r#","tries":1.0"#), "attribute tries \"1.0\" is not valid"),
        (with(r#","tries":2147483648"#), "32 bits"),
        (with(r#","tries":[1]"#), "attribute tries"),
        (with(r#","word":"\ud800""#), "attribute word"),
        (with("").replace("1.0", "0.3"), r#"specversion "0.3""#),
        (with("").replace(r#""1.0""#, "null"), "specversion is missing"),
        (with("").replace("subject", "entity"), "subject is missing: it is the entity"),
        (with("").replace(ENTITY, ""), "subject is missing"),
        (with("").replace("\"type\"", "\"kind\""), "type is missing"),
        (with("").replace("source", "origin"), "source is missing"),
        (with("").replace("\"id\"", "\"uid\""), "id is missing"),
    ] {
        let refused = one(&body).unwrap_err();
        assert!(refused.contains(words), "{body}: {words:?} is not in {refused}");
        assert_eq!(refused.lines().count(), 1, "{refused}");
    }
}

#[test]
fn time_is_not_even_read() {
    assert_eq!(metadata(&one(&with(r#","time":{"is":"gone"}"#)).unwrap()), pairs(&[("source", "/till/7")]));
}

#[test]
fn a_batch_names_the_event_that_is_wrong() {
    let read = |body: &str| {
        let events = read_cloudevents(body.as_bytes(), CloudEventsForm::Batch);
        events.map(|events| events.len()).map_err(|why| why.to_string())
    };
    assert_eq!(read("[]"), Ok(0));
    assert_eq!(read(&format!("[{}, {}]", with(""), with(""))), Ok(2));
    let refused = read(&format!("[{}, {}]", with(""), with(r#","a_b":1"#))).unwrap_err();
    assert!(refused.starts_with("event 1 of the batch: attribute \"a_b\""), "{refused}");
    assert!(read(&with("")).unwrap_err().starts_with("the batch does not have the right form"));
}

const HEADERS: [(&str, &str); 6] = [
    ("id", ID),
    ("source", "/till/7"),
    ("specversion", "1.0"),
    ("subject", ENTITY),
    ("time", "%ff"),
    ("type", "shop.item_added"),
];

fn binary(more: &[(&str, &str)], body: &'static str) -> Result<RawEvent<'static>, String> {
    let headers = HEADERS.iter().chain(more).copied();
    let event = binary_cloudevent(headers, body.as_bytes()).map_err(|why| why.to_string())?;
    Ok(Box::leak(Box::new(event)).as_event())
}

#[test]
fn headers_become_the_same_as_members() {
    let event = binary(&[("dataschema", "urn:x"), ("tries", "3")], " {} ").unwrap();
    assert_eq!((event.id, event.event_type, event.entity), (ID, "shop.item_added", ENTITY));
    assert_eq!(event.data, b" {} ");
    assert_eq!(metadata(&event), pairs(&[("dataschema", "urn:x"), ("source", "/till/7"), ("tries", "3")]));
    assert_eq!(binary(&[], "").unwrap().data, b"null");
}

#[test]
fn header_values_are_unquoted_and_decoded_once() {
    for (sent, value) in [
        ("plain", "plain"),
        ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
        ("%e2%82%ac", "€"),
        ("%41", "A"),
        ("%2541", "%41"),
        ("100%", "100%"),
        (r#""in quotes""#, "in quotes"),
        (r#""a \"b\" \\ c%21""#, r#"a "b" \ c!"#),
        (r#"""#, r#"""#),
        ("", ""),
    ] {
        let event = binary(&[("x", sent)], "1").unwrap();
        let given = event.metadata.iter().find(|(name, _)| name == "x").map(|(_, value)| value.as_str());
        assert_eq!(given, Some(value), "{sent}");
    }
}

#[test]
fn what_is_wrong_with_a_header_is_named() {
    for (header, words) in [
        (("x", "%C0%A0"), "header ce-x \"%C0%A0\" is not valid: what is percent-encoded must be UTF-8"),
        (("x-y", "1"), r#"attribute "x-y""#),
        (("data", "1"), r#"attribute "data""#),
        (("id", ID), "header ce-id was sent twice"),
        (("datacontenttype", "application/json"), "no place beside Content-Type"),
    ] {
        let refused = binary(&[header], "1").unwrap_err();
        assert!(refused.contains(words), "{words:?} is not in {refused}");
    }
    let without = HEADERS.into_iter().filter(|(name, _)| *name != "subject");
    assert!(binary_cloudevent(without, b"1").unwrap_err().to_string().contains("subject is missing"));
}
