//! The macro that makes a module of a function.

/// Makes the crate a reducer module out of a function `fn(&mut Model, Event<E>) -> Result<Vec<NewEvent>>`.
///
/// First the function, then how events are folded: `order: occurred`, `order: recorded` (one model for
/// each entity) or `whole_context` (one model for all). After that, in any order and all optional:
///
/// | option | values | without it |
/// |---|---|---|
/// | `upgrade` | `rebuild`; `resume` (not with `order: occurred`) | `rebuild` |
/// | `history` | `emit`, `silent` | `emit` |
/// | `emits` | `["type", …]`: what it may emit | does not say |
/// | `content_type` | a JSON media type | `application/json` |
/// | `attributes` | `{"key": "value", …}`: shown beside the module | none |
///
/// It defines `Reducer`, which carries the module's two exports; one crate can hold one of them.
///
/// ```
/// use everfold_sdk::{Event, NewEvent, Result, reducer, wire::Guest};
///
/// fn apply(count: &mut u64, _event: Event<serde_json::Value>) -> Result<Vec<NewEvent>> {
///     *count += 1;
///     Ok(vec![])
/// }
///
/// reducer!(apply, order: recorded, upgrade: resume, attributes: { "version": "2" });
///
/// assert_eq!(Reducer::describe().attributes, [("version".to_owned(), "2".to_owned())]);
/// ```
#[macro_export]
macro_rules! reducer {
    (@set $descriptor:ident fold: occurred) => {
        $descriptor.fold = $crate::wire::Fold::Entity($crate::wire::Order::Occurred);
    };
    (@set $descriptor:ident fold: recorded) => {
        $descriptor.fold = $crate::wire::Fold::Entity($crate::wire::Order::Recorded);
    };
    (@set $descriptor:ident fold: whole_context) => {
        $descriptor.fold = $crate::wire::Fold::WholeContext;
    };
    (@set $descriptor:ident fold: $order:tt) => {
        compile_error!(concat!("reducer!: `order` is `occurred` or `recorded`, not `", stringify!($order), "`"));
    };
    (@set $descriptor:ident upgrade: rebuild) => {
        $descriptor.upgrade = $crate::wire::Upgrade::Rebuild;
    };
    (@set $descriptor:ident upgrade: resume) => {
        $descriptor.upgrade = $crate::wire::Upgrade::Resume;
    };
    (@set $descriptor:ident history: emit) => {
        $descriptor.history = $crate::wire::History::Emit;
    };
    (@set $descriptor:ident history: silent) => {
        $descriptor.history = $crate::wire::History::Silent;
    };
    (@set $descriptor:ident content_type: $media_type:literal) => {
        $descriptor.content_type = Some(String::from($media_type));
    };
    (@set $descriptor:ident emits: [$($event_type:expr),* $(,)?]) => {
        $descriptor.emits = vec![$(String::from($event_type)),*];
    };
    (@set $descriptor:ident attributes: { $($key:literal: $value:expr),* $(,)? }) => {
        $descriptor.attributes = vec![$((String::from($key), String::from($value))),*];
    };
    (@set $descriptor:ident $option:ident: $value:tt) => {
        compile_error!(concat!(
            "reducer!: `", stringify!($option), ": ", stringify!($value), "` is not among its options"
        ));
    };
    (@module $apply:path, $($option:ident: $value:tt),+) => {
        /// What this module exports.
        pub struct Reducer;

        impl $crate::wire::Guest for Reducer {
            fn describe() -> $crate::wire::Descriptor {
                let mut descriptor = $crate::__private::describe($apply);
                $($crate::reducer!(@set descriptor $option: $value);)+
                descriptor
            }

            fn reduce(
                _target: $crate::wire::Target,
                model: Option<Vec<u8>>,
                events: Vec<$crate::wire::Event>,
            ) -> Result<$crate::wire::Reduction, $crate::wire::Failure> {
                $crate::__private::entry($apply, model.as_deref(), events)
            }
        }

        // Natively the exports would only clash with those of another reducer in the same program.
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::export!(Reducer with_types_in $crate::bindings);
    };
    ($apply:path, order: $order:ident $(, $option:ident: $value:tt)* $(,)?) => {
        $crate::reducer!(@module $apply, fold: $order $(, $option: $value)*);
    };
    ($apply:path, whole_context $(, $option:ident: $value:tt)* $(,)?) => {
        $crate::reducer!(@module $apply, fold: whole_context $(, $option: $value)*);
    };
}
