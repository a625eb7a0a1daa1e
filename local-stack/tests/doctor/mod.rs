//! `auth-service doctor` finds each planted misconfiguration, and nothing in a healthy deployment.

mod deployment;
mod inside;
mod outside;
mod report;
mod tokens;
