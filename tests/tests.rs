//! Integration tests of the command, in one binary.

mod browser;
mod command;
mod compare;
mod configuration;
mod files;
mod golden;
mod readme;
mod report;
mod results;
mod science;
mod scikit_learn;
mod study;
mod support;
