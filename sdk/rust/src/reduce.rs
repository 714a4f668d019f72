//! One call of the host: decodes the model once, applies the events one after another, encodes once.

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Event, Failure, NewEvent, Result, canonical, decode, json, variants,
    wire::{self, Descriptor, Fold, History, ModelChange, Order, Reduction, Upgrade},
};

/// The function that a reducer is made of: it applies one event to the model and says what new events
/// that leads to.
pub type Apply<M, E> = fn(&mut M, Event<E>) -> Result<Vec<NewEvent>>;

/// What the host is told about a reducer that says no more than `order: occurred`.
pub fn describe<M, E: DeserializeOwned>(_apply: Apply<M, E>) -> Descriptor {
    let event_types = variants::of::<E>().unwrap_or_default();
    Descriptor {
        event_types: event_types.iter().copied().map(String::from).collect(),
        fold: Fold::Entity(Order::Occurred),
        upgrade: Upgrade::Rebuild,
        history: History::Emit,
        content_type: None,
        emits: Vec::new(),
        attributes: Vec::new(),
    }
}

/// What a module does when the host calls it.
///
/// # Errors
///
/// As for `reduce`.
pub fn entry<M, E>(
    apply: Apply<M, E>,
    model: Option<&[u8]>,
    events: Vec<wire::Event>,
) -> Result<Reduction, wire::Failure>
where
    M: Default + Serialize + DeserializeOwned,
    E: DeserializeOwned,
{
    #[cfg(target_arch = "wasm32")]
    crate::log::panics();
    reduce(apply, model, events).map_err(wire::Failure::from)
}

/// Folds `events` into `model` with `apply`.
///
/// # Errors
///
/// `invalid-model` or `invalid-data` for bytes that are not what `M` or `E` expects, `invalid-model` for a model that
/// JSON has no form for, or whatever `apply` says; then nothing of the call counts.
pub(crate) fn reduce<M, E>(
    apply: Apply<M, E>,
    model: Option<&[u8]>,
    events: Vec<wire::Event>,
) -> Result<Reduction>
where
    M: Default + Serialize + DeserializeOwned,
    E: DeserializeOwned,
{
    let mut state = match model {
        Some(bytes) => json::from_slice(bytes).map_err(|error| invalid_model(&error))?,
        None => M::default(),
    };
    let mut new_events = Vec::new();
    for (index, event) in (0..).zip(events) {
        let made = typed(event)
            .and_then(|event| apply(&mut state, event))
            .map_err(|failure| failure.about(index))?;
        new_events.extend(made.into_iter().map(|event| event.caused_by(index)));
    }
    // Models grow slowly: with room for a little more, the text is written without being moved.
    let room = model.map_or(0, <[u8]>::len) + 256;
    let after = canonical::to_vec_of(&state, room).map_err(|error| invalid_model(&error))?;
    Ok(Reduction { model: change(model, after), events: new_events })
}

fn invalid_model(error: &dyn std::error::Error) -> Failure {
    Failure::undecodable("invalid-model", error.to_string())
}

fn typed<E: DeserializeOwned>(event: wire::Event) -> Result<Event<E>> {
    let wire::Event { id, entity, event_type, data, occurred_at, position, cause, metadata } = event;
    let data = decode::decode(&event_type, &data)
        .map_err(|error| Failure::undecodable("invalid-data", format!("{event_type}: {error}")))?;
    Ok(Event { id, entity, event_type, occurred_at, position, cause, metadata, data })
}

/// A model that is written as `null` is no model.
fn change(before: Option<&[u8]>, after: Vec<u8>) -> ModelChange {
    match before {
        None if after == b"null" => ModelChange::Keep,
        Some(_) if after == b"null" => ModelChange::Delete,
        Some(before) if before == after => ModelChange::Keep,
        _ => ModelChange::Put(after),
    }
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "a reducer's function is given events, not lent them")]
mod tests {
    use serde::Deserialize;
    use serde_json::{json, value::RawValue};

    use super::*;
    use crate::testing::{ENTITY, event, fold, fold_in_all_cuts};

    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Change {
        Put(u32),
        Emptied,
        Refused,
    }

    /// A model that can vanish, and an answer to each event.
    fn apply(model: &mut Option<u32>, event: Event<Change>) -> Result<Vec<NewEvent>> {
        *model = match event.data {
            Change::Put(number) => Some(number),
            Change::Emptied => None,
            Change::Refused => return Err(Failure::new("refused", "as it asked for")),
        };
        Ok(vec![NewEvent::new("answered", &model)?.on(event.entity).with_metadata("by", "test")])
    }

    #[test]
    fn new_events_name_the_event_that_led_to_them() {
        let folded =
            fold_in_all_cuts(apply, [event("put", 1), event("emptied", ()), event("put", 2)]).unwrap();
        assert_eq!(folded.model(), json!(2));
        let answers = folded.emitted.iter().map(|answer| (answer.cause, answer.data.clone()));
        assert!(answers.eq([(0, json!(1)), (1, json!(null)), (2, json!(2))]));
        assert_eq!(folded.emitted[0].entity.as_deref(), Some(ENTITY));
        assert_eq!(folded.emitted[0].metadata, [("by".to_owned(), "test".to_owned())]);
    }

    #[test]
    fn null_is_no_model() {
        assert_eq!(fold(apply, Some(b"7"), [event("emptied", ())]).unwrap().bytes, None);
        assert_eq!(change(None, b"null".to_vec()), ModelChange::Keep);
        assert_eq!(change(Some(b"1"), b"null".to_vec()), ModelChange::Delete);
    }

    #[test]
    fn only_a_different_model_is_put() {
        assert_eq!(change(None, b"1".to_vec()), ModelChange::Put(b"1".to_vec()));
        assert_eq!(change(Some(b"1"), b"1".to_vec()), ModelChange::Keep);
        assert_eq!(change(Some(b"1"), b"2".to_vec()), ModelChange::Put(b"2".to_vec()));
    }

    #[test]
    fn a_failure_names_the_event() {
        let failed = |second| fold(apply, None, [event("put", 1), second]).unwrap_err();
        let refused = failed(event("refused", ()));
        assert_eq!((refused.event, refused.code.as_str()), (Some(1), "refused"));
        let undecodable = failed(event("put", "two"));
        assert_eq!((undecodable.event, undecodable.code.as_str()), (Some(1), "invalid-data"));
        assert!(undecodable.message.starts_with("put: "), "{undecodable}");
        let model = fold(apply, Some(b"{}"), [event("put", 1)]).unwrap_err();
        assert_eq!((model.event, model.code.as_str()), (None, "invalid-model"));
    }

    #[test]
    fn models_are_canonical() {
        fn double(model: &mut serde_json::Value, event: Event<serde_json::Value>) -> Result<Vec<NewEvent>> {
            *model = json!({"b": event.data, "a": model});
            Ok(vec![NewEvent::new("doubled", &model)?])
        }
        let folded = fold(double, None, [event("any", 1.0)]).unwrap();
        assert_eq!(folded.bytes.as_deref(), Some(&br#"{"a":null,"b":1}"#[..]));
        let again = fold(|_: &mut f64, _: Event<()>| Ok(vec![]), Some(b"1.50"), [event("any", ())]).unwrap();
        assert_eq!(again.bytes.as_deref(), Some(&b"1.5"[..]), "older bytes become canonical");
    }

    #[test]
    fn numbers_that_others_would_misread_are_refused() {
        fn divide(sum: &mut f64, event: Event<f64>) -> Result<Vec<NewEvent>> {
            *sum /= event.data;
            Ok(vec![])
        }
        let data = fold(divide, None, [event("put", (1_u64 << 53) + 1)]).unwrap_err();
        assert_eq!((data.event, data.code.as_str()), (Some(0), "invalid-data"));
        assert_eq!(data.message, "put: the number 9007199254740993 is beyond 2^53: send it as a string");
        let written = fold(divide, None, [event("put", 0)]).unwrap_err();
        assert_eq!((written.event, written.code.as_str()), (None, "invalid-model"));
        let read = fold(divide, Some(b"9007199254740993"), [event("put", 1)]).unwrap_err();
        assert_eq!((read.event, read.code.as_str()), (None, "invalid-model"));
        let emitted = NewEvent::new("put", &u64::MAX).unwrap_err();
        assert_eq!(emitted.code, "invalid-json");
        assert!(emitted.trace.is_some_and(|trace| trace.contains("reduce.rs")), "where it was made");
    }

    #[test]
    fn doubles_go_on_however_large() {
        fn add(sum: &mut f64, event: Event<f64>) -> Result<Vec<NewEvent>> {
            *sum += event.data;
            Ok(vec![])
        }
        fn count(sum: &mut u64, event: Event<u64>) -> Result<Vec<NewEvent>> {
            *sum += event.data;
            Ok(vec![])
        }
        let number = |digits: &str| RawValue::from_string(digits.to_owned()).unwrap();
        let events = [event("put", number("100000000000000000000")), event("put", 0)];
        let folded = fold_in_all_cuts(add, events).unwrap();
        assert_eq!(folded.bytes.as_deref(), Some(&b"100000000000000000000"[..]));
        let data = fold(count, None, [event("put", number("9007199254740994"))]).unwrap_err();
        assert_eq!((data.event, data.code.as_str()), (Some(0), "invalid-data"));
        let model = fold(count, Some(b"9007199254740994"), [event("put", 1)]).unwrap_err();
        assert_eq!((model.event, model.code.as_str()), (None, "invalid-model"));
        assert!(model.message.contains("floating point"), "when it was read: {model}");
    }
}
