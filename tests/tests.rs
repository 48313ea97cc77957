//! Integration tests of the command, in one binary.

mod command;
mod configuration;
mod files;
mod golden;
mod readme;
mod results;
mod scikit_learn;
mod study;
mod support;
