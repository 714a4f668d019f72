//! Black-box tests of the host, in the words of the README: one file for each subject. Everything goes
//! through a real server on a port of its own; where a process matters, through the real program.

#![cfg(test)]

mod append;
mod backup;
mod bad_input;
mod bad_modules;
mod bench;
mod cache;
mod cases;
mod chains;
mod cli;
mod cloudevents;
mod config;
mod corpus;
mod demo;
mod determinism;
mod divergences;
mod doors;
mod emissions;
mod expectations;
mod files;
mod folder;
mod folding;
mod following;
mod handover;
mod harness;
mod hostile;
mod js_client;
mod kills;
mod late;
mod limits;
mod many;
mod models;
mod moving;
mod order;
mod overload;
mod parked;
mod reading;
mod reload;
mod replay;
mod restart;
mod shutdown;
mod soak;
mod streams;
mod structure;
mod subscribing;
mod tls;
mod tokens;
mod torn;
mod trouble;
mod verify;
mod waits;
mod wasi;
mod websockets;
