//! Both databases, all logs and all metrics.

use std::time::Duration;

use local_stack::databases::connect;
use tokio_postgres::SimpleQueryMessage;

use super::stack::{Stack, metrics, urls};

/// What PostgreSQL itself keeps of statements and roles. Where it is installed, `pg_stat_statements` is among the tables.
const KEPT_BY_POSTGRES: [(&str, &str); 2] = [
    ("pg_stat_activity", "SELECT query FROM pg_stat_activity"),
    ("pg_authid", "SELECT rolname, rolpassword FROM pg_authid"),
];
/// How long the last lines of a service that has ended may take to be read.
const SOON: Duration = Duration::from_secs(20);

const TABLES: &str = "
    SELECT format('%I.%I', nspname, relname) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'p', 'v', 'm', 'S') AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
    ORDER BY 1";

/// A text, and where it was found.
pub struct Text {
    pub place: String,
    pub text: String,
}

/// Reads everything. The services have stopped afterwards.
pub async fn collect(stack: &mut Stack) -> Vec<Text> {
    let mut collected = Vec::new();
    for (name, url) in urls(&stack.cluster) {
        collected.extend(database(name, &url).await);
    }
    for (name, service) in stack.services() {
        let figures = metrics(service).await;
        collected.extend(lines(&format!("metrics of {name}"), &figures));
    }
    stack.stop().await;
    for (name, service) in stack.services() {
        // The last line that a service writes may arrive after its end.
        service.wait_for_line(|line| line.contains("stopping"), SOON).await.unwrap();
        let output = service.output();
        assert!(
            output.iter().any(|line| line.contains("listening")),
            "the log of {name} has its first lines"
        );
        collected.extend(lines(&format!("log of {name}"), &output.join("\n")));
    }
    collected.extend(lines("log of PostgreSQL", &stack.cluster.server_log()));
    for (name, database) in [("auth", stack.cluster.auth()), ("tasks", stack.cluster.tasks())] {
        collected.extend(lines(&format!("pg_dump of {name}"), &database.dump().await));
    }
    collected
}

/// Every column of every row of every table.
pub async fn database(name: &str, url: &str) -> Vec<Text> {
    let client = connect(url).await.unwrap();
    let tables = client.query(TABLES, &[]).await.unwrap();
    let tables = tables.iter().map(|row| row.get::<_, String>(0));
    let queries = tables.map(|table| (table.clone(), format!("SELECT * FROM {table}")));
    let kept = KEPT_BY_POSTGRES.iter().map(|(name, query)| ((*name).to_owned(), (*query).to_owned()));
    let mut found = Vec::new();
    for (table, query) in queries.chain(kept) {
        // The simple protocol answers with text, whatever the type.
        for message in client.simple_query(&query).await.unwrap() {
            let SimpleQueryMessage::Row(row) = message else { continue };
            for (index, column) in row.columns().iter().enumerate() {
                let place = format!("database {name}, {table}.{}", column.name());
                found.extend(row.get(index).map(|text| Text { place, text: text.to_owned() }));
            }
        }
    }
    found
}

/// A text, line by line.
pub fn lines(name: &str, text: &str) -> Vec<Text> {
    let lines = text.lines().enumerate();
    lines
        .map(|(index, line)| Text { place: format!("{name}, line {}", index + 1), text: line.to_owned() })
        .collect()
}
