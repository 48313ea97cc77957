//! Integration tests of the command, in one binary.

mod browser;
mod checkpoint;
mod command;
mod compare;
mod configuration;
mod determinism;
mod faults;
mod files;
mod golden;
mod hostile;
mod kills;
mod log;
mod memory;
mod messages;
mod numbers;
mod outputs;
mod readme;
mod report;
mod results;
mod science;
mod scikit_learn;
mod second_family;
mod study;
mod support;
mod times;
