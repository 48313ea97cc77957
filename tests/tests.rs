//! Integration tests of the command, in one binary.

mod browser;
mod checkpoint;
mod command;
mod compare;
mod configuration;
mod determinism;
mod extending;
mod files;
mod golden;
mod hostile;
mod inputs;
mod kills;
mod limits;
mod log;
mod memory;
mod messages;
mod numbers;
mod readme;
mod report;
mod results;
mod science;
mod scikit_learn;
mod second_family;
mod study;
mod support;
mod times;
