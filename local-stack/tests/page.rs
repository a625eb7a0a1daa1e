//! The web page, served by `up`: its files and headers with a page of the test's own, and the real process.

mod export;
mod files;
mod headers;
mod script;
mod served;

pub(crate) use export::{Export, POLICY};
