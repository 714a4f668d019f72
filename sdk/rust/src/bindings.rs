//! What `wit-bindgen` makes of the contract in `wit/` (a link in the project itself, a copy beside a reducer).

wit_bindgen::generate!({
    path: "wit",
    world: "reducer-module",
    pub_export_macro: true,
    default_bindings_module: "everfold_sdk::bindings",
    additional_derives: [PartialEq],
});
