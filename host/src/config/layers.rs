//! Lays the places that options come from over each other, and remembers who set what.

use std::{collections::BTreeMap, fs, path::Path};

use config::{File, FileFormat, Source as _, Value, ValueKind};
use serde::de::DeserializeOwned;

use crate::words::DomainKey;

use super::{ConfigError, DEFAULT, Source};

/// An option as it stands.
#[derive(Debug, Clone)]
struct Setting {
    value: Value,
    origin: Source,
    /// The key under which it was set.
    set_as: String,
}

/// Every option by its key, such as `limits.page`. The keys are those of `default.toml`, which has them all.
#[derive(Debug)]
pub(super) struct Layers {
    options: BTreeMap<String, Setting>,
    /// What single reducers have in the place of that.
    of_reducers: BTreeMap<DomainKey, BTreeMap<String, Setting>>,
}

/// The list of tokens.
pub(super) const TOKENS: &str = "tokens";
const ONLY_TABLES: &str =
    "tokens stand in the configuration file, each as a table [[tokens]]: everfold token prints one";
/// The table of limits of single reducers.
const OF_REDUCERS: &str = "limits_of.";
/// The limits that a single reducer may have.
const OWN_LIMITS: &[&str] = &[
    "fuel",
    "memory_bytes",
    "stack_bytes",
    "output_bytes",
    "call_ms",
    "call_events",
    "snapshot_events",
    "module_bytes",
    "module_instances",
    "compile_ms",
    "model_bytes",
    "event_bytes",
    "emitted_events",
    "log_bytes",
];

impl Layers {
    /// The lowest layer.
    pub(super) fn new() -> Result<Self, ConfigError> {
        let mut options = BTreeMap::new();
        for (key, value) in parse(DEFAULT, &Source::Default)? {
            options.insert(key.clone(), Setting { value, origin: Source::Default, set_as: key });
        }
        Ok(Self { options, of_reducers: BTreeMap::new() })
    }

    /// Lays a file over what is there.
    pub(super) fn add_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let text = fs::read_to_string(path)
            .map_err(|error| ConfigError::File { path: path.to_owned(), why: error.to_string() })?;
        let origin = Source::File(path.to_owned());
        for (key, value) in parse(&text, &origin)? {
            self.put(&key, value, origin.clone())?;
        }
        Ok(())
    }

    /// Sets one option from text. What it means (a list, a number) follows from the option.
    pub(super) fn set(&mut self, key: &str, text: &str, origin: Source) -> Result<(), ConfigError> {
        let value = if self.options.get(key).is_some_and(|setting| is_list(&setting.value)) {
            let members = text.split(',').map(str::trim).filter(|member| !member.is_empty());
            Value::from(members.map(Value::from).collect::<Vec<_>>())
        } else {
            Value::from(text)
        };
        self.put(key, value, origin)
    }

    fn put(&mut self, key: &str, value: Value, origin: Source) -> Result<(), ConfigError> {
        if let Some(own) = key.strip_prefix(OF_REDUCERS) {
            return self.put_own(own, Setting { value, origin, set_as: key.to_owned() });
        }
        let Some(setting) = self.options.get_mut(key) else { return Err(self.unknown(key, origin)) };
        let was_list = is_list(&setting.value);
        *setting = Setting { value, origin, set_as: key.to_owned() };
        let value = &setting.value;
        if key == TOKENS && !are_tables(value) {
            return Err(self.refuse(key, ONLY_TABLES));
        }
        if was_list && !is_list(value) {
            return Err(self.refuse(key, "it must be a list, such as [\"one\", \"another\"]"));
        }
        Ok(())
    }

    /// Sets a limit of one reducer: `own` is such as `shop/cart.fuel`.
    fn put_own(&mut self, own: &str, setting: Setting) -> Result<(), ConfigError> {
        let (reducer, limit) = own.rsplit_once('.').unwrap_or((own, ""));
        let key = reducer.split_once('/').and_then(|(context, domain)| {
            Some(DomainKey { context: context.parse().ok()?, domain: domain.parse().ok()? })
        });
        let Some(key) = key else {
            let (value, origin) = (shown(&setting.value), setting.origin);
            let valid = "it must stand below a reducer, such as [limits_of.\"shop/cart\"]".to_owned();
            return Err(ConfigError::Value { key: setting.set_as, value, origin, valid });
        };
        if !OWN_LIMITS.contains(&limit) {
            let valid = OWN_LIMITS.join(", ");
            return Err(ConfigError::Unknown { key: setting.set_as, origin: setting.origin, valid });
        }
        self.of_reducers.entry(key).or_default().insert(format!("limits.{limit}"), setting);
        Ok(())
    }

    /// For every reducer that has limits of its own, the options as they are for it.
    pub(super) fn of_reducers(&self) -> impl Iterator<Item = (DomainKey, Self)> {
        self.of_reducers.iter().map(|(key, own)| {
            let mut options = self.options.clone();
            options.extend(own.clone());
            (key.clone(), Self { options, of_reducers: BTreeMap::new() })
        })
    }

    fn unknown(&self, key: &str, origin: Source) -> ConfigError {
        let table = |key: &str| key.rfind('.').map_or(String::new(), |dot| key[..=dot].to_owned());
        let beside = |place: &str| {
            let keys = self.options.keys().filter(|known| table(known) == place);
            keys.map(String::as_str).collect::<Vec<_>>().join(", ")
        };
        let mut valid = beside(&table(key));
        if valid.is_empty() {
            valid = beside("");
        }
        ConfigError::Unknown { key: key.to_owned(), origin, valid }
    }

    /// The options for which `default.toml` has a number.
    #[cfg(test)]
    pub(super) fn numbers(&self) -> impl Iterator<Item = &str> {
        let is_number =
            |setting: &Setting| matches!(setting.value.kind, ValueKind::I64(_) | ValueKind::U64(_));
        self.options.iter().filter(move |(_, setting)| is_number(setting)).map(|(key, _)| key.as_str())
    }

    /// A whole number, if that is what the option holds.
    pub(super) fn number(&self, key: &str) -> Option<i64> {
        match &self.options.get(key)?.value.kind {
            ValueKind::I64(number) => Some(*number),
            ValueKind::U64(number) => i64::try_from(*number).ok(),
            ValueKind::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The refusal of what an option holds.
    pub(super) fn refuse(&self, key: &str, valid: impl Into<String>) -> ConfigError {
        let setting = self.options.get(key);
        ConfigError::Value {
            key: setting.map_or_else(|| key.to_owned(), |setting| setting.set_as.clone()),
            // Somebody may have put a token where its hash belongs.
            value: match setting {
                Some(_) if key == TOKENS => "…".to_owned(),
                setting => setting.map(|setting| shown(&setting.value)).unwrap_or_default(),
            },
            origin: setting.map_or(Source::Default, |setting| setting.origin.clone()),
            valid: valid.into(),
        }
    }

    /// All options as one value.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        let mut builder = config::Config::builder();
        for (key, setting) in &self.options {
            builder =
                builder.set_override(key, setting.value.clone()).map_err(|error| self.explain(error))?;
        }
        let merged = builder.build().map_err(|error| self.explain(error))?;
        merged.try_deserialize().map_err(|error| self.explain(error))
    }

    fn explain(&self, error: config::ConfigError) -> ConfigError {
        match error {
            config::ConfigError::Type { key: Some(key), expected, .. } => {
                // A member of a list is named by its index: contexts[0].
                let (option, member) = option_of(&key);
                self.refuse(option, format!("{} must be {expected}", member.as_deref().unwrap_or("it")))
            }
            config::ConfigError::At { key: Some(key), error, .. } => {
                let (option, member) = option_of(&key);
                self.refuse(option, member.map_or(error.to_string(), |member| format!("{member}: {error}")))
            }
            config::ConfigError::NotFound(key) => {
                let (option, member) = option_of(&key);
                self.refuse(option, format!("{} is missing", member.as_deref().unwrap_or(option)))
            }
            other => ConfigError::Syntax { origin: Source::Default, why: other.to_string() },
        }
    }
}

/// The options that a text sets, each by its full key.
fn parse(text: &str, origin: &Source) -> Result<Vec<(String, Value)>, ConfigError> {
    let root = File::from_str(text, FileFormat::Toml).collect().map_err(|error| {
        let why = match error {
            config::ConfigError::FileParse { cause, .. } => cause.to_string(),
            other => other.to_string(),
        };
        ConfigError::Syntax { origin: origin.clone(), why: why.trim_end().to_owned() }
    })?;
    let mut options = Vec::new();
    for (key, value) in root {
        flatten(key, value, &mut options);
    }
    // A map has no order: with two mistakes, always the same one is named.
    options.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(options)
}

fn flatten(key: String, value: Value, options: &mut Vec<(String, Value)>) {
    match value.kind {
        ValueKind::Table(table) => {
            for (name, value) in table {
                flatten(format!("{key}.{name}"), value, options);
            }
        }
        _ => options.push((key, value)),
    }
}

/// The option that a place belongs to, and the place if it is a part of it: `tokens[1].scopes[0]`. The library
/// leaves out the dot.
fn option_of(place: &str) -> (&str, Option<String>) {
    let Some((option, _)) = place.split_once('[') else { return (place, None) };
    let member = place.replace("].", "]").replace(']', "].");
    (option, Some(member.trim_end_matches('.').to_owned()))
}

fn are_tables(value: &Value) -> bool {
    let is_table = |member: &Value| matches!(member.kind, ValueKind::Table(_));
    matches!(&value.kind, ValueKind::Array(members) if members.iter().all(is_table))
}

fn is_list(value: &Value) -> bool {
    matches!(value.kind, ValueKind::Array(_))
}

fn shown(value: &Value) -> String {
    match &value.kind {
        ValueKind::String(text) => format!("{text:?}"),
        ValueKind::Array(members) => {
            format!("[{}]", members.iter().map(shown).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
