//! `everfold replay`: makes a captured call again.

use std::fs;

use everfold::{
    Config,
    config::Limits,
    deploy::read_module,
    replay::{self, Reduced, Replayed},
    sandbox::Failure,
    words::{Capture, DomainKey, ModuleHash},
};

use super::Outcome;
use crate::cli::ReplayArgs;

pub(crate) async fn run(arguments: ReplayArgs) -> Outcome {
    let mut config = Config::load(arguments.config.as_deref(), Vec::new())?;
    if let Some(store) = arguments.store {
        config.store = store;
    }
    let shown = arguments.file.display();
    let json = fs::read(&arguments.file).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let capture = replay::read(&json).map_err(|why| format!("{shown}: {why}"))?;
    let module = match &arguments.module {
        Some(file) => read_module(file, limits_of(&config, &capture).module_bytes)
            .map_err(|why| format!("{}: {why}", file.display()))?,
        None => Box::pin(replay::module_of(&config, &capture)).await?,
    };
    print!("{}", describe(&capture));
    let Replayed { module, result } = replay::replay(&config, &capture, module)?;
    println!("now, by module {}:", name(module, &capture));
    match result {
        Ok(reduced) => {
            print!("{}", mended(&reduced));
            Ok(())
        }
        Err(failure) => {
            print!("{}", failed(&failure.code, &failure.message, failure.trace.as_deref()));
            Err(verdict(&failure, &capture).into())
        }
    }
}

fn limits_of<'a>(config: &'a Config, capture: &Capture) -> &'a Limits {
    let key = DomainKey { context: capture.context.clone(), domain: capture.domain.clone() };
    config.limits_for(&key)
}

fn name(module: ModuleHash, capture: &Capture) -> String {
    if module == capture.module { "the same".to_owned() } else { module.to_string() }
}

fn verdict(failure: &Failure, capture: &Capture) -> &'static str {
    if failure.code == capture.failure.code { "it fails as it did" } else { "it fails in another way" }
}

/// What was captured, for people.
fn describe(capture: &Capture) -> String {
    let entity = capture.entity.map_or_else(|| "the whole context".to_owned(), |entity| entity.to_string());
    let mut text = format!("{}/{} of {entity}\n", capture.context, capture.domain);
    for event in &capture.events {
        text +=
            &format!("  {} {} at position {}: {}\n", event.event_type, event.id, event.position, event.data);
    }
    let model = capture.model.as_ref().map_or("none", |model| model.get());
    let failure = &capture.failure;
    text += &format!("  onto the model {model}\ncaptured {}, by module {}:\n", capture.at, capture.module);
    text += &failed(&failure.code, &failure.message, failure.trace.as_deref());
    for line in &capture.log {
        text += &format!("  log {}: {}\n", line.level, line.message);
    }
    text
}

fn failed(code: &str, message: &str, trace: Option<&str>) -> String {
    let frames = trace.unwrap_or_default().lines().map(|frame| format!("    at {frame}\n"));
    format!("  {code}: {message}\n{}", frames.collect::<String>())
}

fn mended(reduced: &Reduced) -> String {
    let model = reduced.model.as_ref().map_or_else(|| "none".into(), |model| String::from_utf8_lossy(model));
    let mut text = format!("  it reduces\n  model {model}\n");
    for event in &reduced.events {
        let data = String::from_utf8_lossy(&event.data);
        text += &format!("  emits {} {} for {}: {data}\n", event.event_type, event.id, event.entity);
    }
    text
}
