//! The domains of the harness, and the modules that may serve them.

use std::sync::Arc;

use crate::words::{Descriptor, DomainKey, Fold, History, Order, Upgrade};

use super::script::{Script, Talk};

/// A domain, and its modules.
pub(super) struct Role {
    pub(super) key: DomainKey,
    pub(super) modules: Vec<Arc<Script>>,
}

const OCCURRED: Fold = Fold::Entity(Order::Occurred);
const RECORDED: Fold = Fold::Entity(Order::Recorded);
const ALL: &[&str] = &[];

/// How many domains there are.
pub(super) const ROLES: usize = 7;
/// How many modules each of them chooses from.
pub(super) const MODULES: usize = 4;

/// Entities are kept by all but the roll, which is one for its whole context. Ping and pong feed each other, and
/// both are fed by what is passed on from outside; the ledgers and the journal hear everything.
pub(super) fn cast() -> [Role; ROLES] {
    let pong = ["Ping"];
    let ping = ["Ball", "Pong"];
    let aloud = ["Said", "Noted", "Echoed", "Poison"];
    [
        role("shop", "ledger", |is| {
            [
                is.plain(OCCURRED, ALL),
                is.plain(OCCURRED, &aloud).fussy(3).takes_at_once(2),
                Script { single: true, ..is.plain(OCCURRED, &["Said", "Ball", "Poison", "Forget"]).fussy(1) },
                is.plain(RECORDED, ALL).resumes(),
            ]
        }),
        role("shop", "journal", |is| {
            [
                is.plain(RECORDED, ALL).resumes(),
                is.plain(RECORDED, &aloud).resumes().fussy(2),
                is.plain(RECORDED, &["Noted", "Said", "Poison"]).fussy(1).takes_at_once(1),
                is.plain(OCCURRED, ALL).fussy(2),
            ]
        }),
        role("shop", "echo", |is| {
            [
                is.plain(OCCURRED, &["Said"]).says(Talk::Echo(1)),
                is.plain(OCCURRED, &["Said", "Noted"]).says(Talk::Echo(2)).takes_at_once(2),
                is.plain(OCCURRED, &["Said", "Poison"]).says(Talk::Echo(1)).silent().fussy(2),
                is.plain(RECORDED, &["Said", "Forget"]).says(Talk::Echo(1)).resumes(),
            ]
        }),
        role("shop", "ping", |is| {
            [
                is.plain(RECORDED, &ping).says(Talk::Pass("Ping")),
                is.plain(RECORDED, &ping).says(Talk::Pass("Ping")).resumes(),
                is.plain(OCCURRED, &ping).says(Talk::Pass("Ping")),
                is.plain(OCCURRED, &ping).says(Talk::Pass("Ping")).silent(),
            ]
        }),
        role("shop", "pong", |is| {
            [
                is.plain(RECORDED, &pong).says(Talk::Pass("Pong")).resumes(),
                is.plain(OCCURRED, &pong).says(Talk::Pass("Pong")),
                is.plain(OCCURRED, &["Ping", "Forget"]).says(Talk::Pass("Pong")),
                is.plain(RECORDED, &pong).says(Talk::Pass("Pong")),
            ]
        }),
        role("shop", "roll", |is| {
            [
                is.plain(Fold::WholeContext, &["Said", "Noted"]).says(Talk::Echo(3)).silent(),
                is.plain(Fold::WholeContext, &aloud).says(Talk::Echo(3)).resumes(),
                is.plain(Fold::WholeContext, ALL).fussy(4).resumes().takes_at_once(3),
                is.plain(Fold::WholeContext, ALL),
            ]
        }),
        role("bank", "ledger", |is| {
            [
                is.plain(OCCURRED, ALL),
                is.plain(RECORDED, ALL).fussy(1),
                is.plain(RECORDED, ALL).resumes(),
                is.plain(OCCURRED, &aloud).fussy(2),
            ]
        }),
    ]
}

/// Gives the modules of one domain their names.
struct Names<'a>(&'a str, &'a str, std::cell::Cell<u32>);

impl Names<'_> {
    /// A module that rebuilds, emits from history, and says nothing.
    fn plain(&self, fold: Fold, types: &[&str]) -> Script {
        let Self(context, domain, count) = self;
        count.set(count.get() + 1);
        let descriptor = Descriptor {
            event_types: types.iter().map(ToString::to_string).collect(),
            fold,
            upgrade: Upgrade::Rebuild,
            history: History::Emit,
            content_type: None,
            emits: Vec::new(),
            attributes: Vec::new(),
        };
        let name = format!("{context}/{domain}/{}", count.get());
        Script { name, descriptor, talk: Talk::Nothing, fussy: None, single: false, most: usize::MAX }
    }
}

impl Script {
    fn resumes(mut self) -> Self {
        self.descriptor.upgrade = Upgrade::Resume;
        self
    }

    fn silent(mut self) -> Self {
        self.descriptor.history = History::Silent;
        self
    }

    fn says(self, talk: Talk) -> Self {
        Self { talk, ..self }
    }

    fn fussy(self, needed: u64) -> Self {
        Self { fussy: Some(needed), ..self }
    }

    fn takes_at_once(self, most: usize) -> Self {
        Self { most, ..self }
    }
}

fn role(context: &str, domain: &str, modules: impl FnOnce(&Names<'_>) -> [Script; MODULES]) -> Role {
    let names = Names(context, domain, std::cell::Cell::new(0));
    Role {
        key: DomainKey { context: context.parse().unwrap(), domain: domain.parse().unwrap() },
        modules: modules(&names).into_iter().map(Arc::new).collect(),
    }
}
