//! Assembles the one piece of WebAssembly text that the program holds.

use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let text = "src/build/stand_in.wat";
    println!("cargo::rerun-if-changed={text}");
    let to = Path::new(&env::var("OUT_DIR")?).join("stand_in.wasm");
    Ok(fs::write(to, wat::parse_file(text)?)?)
}
