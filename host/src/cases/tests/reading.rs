//! From text to cases.

use crate::words::{Fold, Order};

use super::{read, read_under};

fn wrong(text: &str) -> String {
    read(text).unwrap_err()
}

/// A case whose `when` and `then` are these.
fn case(when: &str, then: &str) -> String {
    format!("name: x\nwhen: {when}\nthen: {then}\n")
}

#[test]
fn what_is_left_out_is_filled_in() {
    let text = "- name: x\n  given: {model: {b: 1.0, a: [ ]}, events: [{type: a, data: 1}]}\n  \
                when: [{type: a, data: {n: -0}, metadata: {k: v}}, {type: b, data: , at: 2h, position: 7}, {type: a, data: ''}]\n  \
                then: {model: null, events: []}\n";
    let [case] = read(text).unwrap().try_into().unwrap();
    let all: Vec<_> = case.given.iter().chain(&case.when).collect();
    let start = 1_767_225_600_000_000;
    let times: Vec<_> = all.iter().map(|event| event.fact.id.occurred_at() - start).collect();
    assert_eq!(times, [0, 1_000_000, 7_200_000_000, 7_201_000_000]);
    assert_eq!(all.iter().map(|event| event.position.0).collect::<Vec<_>>(), [1, 2, 7, 8]);
    let data: Vec<_> = all.iter().map(|event| std::str::from_utf8(&event.fact.data).unwrap()).collect();
    assert_eq!(data, ["1", r#"{"n":-0}"#, "null", "\"\""]);
    assert_eq!(case.when[0].fact.metadata, [("k".to_owned(), "v".to_owned())]);
    assert_eq!(case.model.as_deref(), Some(&br#"{"b":1.0,"a":[]}"#[..]));
    assert!(case.entity.is_some_and(|entity| entity == case.when[0].fact.entity));
    // The same again: ids are part of what a reducer sees.
    let again = read(text).unwrap();
    assert_eq!(again[0].written, case.written);
}

#[test]
fn yaml_and_json_say_the_same() {
    let json = r#"[{"name":"x","when":[{"type":"a","data":{"n":1.0,"s":"1"}}],"then":{"events":[{"type":"b","cause":0}]}}]"#;
    let yaml = "- name: x\n  when:\n    - type: a\n      data:\n        n: 1.0\n        s: '1'\n  then:\n    events:\n      - {type: b, cause: 0}\n";
    let shown = |name, text| {
        let [case] = read_under(Fold::WholeContext, name, text).unwrap().try_into().unwrap();
        format!("{:?} {:?} {:?}", case.name, case.when, case.then)
    };
    assert_eq!(shown("a.json", json), shown("a.yml", yaml));
}

#[test]
fn the_order_is_that_of_the_fold() {
    let text = case(
        "[{type: a, data: 1, at: 2h}, {type: a, data: 2, at: 1h}, {type: b, data: 3, at: 1h}]",
        "{failure: {event: 1}}",
    );
    let order = |fold| {
        let [case] = read_under(fold, "a.yaml", &text).unwrap().try_into().unwrap();
        (
            case.when.iter().map(|event| event.fact.data[0]).collect::<Vec<_>>(),
            case.index_of(case.when[0].fact.id),
        )
    };
    assert_eq!(order(Fold::Entity(Order::Occurred)), (b"231".to_vec(), Some(1)));
    assert_eq!(order(Fold::Entity(Order::Recorded)), (b"123".to_vec(), Some(0)));
    let late = format!("given: {{events: [{{type: a, data: 0, at: 3h}}]}}\n{text}");
    let said = read_under(Fold::Entity(Order::Occurred), "a.yaml", &late).unwrap_err();
    assert!(said.contains("happened before the given event"), "{said}");
    assert!(read_under(Fold::WholeContext, "a.yaml", &late).is_ok());
}

#[test]
fn under_whole_context_there_is_no_entity_and_events_happen_to_any() {
    let other = "7d444840-9dc0-41d1-b245-5ffdce74fad2";
    let text = case(&format!("[{{type: a, data: 1}}, {{type: a, data: 1, entity: {other}}}]"), "{model: 1}");
    let [whole] = read_under(Fold::WholeContext, "a.yaml", &text).unwrap().try_into().unwrap();
    assert_eq!((whole.entity, whole.when[1].fact.entity.to_string()), (None, other.to_owned()));
    assert!(wrong(&text).contains("when, event 1: it happened to 7d444840"), "{}", wrong(&text));
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let good = "[{type: a, data: 1}]";
    for (text, words) in [
        (
            "name: x\na field: 1".to_owned(),
            ": case 1 (x): unknown member `a field`, expected one of `name`, `entity`, `given`, `when`, `then`",
        ),
        (
            format!("- name: x\n  when: {good}\n  then: {{model: 1}}\n- when: {good}\n"),
            ": case 2: missing member `name`",
        ),
        ("- 7".to_owned(), "case 1: it must be an object ({…}), not a number"),
        (case("[]", "{model: 1}"), "case 1 (x): when: at least one"),
        (
            case("[{type: a, dat: 1}]", "{model: 1}"),
            "(x): when, event 0: unknown member `dat`, expected one of `type`, `data`",
        ),
        (case("[{type: a}]", "{model: 1}"), "when, event 0: missing member `data`"),
        (case("[[a, 1]]", "{model: 1}"), "when, event 0: it must be an object ({…}), not a list"),
        (case("[{type: c, data: 1}]", "{model: 1}"), "does not take c; it takes a, b"),
        (case("[{type: no good, data: 1}]", "{model: 1}"), "event type \"no good\" is not valid"),
        (case("[{type: a, data: 1, id: x}]", "{model: 1}"), "event id \"x\" is not a UUID"),
        (case("[{type: a, data: 1, at: soon}]", "{model: 1}"), "at \"soon\" is no time after 2026"),
        (case("[{type: a, data: 1, at: 99999999d}]", "{model: 1}"), "later than an event id can say"),
        (case("[{type: a, data: 1, at: 1s, id: x}]", "{model: 1}"), "`id` and `at` both"),
        (
            case("[{type: a, data: 1, metadata: {k: 1}}]", "{model: 1}"),
            "invalid type: integer `1`, expected a string",
        ),
        (
            case("[{type: a, data: 1, position: 2}, {type: a, data: 1, position: 2}]", "{model: 1}"),
            "event 1: position 2 does not come after 2",
        ),
        (
            case(&format!("[{0}, {0}, {0}, {0}]", "{type: a, data: 1}"), "{model: 1}"),
            "it has 4 events, but 3 is the limit for one call (limits.call_events)",
        ),
        (case(good, "{}"), "then: nothing is looked at"),
        (case(good, "{model: 1, failure: {}}"), "then: what fails leaves neither"),
        (
            case(good, "{failure: {event: 1}}"),
            "then, failure, event: 1 is no index into `when`, which has 1 events",
        ),
        (
            case(good, "{failure: {cod: x}}"),
            "then, failure: unknown member `cod`, expected one of `code`, `message`, `event`",
        ),
        (case(good, "{events: [{type: b}, {type: b, cause: 4}]}"), "then, event 1: cause: 4 is no index"),
        (case(good, "{events: [{type: b, cause: [0]}]}"), "then, event 0: cause: it is the index"),
        (case(good, "{events: [{data: 1}]}"), "then, event 0: missing member `type`"),
        (format!("entity: x\n{}", case(good, "{model: 1}")), "(x): entity: entity \"x\" is not a UUID"),
        (format!("given: {{mode: 1}}\n{}", case(good, "{model: 1}")), "given: unknown member `mode`"),
    ] {
        let said = wrong(&text);
        assert!(said.contains(words), "{text}: {said}");
    }
    let position = case("[{type: a, data: 1, position: 2}]", "{model: 1}");
    let said = read_under(Fold::Entity(Order::Occurred), "a.yaml", &position).unwrap_err();
    assert!(said.contains("is told none"), "{said}");
}

#[test]
fn an_id_is_there_once() {
    let id = "c232ab00-9414-11ec-b3c8-9f6bdeced846";
    let event = format!("{{type: a, data: 1, id: {id}}}");
    let said = wrong(&format!("given: {{events: [{event}]}}\n{}", case(&format!("[{event}]"), "{model: 1}")));
    assert!(said.contains(&format!("when, event 0: the id {id} is there twice")), "{said}");
}
