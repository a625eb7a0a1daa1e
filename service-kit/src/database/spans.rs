//! The spans of statements, for traces. SQL is constant, so that their texts contain no values.

use std::borrow::Cow;

use super::connection::Failure;
use crate::store::{ServerError, StoreError, TimedOut};
use crate::traces::{Kind, Span};

/// What a statement can begin with, apart from those that have no table.
const VERBS: [&str; 4] = ["SELECT", "INSERT", "UPDATE", "DELETE"];

/// Starts the span of a statement.
pub(super) fn statement(sql: &'static str) -> Span {
    call(sql, || sql.into())
}

/// Starts the span of two statements that are sent together. It is named after the second one.
pub(super) fn pair(first: &'static str, then: &'static str) -> Span {
    call(then, || format!("{first}; {then}").into())
}

/// Starts the span of the wait for a connection.
pub(super) fn waiting() -> Span {
    Span::child(Kind::Internal, || "wait for connection".into())
}

/// Ends the span of a statement.
pub(super) fn end<T>(mut span: Span, outcome: &Result<T, Failure>) {
    if span.is_recorded()
        && let Err(failure) = outcome
    {
        span.fail(error_type(&failure.error));
    }
}

fn call(sql: &'static str, text: impl FnOnce() -> Cow<'static, str>) -> Span {
    let mut span = Span::child(Kind::Client, || summary(sql).into());
    if span.is_recorded() {
        span.set("db.system.name", "postgresql");
        span.set("db.operation.name", operation(sql));
        span.set("db.query.text", text());
    }
    span
}

fn words(sql: &str) -> impl Iterator<Item = &str> {
    sql.split(|character: char| !character.is_ascii_alphanumeric() && character != '_')
        .filter(|word| !word.is_empty())
}

/// Returns the statement without the subqueries of a `WITH` in front of it.
fn main_part(sql: &'static str) -> &'static str {
    let mut depth = 0_usize;
    for (index, character) in sql.char_indices() {
        let rest = sql.get(index..).unwrap_or_default();
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 && VERBS.iter().any(|verb| rest.starts_with(verb)) => return rest,
            _ => {}
        }
    }
    sql
}

/// Leaves out subqueries, which have tables of their own.
fn without_parentheses(sql: &str) -> String {
    let mut depth = 0_usize;
    let is_outside = |character: &char| {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    };
    sql.chars().filter(is_outside).collect()
}

fn operation(sql: &'static str) -> &'static str {
    words(main_part(sql)).next().unwrap_or("statement")
}

/// Returns the operation and the first table: `INSERT tasks`.
fn summary(sql: &'static str) -> String {
    let operation = operation(sql);
    let is_before_table = |word: &str| matches!(word, "FROM" | "INTO" | "UPDATE");
    let unnested = without_parentheses(main_part(sql));
    match words(&unnested).skip_while(|word| !is_before_table(word)).nth(1) {
        Some(table) => format!("{operation} {table}"),
        None => operation.to_owned(),
    }
}

/// Returns the error code of PostgreSQL, or what happened to the connection.
fn error_type(error: &StoreError) -> String {
    let cause = match error {
        StoreError::Constraint { source, .. } => return source.code.code().to_owned(),
        StoreError::Unavailable(cause) | StoreError::Statement(cause) => cause,
        StoreError::Corrupt { .. } => return "corrupt".to_owned(),
    };
    match cause.downcast_ref::<ServerError>() {
        Some(server) => server.code.code().to_owned(),
        None if cause.is::<TimedOut>() => "timeout".to_owned(),
        None => "connection".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_named_by_its_operation_and_table() {
        for (sql, expected) in [
            ("SELECT id FROM tasks WHERE id = $1", "SELECT tasks"),
            ("INSERT INTO users(id) VALUES ($1)", "INSERT users"),
            ("UPDATE sessions SET x = $1", "UPDATE sessions"),
            ("DELETE FROM sessions", "DELETE sessions"),
            ("WITH a AS MATERIALIZED (DELETE FROM mails RETURNING id) INSERT INTO b SELECT 1", "INSERT b"),
            ("WITH a AS (SELECT 1 FOR UPDATE)\nUPDATE b SET c = a.d FROM a", "UPDATE b"),
            ("\n    SELECT id\n    FROM mails", "SELECT mails"),
            ("SELECT id FROM mails FOR UPDATE SKIP LOCKED", "SELECT mails"),
            ("SELECT ARRAY(SELECT id FROM mails) FROM users", "SELECT users"),
            ("SELECT act_as($1)", "SELECT"),
            ("COMMIT", "COMMIT"),
            ("", "statement"),
        ] {
            assert_eq!(summary(sql), expected, "{sql}");
        }
    }
}
