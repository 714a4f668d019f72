//! The layers, from the outside.

use std::fs;

use super::*;

fn environment(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("everfold.toml");
    fs::write(&path, text).unwrap();
    (folder, path)
}

fn message(result: Result<Config, ConfigError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn the_embedded_default_is_valid() {
    let config = Config::embedded();
    assert_eq!(config.listen, "127.0.0.1:4580");
    assert_eq!(config.limits.page, 1000);
}

#[test]
fn a_higher_layer_wins() {
    let (_folder, path) = file("node = 'file'\nstore = 'sqlite:file.db'\npoll_ms = 50\n[limits]\npage = 7\n");
    let environment = environment(&[("EVERFOLD_NODE", "env"), ("EVERFOLD_STORE", "sqlite:env.db")]);
    let flags = vec![("node", "flag".to_owned())];
    let config = Config::from_layers(Some(&path), environment, flags).unwrap();
    assert_eq!((config.node.as_str(), config.store.as_str()), ("flag", "sqlite:env.db"));
    assert_eq!((config.poll_ms, config.limits.page, config.limits.call_events), (50, 7, 1000));
}

#[test]
fn the_environment_sets_numbers_lists_and_nested_options() {
    let environment = environment(&[
        ("EVERFOLD_AUTO_CREATE_CONTEXTS", "true"),
        ("EVERFOLD_CONTEXTS", "shop, lab"),
        ("EVERFOLD_LIMITS__FUEL", "5000000000"),
        ("EVERFOLD_NODE", "1"),
    ]);
    let config = Config::from_layers(None, environment, vec![("allowed_hosts", String::new())]).unwrap();
    assert!(config.auto_create_contexts && config.allowed_hosts.is_empty());
    assert_eq!((config.contexts.as_slice(), config.node.as_str()), (&["shop".into(), "lab".into()][..], "1"));
    assert_eq!(config.limits.fuel, 5_000_000_000);
}

#[test]
fn the_cache_is_a_folder_or_none() {
    let folder = |cache: &str| {
        let config =
            Config::from_layers(None, environment(&[("EVERFOLD_CODE_CACHE", cache)]), Vec::new()).unwrap();
        config.cache_folder()
    };
    assert_eq!((folder(""), folder("here/code")), (None, Some(PathBuf::from("here/code"))));
    assert_eq!(folder("auto"), Config::embedded().cache_folder());
}

#[test]
fn an_unknown_key_is_named_with_its_source_and_its_neighbours() {
    let (_folder, path) = file("[limits]\npages = 7\n");
    let said = message(Config::from_layers(Some(&path), Vec::new(), Vec::new()));
    assert!(said.starts_with("there is no option limits.pages (set by the file "), "{said}");
    assert!(said.contains("limits.page, ") && !said.contains("listen"), "{said}");

    let said = message(Config::from_layers(None, environment(&[("EVERFOLD_LISTNE", "x")]), Vec::new()));
    assert!(said.contains("no option listne (set by the environment variable EVERFOLD_LISTNE)"), "{said}");
    assert!(said.contains("listen, ") && !said.contains("limits"), "{said}");
}

#[test]
fn a_bad_value_is_named_with_its_source_and_what_is_valid() {
    for (key, value, valid) in [
        ("limits.page", "many", "a whole number from 1 to 1000000"),
        ("limits.page", "0", "a whole number from 1 to 1000000"),
        ("limits.event_bytes", "-1", "a whole number"),
        ("limits.model_bytes", "999999999", "must fit into an instance's memory"),
        ("auto_create_contexts", "perhaps", "it must be a boolean"),
        ("store", "mysql://localhost/x", "sqlite:FILE"),
        ("listen", "here", "ADDRESS:PORT"),
        ("contexts", "shop,No", "[a-z][a-z0-9-]{0,62}"),
    ] {
        let said = message(Config::from_layers(None, Vec::new(), vec![(key, value.to_owned())]));
        assert!(said.starts_with(&format!("{key} = ")) && said.contains(valid), "{said}");
        assert!(said.contains(&format!("(set by the flag for {key})")), "{said}");
    }
    let (_folder, path) = file("contexts = 'shop'\n");
    let said = message(Config::from_layers(Some(&path), Vec::new(), Vec::new()));
    assert!(said.starts_with("contexts = \"shop\" (set by the file ") && said.contains("a list"), "{said}");
}

const TILL: &str =
    "[[tokens]]\nname = 'till-3'\nhash = 'HASH'\ncontexts = ['shop']\nscopes = ['read', 'write']\n";

fn till() -> String {
    TILL.replace("HASH", &TokenHash::of("everfold_x").to_string())
}

#[test]
fn tokens_are_tables_of_the_file_and_read_back_as_they_are_written() {
    let (_folder, path) = file(&till());
    let config = Config::from_layers(Some(&path), Vec::new(), Vec::new()).unwrap();
    let [token] = config.tokens.as_slice() else { panic!("{:?}", config.tokens) };
    assert_eq!((token.name.as_str(), token.hash), ("till-3", TokenHash::of("everfold_x")));
    assert_eq!(
        (&token.contexts[..], &token.scopes[..]),
        (&["shop".to_owned()][..], &[Scope::Read, Scope::Write][..])
    );
    assert_eq!(config.file.as_deref(), Some(path.as_path()));
    let (_folder, written) = file(&token.to_string());
    assert_eq!(Config::tokens_in(&written).unwrap(), config.tokens);
}

#[test]
fn a_mistake_in_a_token_is_named_where_it_stands_and_no_token_is_shown() {
    let till = till();
    for (text, words) in [
        (till.replace("hash =", "hsah ="), &["tokens[0]", "hsah"][..]),
        (till.replace("scopes = ['read', 'write']", ""), &["tokens[0].scopes is missing"]),
        (TILL.replace("HASH", "everfold_x"), &["tokens[0].hash", "sha256:", "everfold token"]),
        (till.replace("'write'", "'wirte'"), &["tokens[0].scopes[1]", "wirte", "read, write or admin"]),
        (till.replace("'shop'", "'Shop'"), &["tokens[0] (\"till-3\")", "Shop", "*"]),
        (till.replace("['shop']", "[]"), &["tokens[0]", "contexts is empty"]),
        (till.replace("['read', 'write']", "[]"), &["tokens[0]", "scopes is empty"]),
        (till.replace("till-3", "till 3"), &["tokens[0]", "white space"]),
        (format!("{till}{till}"), &["tokens[1]", "another token has this name"]),
        (
            format!("{till}{}", till.replace("till-3", "till-4")),
            &["tokens[1]", "another token has this hash"],
        ),
        ("tokens = ['everfold_x']".to_owned(), &["[[tokens]]"]),
    ] {
        let (_folder, path) = file(&text);
        let said = message(Config::from_layers(Some(&path), Vec::new(), Vec::new()));
        for words in words.iter().chain(&["set by the file"]) {
            assert!(said.contains(words), "{text}: {words:?} is not in {said}");
        }
        assert!(!said.contains("everfold_x"), "{said}");
    }
    let variable = environment(&[("EVERFOLD_TOKENS", "everfold_x")]);
    let said = message(Config::from_layers(None, variable, Vec::new()));
    assert!(said.contains("[[tokens]]") && !said.contains("everfold_x"), "{said}");
}

#[test]
fn a_certificate_and_its_key_go_together() {
    let with = |key: &'static str| Config::from_layers(None, Vec::new(), vec![(key, "here.pem".to_owned())]);
    for key in ["tls_certificate", "tls_key"] {
        assert!(message(with(key)).contains("go together"), "{key}");
    }
    assert_eq!(Config::embedded().tls_files(), None);
}

#[test]
fn a_file_that_is_missing_or_broken_is_named() {
    let missing = Path::new("/nowhere/everfold.toml");
    let said = message(Config::from_layers(Some(missing), Vec::new(), Vec::new()));
    assert!(said.contains("/nowhere/everfold.toml") && said.contains("--config"), "{said}");

    let (_folder, path) = file("listen = \n");
    let said = message(Config::from_layers(Some(&path), Vec::new(), Vec::new()));
    assert!(said.contains("everfold.toml is not valid TOML") && said.contains("line 1"), "{said}");
}

#[test]
fn a_reducer_may_have_limits_of_its_own() {
    let (_folder, path) =
        file("[limits]\nfuel = 7\n[limits_of.\"shop/cart\"]\nfuel = 9\nmodel_bytes = 100\n");
    let config = Config::from_layers(Some(&path), Vec::new(), Vec::new()).unwrap();
    let key = |domain: &str| DomainKey { context: "shop".parse().unwrap(), domain: domain.parse().unwrap() };
    let (own, others) = (config.limits_for(&key("cart")), config.limits_for(&key("coupons")));
    assert_eq!((own.fuel, own.model_bytes, own.log_bytes), (9, 100, others.log_bytes));
    assert_eq!((others.fuel, others.model_bytes), (7, 4_194_304));
}

#[test]
fn a_mistake_in_a_reducers_own_limits_is_named_where_it_stands() {
    for (text, words) in [
        ("[limits_of.\"shop/cart\"]\nfuel = 0", &["limits_of.shop/cart.fuel", "from 1"][..]),
        ("[limits_of.\"shop/cart\"]\npage = 1", &["limits_of.shop/cart.page", "model_bytes"]),
        ("[limits_of.cart]\nfuel = 1", &["limits_of.cart.fuel", "[limits_of.\"shop/cart\"]"]),
        ("[limits_of]\nfuel = 1", &["limits_of.fuel", "[limits_of.\"shop/cart\"]"]),
        (
            "[limits_of.\"shop/cart\"]\nmodel_bytes = 100000000",
            &["limits_of.shop/cart.model_bytes", "limits.memory_bytes"],
        ),
    ] {
        let (_folder, path) = file(text);
        let said = message(Config::from_layers(Some(&path), Vec::new(), Vec::new()));
        for words in words {
            assert!(said.contains(words), "{text}: {words:?} is not in {said}");
        }
    }
}
