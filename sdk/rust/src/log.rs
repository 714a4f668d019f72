//! Lines for the people who run the host. They are never a result; the host may drop them or cut them
//! short. In a native test they go to standard error.

#[cfg(target_arch = "wasm32")]
use crate::bindings::everfold::domain::log::write;

pub use crate::bindings::everfold::domain::log::Level;

/// The finest detail.
pub fn trace(message: impl AsRef<str>) {
    write(Level::Trace, message.as_ref());
}

/// What helps to find a mistake.
pub fn debug(message: impl AsRef<str>) {
    write(Level::Debug, message.as_ref());
}

/// What is worth knowing.
pub fn info(message: impl AsRef<str>) {
    write(Level::Info, message.as_ref());
}

/// What somebody should look at some day.
pub fn warn(message: impl AsRef<str>) {
    write(Level::Warn, message.as_ref());
}

/// What somebody should look at now.
pub fn error(message: impl AsRef<str>) {
    write(Level::Error, message.as_ref());
}

#[cfg(not(target_arch = "wasm32"))]
fn write(level: Level, message: &str) {
    eprintln!("{level:?}: {message}");
}

/// A panic ends a module without a word. This says why, for the calls that follow in this instance.
#[cfg(target_arch = "wasm32")]
pub(crate) fn panics() {
    std::panic::set_hook(Box::new(|panic| error(panic.to_string())));
}
