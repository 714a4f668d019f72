//! One call: what becomes of the model, and what is emitted, each checked against its limits.

use std::sync::Arc;

use crate::{
    config::{Config, Limits},
    sandbox::{Call, Failure, ModelChange, NewEvent, Reduced},
    scheduler::state::{Fold, State},
    words::{Descriptor, EntityId, Event, Fact, History, Position, derived_id},
};

use super::{Answer, activation, cart, descriptor, entity, event, id, serving};

fn reduced(model: ModelChange, events: Vec<NewEvent>) -> Result<Reduced, Failure> {
    Ok(Reduced { model, events })
}

fn new_event(cause: u32) -> NewEvent {
    NewEvent {
        cause,
        event_type: "B".into(),
        entity: None,
        data: b"{ \"n\": 1 }".to_vec(),
        metadata: vec![("k".into(), "v".into())],
    }
}

/// Emits twice because of each event, the last first.
fn emits(call: &Call<'_>) -> Result<Reduced, Failure> {
    let causes = (0..u32::try_from(call.events.len()).unwrap()).rev();
    reduced(ModelChange::Keep, causes.flat_map(|cause| [new_event(cause), new_event(cause)]).collect())
}

fn limits() -> Limits {
    Config::embedded().limits
}

/// Makes a call of a module that was put in force at head 10, on a row that has emitted up to `emitted`.
fn call(
    (answer, descriptor): (Answer, Descriptor),
    limits: &Limits,
    of: Option<EntityId>,
    emitted: u64,
    events: &[Arc<Event>],
) -> Result<State, (u64, String)> {
    let serving = serving(vec![activation(1, 10, Some(("m", descriptor)))], answer);
    let emitted = Position(emitted);
    let fold = Fold { serving: &serving, limits, entity: of, emitted, snapshot_events: 0 };
    let mut state = State { model: Some(b"0"[..].into()), last: Some(id(20)), ..State::default() };
    let result = state.fold(&fold, events);
    if result.is_err() {
        assert_eq!((&state.model, state.count, state.last), (&Some(b"0"[..].into()), 0, Some(id(20))));
        assert!(state.emissions.is_empty() && state.repeated.is_empty(), "nothing has changed");
    }
    result.map(|()| state).map_err(|stuck| (stuck.event.position.0, stuck.failure.code))
}

/// A call for entity 1, with events at positions 11 and 12.
fn simple(answer: Answer, limits: &Limits) -> Result<State, (u64, String)> {
    call((answer, descriptor(&[])), limits, Some(entity(1)), 0, &[event(11, 1), event(12, 1)])
}

#[test]
fn a_model_is_put_kept_or_deleted() {
    let model = |answer: Answer| simple(answer, &limits()).unwrap().model;
    let put = |_: &Call<'_>| reduced(ModelChange::Put(b"{ \"a\" : [1, 2] }".to_vec()), vec![]);
    assert_eq!(model(put).as_deref(), Some(&b"{\"a\":[1,2]}"[..]), "without insignificant space");
    assert_eq!(model(|_| reduced(ModelChange::Keep, vec![])).as_deref(), Some(&b"0"[..]));
    assert_eq!(model(|_| reduced(ModelChange::Delete, vec![])), None);
}

#[test]
fn a_state_knows_how_far_it_got() {
    let state = simple(|_| reduced(ModelChange::Keep, vec![]), &limits()).unwrap();
    assert_eq!((state.folded, state.last, state.count), (Position(12), Some(id(20)), 2));
}

#[test]
fn an_emission_is_derived_from_its_cause() {
    let State { emissions, .. } = simple(emits, &limits()).unwrap();
    let first: &Fact = &emissions[0];
    let derived = |cause, index| derived_id(&cart(), Some(&entity(1)), id(cause), index).unwrap();
    let ids: Vec<_> = emissions.iter().map(|fact| fact.id).collect();
    assert_eq!(ids, [derived(12, 0), derived(12, 1), derived(11, 0), derived(11, 1)]);
    assert_eq!((first.cause, first.depth, first.entity), (Some(id(12)), 1, entity(1)));
    assert_eq!((&*first.data, first.event_type.as_str()), (&b"{\"n\":1}"[..], "B"));
    assert_eq!(first.metadata, [("k".to_owned(), "v".to_owned())]);
    let origin = first.origin.as_ref().unwrap();
    assert_eq!((&origin.domain, origin.entity), (&cart().domain, Some(entity(1))));
}

#[test]
fn an_emission_belongs_to_the_model_or_the_cause_or_whom_it_names() {
    let of = |answer, of| {
        let state = call((answer, descriptor(&[])), &limits(), of, 0, &[event(11, 3)]).unwrap();
        (state.emissions[0].entity, state.emissions[0].origin.as_ref().unwrap().entity)
    };
    let names: Answer = |_| {
        let named = Some("7d444840-9dc0-41d1-b245-5ffdce74fad2".to_owned());
        reduced(ModelChange::Keep, vec![NewEvent { entity: named, ..new_event(0) }])
    };
    assert_eq!(of(emits, Some(entity(1))), (entity(1), Some(entity(1))));
    assert_eq!(of(emits, None), (entity(3), None), "under whole-context");
    assert_eq!(of(names, None).0, "7d444840-9dc0-41d1-b245-5ffdce74fad2".parse().unwrap());
}

#[test]
fn an_event_emits_once_and_old_ones_may_stay_silent() {
    let events = [event(10, 1), event(11, 1), event(12, 1)];
    let counts = |descriptor| {
        let state = call((emits, descriptor), &limits(), Some(entity(1)), 11, &events).unwrap();
        (state.repeated.len(), state.emissions.len())
    };
    assert_eq!(counts(descriptor(&[])), (4, 2), "up to 11 they are only compared");
    let silent = Descriptor { history: History::Silent, ..descriptor(&[]) };
    assert_eq!(counts(silent), (2, 2), "up to 10 they are not even compared");
}

#[test]
fn what_does_not_pass_stops_the_fold() {
    let with = |change: fn(&mut Limits)| {
        let mut limits = limits();
        change(&mut limits);
        limits
    };
    let code = |answer: Answer, limits| simple(answer, &limits).unwrap_err().1;
    let put: Answer = |_| reduced(ModelChange::Put(b"12345".to_vec()), vec![]);
    assert_eq!(code(put, with(|limits| limits.model_bytes = 4)), "host.model-bytes");
    assert_eq!(code(|_| reduced(ModelChange::Put(b"{".to_vec()), vec![]), limits()), "host.model");
    assert_eq!(code(emits, with(|limits| limits.emitted_events = 3)), "host.emitted-events");
    assert_eq!(code(emits, with(|limits| limits.causal_depth = 0)), "host.causal-depth");
    assert_eq!(code(emits, with(|limits| limits.event_bytes = 9)), "host.emitted-event");
    assert_eq!(code(emits, with(|limits| limits.metadata_bytes = 1)), "host.emitted-event");
    let wrong: [Answer; 4] = [
        |_| reduced(ModelChange::Keep, vec![new_event(2)]),
        |_| reduced(ModelChange::Keep, vec![NewEvent { event_type: "1".into(), ..new_event(0) }]),
        |_| reduced(ModelChange::Keep, vec![NewEvent { entity: Some("x".into()), ..new_event(0) }]),
        |_| reduced(ModelChange::Keep, vec![NewEvent { data: b"{".to_vec(), ..new_event(0) }]),
    ];
    for answer in wrong {
        assert_eq!(code(answer, limits()), "host.emitted-event");
    }
}

#[test]
fn the_event_that_a_failure_is_about_is_named() {
    let about: Answer = |_| Err(Failure { event: Some(1), ..Failure::of_host("test", String::new()) });
    assert_eq!(simple(about, &limits()).unwrap_err(), (12, "host.test".to_owned()));
    let beyond: Answer = |_| Err(Failure { event: Some(2), ..Failure::of_host("test", String::new()) });
    assert_eq!(simple(beyond, &limits()).unwrap_err().0, 11);
    let bad: Answer =
        |_| reduced(ModelChange::Keep, vec![new_event(0), NewEvent { data: vec![], ..new_event(1) }]);
    assert_eq!(simple(bad, &limits()).unwrap_err().0, 12, "the cause of what is not valid");
}
