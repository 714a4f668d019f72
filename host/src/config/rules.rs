//! Which values make sense. What is refused is named together with what would be valid.

use std::{net::ToSocketAddrs, ops::RangeInclusive};

use crate::words::{ContextName, DomainKey, MOST_EMITTED};

use super::{
    Config, ConfigError,
    layers::{Layers, TOKENS},
    tokens,
};

const DAY_MS: i64 = 24 * 3600 * 1000;
/// `SQLite` keeps no value that is larger.
const VALUE_BYTES: i64 = 1_000_000_000;
/// A 32-bit memory ends here.
const WASM_MEMORY_BYTES: i64 = 1 << 32;
const WASM_PAGE_BYTES: i64 = 1 << 16;
const MANY: i64 = i32::MAX as i64;

/// What every number may be.
const RANGES: &[(&str, RangeInclusive<i64>)] = &[
    ("max_clock_ahead_ms", 0..=3650 * DAY_MS),
    // One writes, one reads.
    ("store_connections", 2..=10_000),
    ("workers", 0..=1024),
    ("debounce_ms", 0..=DAY_MS),
    ("poll_ms", 10..=DAY_MS),
    ("shutdown_ms", 0..=DAY_MS),
    ("lease_ms", 300..=DAY_MS),
    ("limits.event_bytes", 1..=VALUE_BYTES),
    ("limits.metadata_bytes", 1..=VALUE_BYTES),
    ("limits.batch_bytes", 1..=WASM_MEMORY_BYTES),
    ("limits.batch_events", 1..=MANY),
    ("limits.page", 1..=1_000_000),
    ("limits.queued_writes", 1..=MANY),
    ("limits.queued_bytes", 1..=i64::MAX),
    ("limits.group_events", 1..=MANY),
    ("limits.streams", 1..=MANY),
    ("limits.message_bytes", 1..=VALUE_BYTES),
    ("limits.slow_reader_ms", 1..=DAY_MS),
    ("limits.handshakes", 1..=MANY),
    ("limits.handshake_ms", 1..=DAY_MS),
    ("limits.head_ms", 1..=DAY_MS),
    ("limits.wait_ms", 1..=DAY_MS),
    ("limits.tail_events", 1..=MANY),
    ("limits.cached_bytes", 1..=MANY),
    ("limits.pending_events", 1..=MANY),
    ("limits.call_events", 1..=MANY),
    ("limits.snapshot_events", 0..=MANY),
    ("limits.fuel", 1..=i64::MAX),
    ("limits.memory_bytes", WASM_PAGE_BYTES..=WASM_MEMORY_BYTES),
    // Workers' threads are given that and the host's share.
    ("limits.stack_bytes", WASM_PAGE_BYTES / 4..=1 << 20),
    ("limits.output_bytes", 1..=WASM_MEMORY_BYTES),
    ("limits.call_ms", 1..=DAY_MS),
    ("limits.call_attempts", 1..=1000),
    ("limits.module_bytes", 1..=VALUE_BYTES),
    ("limits.module_instances", 1..=1000),
    ("limits.compile_ms", 1..=DAY_MS),
    ("limits.model_bytes", 1..=VALUE_BYTES),
    // What an event led to is found by the ids that it can have.
    ("limits.emitted_events", 1..=MOST_EMITTED as i64),
    ("limits.causal_depth", 1..=MANY),
    ("limits.code_cache_bytes", 1..=i64::MAX),
    ("limits.log_bytes", 1..=MANY),
];

/// Options of which the first may not be greater than the second, and why.
const RELATIONS: &[(&str, &str, &str)] = &[
    ("limits.event_bytes", "limits.batch_bytes", "a batch must have room for one event"),
    ("limits.batch_bytes", "limits.queued_bytes", "the largest body must find room"),
    ("limits.event_bytes", "limits.memory_bytes", "an event must fit into an instance's memory"),
    ("limits.model_bytes", "limits.memory_bytes", "a model must fit into an instance's memory"),
    ("limits.model_bytes", "limits.output_bytes", "a call must be able to return a model"),
];

/// Checks every number against its range, and against the others.
pub(super) fn check_numbers(layers: &Layers) -> Result<(), ConfigError> {
    for (key, range) in RANGES {
        if !layers.number(key).is_some_and(|number| range.contains(&number)) {
            let valid = format!("it must be a whole number from {} to {}", range.start(), range.end());
            return Err(layers.refuse(key, valid));
        }
    }
    for (smaller, greater, why) in RELATIONS {
        if layers.number(smaller) > layers.number(greater) {
            let most = layers.number(greater).unwrap_or_default();
            return Err(layers.refuse(smaller, format!("{greater} is {most}, and {why}")));
        }
    }
    Ok(())
}

/// Checks everything that is not a number.
pub(super) fn check(config: &Config, layers: &Layers) -> Result<(), ConfigError> {
    let refuse = |key: &'static str| move |valid: String| layers.refuse(key, valid);
    check_listen(&config.listen).map_err(refuse("listen"))?;
    tokens::check(&config.tokens).map_err(refuse(TOKENS))?;
    let (certificate, key) = (&config.tls_certificate, &config.tls_key);
    if certificate.as_os_str().is_empty() != key.as_os_str().is_empty() {
        let valid = "tls_certificate and tls_key go together: name both files, or neither";
        return Err(layers.refuse("tls_key", valid));
    }
    check_store(&config.store).map_err(refuse("store"))?;
    if config.reducers.as_os_str().is_empty() {
        return Err(layers.refuse("reducers", "it must name a folder"));
    }
    let node = &config.node;
    if node.is_empty() || node.len() > 128 || node.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(layers.refuse("node", "it must be a name of 1 to 128 bytes without white space"));
    }
    for context in &config.contexts {
        context.parse::<ContextName>().map_err(|error| layers.refuse("contexts", error.to_string()))?;
    }
    for context in &config.reduce_contexts {
        context
            .parse::<ContextName>()
            .map_err(|error| layers.refuse("reduce_contexts", error.to_string()))?;
    }
    for domain in &config.reduce_domains {
        let refuse = |error| {
            layers.refuse("reduce_domains", format!("{error}; it is CONTEXT/DOMAIN, such as shop/cart"))
        };
        domain.parse::<DomainKey>().map_err(refuse)?;
    }
    for host in &config.allowed_hosts {
        check_host(host).map_err(refuse("allowed_hosts"))?;
    }
    for origin in &config.allowed_origins {
        check_origin(origin).map_err(refuse("allowed_origins"))?;
    }
    Ok(())
}

fn check_listen(listen: &str) -> Result<(), String> {
    let form = "it must be ADDRESS:PORT, such as 127.0.0.1:4580, [::1]:4580 or localhost:4580";
    let addresses = listen.to_socket_addrs().map_err(|error| format!("{form} ({error})"))?;
    if addresses.len() == 0 { Err(format!("{form} (this name has no address)")) } else { Ok(()) }
}

fn check_store(store: &str) -> Result<(), String> {
    match store.split_once(':') {
        Some(("sqlite", file)) if !file.is_empty() && !file.starts_with("//") => Ok(()),
        Some(("postgres" | "postgresql", rest)) if rest.len() > 2 && rest.starts_with("//") => Ok(()),
        _ => Err("it must be sqlite:FILE, such as sqlite:everfold.db or sqlite:/var/lib/everfold.db, or \
                  sqlite::memory:, or postgres://USER:PASSWORD@HOST:PORT/DATABASE"
            .to_owned()),
    }
}

fn check_host(host: &str) -> Result<(), String> {
    if !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || matches!(c, '/' | '*' | '@')) {
        return Ok(());
    }
    Err(format!(
        "{host:?} must be a host's name, with or without port, such as shop.example or shop.example:8080"
    ))
}

fn check_origin(origin: &str) -> Result<(), String> {
    if origin.split_once("://").is_some_and(|(scheme, host)| !scheme.is_empty() && check_host(host).is_ok()) {
        return Ok(());
    }
    Err(format!("{origin:?} must be scheme, host and port and no more, such as https://shop.example"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_a_range() {
        let layers = Layers::new().unwrap();
        for key in layers.numbers() {
            assert!(RANGES.iter().any(|(ranged, _)| *ranged == key), "{key} has no range");
        }
    }

    #[test]
    fn addresses_may_be_names() {
        assert!(check_listen("localhost:4580").is_ok());
        assert!(check_listen("[::1]:0").is_ok());
        for bad in ["", "4580", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000"] {
            assert!(check_listen(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn stores_are_files_memory_or_databases() {
        for good in [
            "sqlite:a.db",
            "sqlite::memory:",
            "sqlite:/a/b.db",
            "postgres://host/db",
            "postgresql:///db?host=/run/postgresql",
        ] {
            assert!(check_store(good).is_ok(), "{good}");
        }
        for bad in ["", "a.db", "sqlite:", "sqlite://a.db", "postgres:", "postgres://", "mysql://host/db"] {
            assert!(check_store(bad).unwrap_err().contains("sqlite:FILE"), "{bad}");
        }
    }

    #[test]
    fn origins_have_no_path() {
        assert!(check_origin("https://shop.example:8443").is_ok());
        for bad in ["shop.example", "https://", "https://shop.example/", "*"] {
            assert!(check_origin(bad).is_err(), "{bad}");
        }
    }
}
