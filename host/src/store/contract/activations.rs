//! Activations, files, contexts, marks: what a host must know before it starts.

use crate::{
    store::{Activation, FileRecord, Group, Mark, NewActivation, Store},
    words::{
        ActivationNumber, ContextName, Descriptor, Fold, History, LeaseEpoch, ModuleHash, Position, Upgrade,
    },
};

use super::given::{
    activate, append, bank, cart, commit, deployed, descriptor, fact, key, post, serve, shop,
};

pub(super) async fn numbers_rise_over_all_domains(store: &dyn Store) {
    let other = key(bank(), "cart");
    let activations = vec![
        activate(store, deployed(cart(), b"one")).await,
        activate(store, deployed(other.clone(), b"one")).await,
        activate(store, NewActivation { key: cart(), module: None, file: None, at: -5 }).await,
        activate(store, deployed(cart(), b"two")).await,
    ];
    let numbers: Vec<_> = activations.iter().map(|activation| activation.number.0).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    assert_eq!((&activations[1].key, &activations[2].module, activations[2].at), (&other, &None, -5));
    assert_eq!(store.catalogue().await.unwrap().activations, activations);
}

pub(super) async fn the_head_is_stamped(store: &dyn Store) {
    let first = activate(store, deployed(cart(), b"one")).await;
    post(store, vec![append([fact(1, 1, "1"), fact(2, 1, "2")])]).await;
    let second = activate(store, deployed(cart(), b"two")).await;
    let retired = activate(store, NewActivation { key: cart(), module: None, file: None, at: 1 }).await;
    let activations = [first, second, retired];
    assert_eq!(store.catalogue().await.unwrap().activations, activations);
    assert_eq!(activations.map(|activation| activation.head), [Position(0), Position(2), Position(2)]);
}

pub(super) async fn a_module_is_kept_for_ever(store: &dyn Store) {
    let bytes = [&b"\0asm\xFF\xFE"[..], &[7; 5_000]].concat();
    let hash = ModuleHash::of(&bytes);
    assert_eq!(store.module(&hash).await.unwrap(), None);
    for new in [
        deployed(cart(), &bytes),
        deployed(cart(), b"another"),
        NewActivation { key: cart(), module: None, file: None, at: 1 },
        deployed(cart(), &bytes),
        deployed(key(bank(), "cart"), &bytes),
    ] {
        activate(store, new).await;
        assert_eq!(store.module(&hash).await.unwrap().as_ref(), Some(&bytes));
    }
    assert_eq!(store.module(&ModuleHash::of(b"another")).await.unwrap().unwrap(), b"another");
}

pub(super) async fn a_descriptor_reads_back_as_it_was(store: &dyn Store) {
    let full = Descriptor {
        event_types: vec!["B".into(), "A".into()],
        fold: Fold::WholeContext,
        upgrade: Upgrade::Resume,
        history: History::Silent,
        content_type: Some("application/vnd.größe+json".into()),
        emits: vec!["C".into()],
        attributes: vec![
            ("z".into(), "1".into()),
            ("a".into(), "\u{1F600}".into()),
            ("z".into(), "2".into()),
        ],
    };
    for wanted in [full, descriptor()] {
        let mut new = deployed(cart(), b"a module");
        new.module = new.module.map(|(hash, bytes, _)| (hash, bytes, wanted.clone()));
        let Activation { module, .. } = activate(store, new).await;
        assert_eq!(module, Some((ModuleHash::of(b"a module"), wanted)));
        assert_eq!(store.catalogue().await.unwrap().activations.pop().unwrap().module, module);
    }
}

pub(super) async fn a_file_is_noted_with_the_activation(store: &dyn Store) {
    let file = |hash| FileRecord { node: "a".into(), key: cart(), hash };
    let hash = Some(ModuleHash::of(b"a module"));
    activate(store, NewActivation { file: Some(file(hash)), ..deployed(cart(), b"a module") }).await;
    assert_eq!(store.files("a").await.unwrap(), [file(hash)]);
    let retired = NewActivation { key: cart(), module: None, file: Some(file(None)), at: 1 };
    activate(store, retired).await;
    assert_eq!(store.files("a").await.unwrap(), [file(None)]);
    serve(store, cart()).await;
    assert_eq!(store.files("a").await.unwrap(), [file(None)], "it speaks of no file");
}

pub(super) async fn files_are_noted_by_host(store: &dyn Store) {
    let file = |node: &str, domain, bytes: Option<&[u8]>| FileRecord {
        node: node.into(),
        key: key(bank(), domain),
        hash: bytes.map(ModuleHash::of),
    };
    let noted = [file("a", "one", Some(b"1")), file("a", "two", None), file("b", "one", Some(b"2"))];
    for file in &noted {
        store.note_file(file).await.unwrap();
    }
    let mut of_a = store.files("a").await.unwrap();
    of_a.sort_by(|one, other| one.key.cmp(&other.key));
    assert_eq!(of_a, noted[..2]);
    store.note_file(&file("b", "one", None)).await.unwrap();
    assert_eq!(store.files("b").await.unwrap(), [file("b", "one", None)]);
    assert_eq!(store.files("c").await.unwrap(), []);
    assert_eq!(store.catalogue().await.unwrap().activations, [], "a note activates nothing");
}

pub(super) async fn contexts_never_vanish(store: &dyn Store) {
    store.name_context(&"zoo".parse().unwrap()).await.unwrap();
    store.name_context(&"zoo".parse().unwrap()).await.unwrap();
    serve(store, key(bank(), "accounts")).await;
    store
        .note_file(&FileRecord { node: "a".into(), key: key("alps".parse().unwrap(), "one"), hash: None })
        .await
        .unwrap();
    let retired = NewActivation { key: key(bank(), "accounts"), module: None, file: None, at: 1 };
    activate(store, retired).await;
    let mut contexts: Vec<ContextName> = store.catalogue().await.unwrap().contexts;
    contexts.sort();
    let wanted: Vec<ContextName> = ["alps", "bank", "shop", "zoo"].map(|name| name.parse().unwrap()).into();
    assert_eq!(contexts, wanted);
}

async fn marks(store: &dyn Store) -> Vec<(String, u64, u64)> {
    let marks = store.catalogue().await.unwrap().marks.into_iter();
    let mut marks: Vec<_> =
        marks.map(|mark| (mark.key.to_string(), mark.position.0, mark.settled.0)).collect();
    marks.sort();
    marks
}

pub(super) async fn the_first_mark_is_the_head(store: &dyn Store) {
    post(store, vec![append([fact(1, 1, "1"), fact(2, 1, "2")])]).await;
    serve(store, cart()).await;
    assert_eq!(marks(store).await, [("shop/cart".to_owned(), 2, 0)]);
    post(store, vec![append([fact(3, 1, "3")])]).await;
    activate(store, deployed(cart(), b"another")).await;
    assert_eq!(marks(store).await, [("shop/cart".to_owned(), 2, 0)], "it lags, and never leads");
}

pub(super) async fn marks_are_kept_and_the_last_counts(store: &dyn Store) {
    serve(store, cart()).await;
    serve(store, key(shop(), "two")).await;
    let mark = |domain, position, settled| Mark {
        key: key(shop(), domain),
        position: Position(position),
        settled: ActivationNumber(settled),
        leases: LeaseEpoch(0),
    };
    let of = |marks: Vec<Mark>| Group { marks, ..Group::default() };
    commit(store, of(vec![mark("cart", 1, 0), mark("two", 5, 2), mark("cart", 4, 1)])).await;
    let (cart, two) = (("shop/cart".to_owned(), 4, 1), ("shop/two".to_owned(), 5, 2));
    assert_eq!(marks(store).await, [cart.clone(), two]);
    commit(store, of(vec![mark("two", 6, 2)])).await;
    assert_eq!(marks(store).await, [cart, ("shop/two".to_owned(), 6, 2)]);
}
