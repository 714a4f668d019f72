//! What the contract suite does not see: the plan itself.

use super::*;
use crate::store::Expectation;
use crate::words::Snapshot;

fn key() -> DomainKey {
    DomainKey { context: "shop".parse().unwrap(), domain: "cart".parse().unwrap() }
}

fn fact(ticks: u64, data: &str) -> Arc<Fact> {
    Arc::new(Fact {
        id: EventId::from_parts(ticks, [1; 8]),
        entity: EntityId::from_stored([1; 16]),
        event_type: "A".parse().unwrap(),
        data: data.into(),
        metadata: Vec::new(),
        cause: None,
        depth: 0,
        origin: None,
    })
}

fn reduction(seen: (u64, u64), model: ModelWrite, folded: u64, emissions: Vec<Arc<Fact>>) -> Arc<Reduction> {
    Arc::new(Reduction {
        key: key(),
        entity: None,
        activation: ActivationNumber(5),
        leases: LeaseEpoch(0),
        seen: (Version(seen.0), Position(seen.1)),
        model,
        folded: Position(folded),
        emitted: Position(folded),
        last: None,
        events: 0,
        made_by: Vec::new(),
        parked: None,
        capture: CaptureWrite::Keep,
        snapshots: SnapshotWrite::default(),
        emissions,
    })
}

fn put(model: &str) -> ModelWrite {
    ModelWrite::Put(Arc::from(model.as_bytes()))
}

/// A store that has counted up to 10, and knows one row and which activation is in force.
fn known() -> Known {
    let head = Head { position: Position(10), version: Version(10) };
    let rows = HashMap::from([((key(), None), (Version(3), Position(7)))]);
    let activations = HashMap::from([(key(), ActivationNumber(5))]);
    Known { head, recorded_at: 50, rows, activations, ..Known::default() }
}

#[test]
fn an_empty_group_changes_nothing() {
    let group = Group::default();
    let plan = judge(&group, known());
    assert_eq!(plan.head, known().head);
    assert!(plan.events.is_empty() && plan.rows.is_empty());
}

#[test]
fn a_row_is_written_once_however_often_it_is_reduced() {
    let reductions = vec![
        reduction((3, 7), put("1"), 8, vec![]),
        reduction((11, 8), put("2"), 9, vec![]),
        reduction((11, 8), put("stale"), 9, vec![]),
        reduction((12, 9), ModelWrite::Keep, 10, vec![]),
    ];
    let group = Group { reductions, ..Group::default() };
    let plan = judge(&group, known());
    let [row] = plan.rows.as_slice() else { panic!("{:?}", plan.rows) };
    assert_eq!((row.model, row.reduction.folded, row.version), (&put("2"), Position(10), Version(12)));
    assert!(matches!(plan.reductions[2], ReductionOutcome::Stale));
    assert_eq!(plan.head.version, Version(12));
}

#[test]
fn the_last_that_says_something_of_a_capture_counts() {
    let capture = |text: &str| CaptureWrite::Put(Arc::from(text.as_bytes()));
    let with = |seen: u64, capture: &CaptureWrite| {
        let plain = reduction((3, seen), ModelWrite::Keep, seen + 1, vec![]);
        Arc::new(Reduction { capture: capture.clone(), ..(*plain).clone() })
    };
    let (one, two, keep, delete) = (capture("1"), capture("2"), CaptureWrite::Keep, CaptureWrite::Delete);
    for (writes, wanted) in [
        (vec![&keep, &keep], &keep),
        (vec![&one, &keep], &one),
        (vec![&one, &two, &keep], &two),
        (vec![&one, &delete, &keep], &delete),
        (vec![&delete, &one], &one),
    ] {
        let reductions = writes.iter().zip(7..).map(|(capture, seen)| with(seen, capture)).collect();
        let group = Group { reductions, ..Group::default() };
        let plan = judge(&group, known());
        let [row] = plan.rows.as_slice() else { panic!("{:?}", plan.rows) };
        assert_eq!(row.capture, wanted, "{writes:?}");
    }
}

#[test]
fn who_has_no_events_needs_not_be_known_to_be_expected_so() {
    let expecting = |ticks, expected: Expectation| Append {
        context: key().context,
        facts: vec![fact(ticks, "1")],
        expected: Some(expected),
    };
    let appends = vec![
        expecting(1, Expectation::OneOf(vec![0])),
        expecting(2, Expectation::OneOf(vec![0])),
        expecting(3, Expectation::OneOf(vec![])),
        expecting(4, Expectation::OneOf(vec![7, 1])),
    ];
    let group = Group { appends, ..Group::default() };
    let plan = judge(&group, known());
    let refused = |current| Err(AppendRefusal::Unmet { entity: fact(1, "1").entity, current });
    let written = |position| Ok(vec![Appended { position: Position(position), new: true }]);
    assert_eq!(plan.appends, [written(11), refused(1), refused(1), written(12)]);
    assert_eq!((plan.events.len(), plan.head.position), (2, Position(12)));
}

#[test]
fn what_is_said_of_snapshots_is_said_in_order() {
    let snapshot = |ticks| {
        let last = EventId::from_parts(ticks, [1; 8]);
        let (position, activation) = (Position(ticks), ActivationNumber(5));
        Snapshot { last, position, activation, events: ticks, model: None }
    };
    let with = |seen: u64, void_from: Option<u64>, taken: &[u64]| {
        let plain = reduction((3, seen), ModelWrite::Keep, seen + 1, vec![]);
        let void_from = void_from.map(|ticks| snapshot(ticks).last);
        let snapshots = SnapshotWrite { void_from, taken: taken.iter().copied().map(snapshot).collect() };
        Arc::new(Reduction { snapshots, ..(*plain).clone() })
    };
    let reductions = vec![with(7, None, &[20, 30]), with(8, Some(25), &[40]), with(8, Some(1), &[50])];
    let group = Group { reductions, ..Group::default() };
    let plan = judge(&group, known());
    let [row] = plan.rows.as_slice() else { panic!("{:?}", plan.rows) };
    assert_eq!(*row.snapshots, with(0, Some(25), &[20, 40]).snapshots, "and the last was stale");
}

#[test]
fn reductions_know_what_those_before_them_emitted() {
    let emits = |seen, facts| reduction(seen, ModelWrite::Keep, seen.1 + 1, facts);
    let reductions = vec![
        emits((3, 7), vec![fact(1, "1")]),
        emits((3, 8), vec![fact(1, "1"), fact(2, "2")]),
        emits((3, 9), vec![fact(2, "other")]),
    ];
    let group = Group { recorded_at: 20, reductions, ..Group::default() };
    let plan = judge(&group, known());
    let events: Vec<_> = plan.events.iter().map(|event| (event.position.0, event.recorded_at)).collect();
    assert_eq!(events, [(11, 50), (12, 50)], "recorded no earlier than what is there");
    let ReductionOutcome::Committed { divergent, .. } = &plan.reductions[2] else { panic!("stale") };
    assert_eq!(*divergent, [fact(2, "").id]);
}

#[test]
fn what_was_folded_under_other_leases_is_stale() {
    let under = |leases| {
        let reduction = reduction((0, 0), put("1"), 1, Vec::new());
        Arc::new(Reduction { leases: LeaseEpoch(leases), ..(*reduction).clone() })
    };
    let group = Group { reductions: vec![under(3), under(5), under(4)], ..Group::default() };
    let in_force = HashMap::from([(key(), ActivationNumber(5))]);
    let known = Known { leases: LeaseEpoch(4), activations: in_force, ..Known::default() };
    let plan = judge(&group, known);
    let stale = plan.reductions.iter().map(|outcome| matches!(outcome, ReductionOutcome::Stale));
    assert_eq!(stale.collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(plan.rows.len(), 1);
}

#[test]
fn a_plan_that_is_written_further_on_gives_other_numbers() {
    let known = || {
        let there = fact(1, "1");
        let events = HashMap::from([((key().context, there.id), (Position(4), there))]);
        Known { events, ..known() }
    };
    let append = |facts| Append { context: key().context, facts, expected: None };
    let appends = vec![
        append(vec![fact(1, "1"), fact(2, "2")]),
        append(vec![fact(2, "2"), fact(3, "3")]),
        append(vec![fact(3, "other")]),
        append(vec![fact(1, "other")]),
    ];
    let reductions =
        vec![reduction((3, 7), put("1"), 8, Vec::new()), reduction((11, 8), ModelWrite::Keep, 9, Vec::new())];
    let group = Group { appends, reductions, ..Group::default() };
    let mut plan = judge(&group, known());
    plan.place(Head { position: Position(25), version: Version(14) }, 99);
    let conflict =
        |ticks, at| Err(AppendRefusal::Conflict { id: fact(ticks, "").id, position: Position(at) });
    let at = |position, new| Appended { position: Position(position), new };
    assert_eq!(
        plan.appends,
        [
            Ok(vec![at(4, false), at(26, true)]),
            Ok(vec![at(26, false), at(27, true)]),
            conflict(3, 27),
            conflict(1, 4)
        ],
        "what was there before stays where it is"
    );
    let events: Vec<_> = plan.events.iter().map(|event| (event.position.0, event.recorded_at)).collect();
    assert_eq!(events, [(26, 99), (27, 99)]);
    assert_eq!((plan.rows[0].version, plan.rows[0].seen), (Version(15), (Version(3), Position(7))));
    let versions = plan.reductions.iter().map(|outcome| match outcome {
        ReductionOutcome::Committed { version, .. } => version.0,
        ReductionOutcome::Stale => 0,
    });
    assert_eq!(versions.collect::<Vec<_>>(), [15, 15]);
    assert_eq!((plan.before.position, plan.head.position), (Position(25), Position(27)));
    assert_eq!((plan.before.version, plan.head.version), (Version(14), Version(15)));
}

#[test]
fn a_plan_that_gives_no_numbers_is_placed_as_well() {
    let group =
        Group { reductions: vec![reduction((3, 7), ModelWrite::Keep, 8, Vec::new())], ..Group::default() };
    let mut plan = judge(&group, known());
    let now = Head { position: Position(25), version: Version(14) };
    plan.place(now, 99);
    assert_eq!((plan.before, plan.head, plan.rows[0].version), (now, now, Version(3)));
}

#[test]
fn what_is_newer_than_the_head_is_noticed() {
    assert!(!known().is_ahead());
    let row = |version, folded| HashMap::from([((key(), None), (Version(version), Position(folded)))]);
    assert!(Known { rows: row(11, 7), ..known() }.is_ahead());
    assert!(Known { rows: row(3, 11), ..known() }.is_ahead());
    let events = |at| HashMap::from([((key().context, fact(1, "").id), (Position(at), fact(1, "")))]);
    assert!(Known { events: events(11), ..known() }.is_ahead());
    assert!(!Known { events: events(10), ..known() }.is_ahead());
}
