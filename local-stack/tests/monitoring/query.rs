//! The metrics and labels that a PromQL query names.

use super::exposition::{Sample, Scrape};

/// The labels that Prometheus adds to every series of a target.
const TARGET_LABELS: [&str; 2] = ["job", "instance"];
/// The one metric that Prometheus itself adds.
const UP: &str = "up";

/// `metric{label="value"}`.
#[derive(Debug, PartialEq)]
pub(super) struct Selector {
    metric: String,
    /// Label, operator and value.
    matchers: Vec<[String; 3]>,
}

/// What a query names.
#[derive(Debug, Default)]
pub(super) struct Query {
    pub selectors: Vec<Selector>,
    /// The labels in `by (...)`.
    grouping: Vec<String>,
}

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        let mut query = Self::default();
        let mut rest = text;
        while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic() || c == '[') {
            rest = &rest[start..];
            if rest.starts_with('[') {
                rest = rest.split_once(']').unwrap().1;
                continue;
            }
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            rest = after;
            let next = after.trim_start();
            if word == "by" {
                let (labels, after) = next.strip_prefix('(').unwrap().split_once(')').unwrap();
                query.grouping.extend(labels.split(',').map(|label| label.trim().to_owned()));
                rest = after;
            } else if let Some(matchers) = next.strip_prefix('{') {
                // No value of a label in these queries has a brace.
                let (matchers, after) = matchers.split_once('}').unwrap();
                query.selectors.push(Selector { metric: word.to_owned(), matchers: read(matchers) });
                rest = after;
            } else if word.contains('_') && !next.starts_with('(') || word == UP {
                query.selectors.push(Selector { metric: word.to_owned(), matchers: Vec::new() });
            }
        }
        query
    }

    /// What the query names and the services do not serve.
    pub(super) fn missing(&self, scrape: &Scrape) -> Vec<String> {
        let mut missing: Vec<String> = Vec::new();
        let mut labels: Vec<&str> = TARGET_LABELS.to_vec();
        for selector in self.selectors.iter().filter(|selector| selector.metric != UP) {
            let series: Vec<&Sample> =
                scrape.samples.iter().filter(|sample| sample.name == selector.metric).collect();
            if series.is_empty() {
                missing.push(selector.metric.clone());
            }
            labels.extend(series.iter().flat_map(|sample| sample.labels.keys().map(String::as_str)));
            let matchers =
                selector.matchers.iter().filter(|[label, ..]| !TARGET_LABELS.contains(&label.as_str()));
            for [label, operator, value] in matchers {
                for value in value.split('|') {
                    let is_there = |sample: &&Sample| {
                        sample.labels.get(label).is_some_and(|found| is_match(operator, value, found))
                    };
                    if !series.iter().any(is_there) {
                        missing.push(format!("{}{{{label}{operator}{value}}}", selector.metric));
                    }
                }
            }
        }
        let grouping = self.grouping.iter().filter(|label| !labels.contains(&label.as_str()));
        missing.extend(grouping.map(|label| format!("by ({label})")));
        missing
    }

    /// Whether the result has this label.
    pub(super) fn groups_by(&self, label: &str) -> bool {
        self.grouping.iter().any(|found| found == label)
    }
}

fn read(matchers: &str) -> Vec<[String; 3]> {
    let matcher = |text: &str| {
        let (left, value) = text.trim().strip_suffix('"').unwrap().split_once('"').unwrap();
        let operator = left.trim_start_matches(|c: char| c.is_ascii_lowercase() || c == '_');
        [left.strip_suffix(operator).unwrap(), operator, value].map(str::to_owned)
    };
    matchers.split(',').filter(|text| !text.trim().is_empty()).map(matcher).collect()
}

/// Whether a label has this value. Of regular expressions these queries use `|`, which is split before, and `.`.
fn is_match(operator: &str, value: &str, found: &str) -> bool {
    let is_regex = operator.ends_with('~');
    let same = |(pattern, found): (char, char)| pattern == found || is_regex && pattern == '.';
    value.len() == found.len() && value.chars().zip(found.chars()).all(same)
}

#[test]
fn a_query_is_read_and_what_it_names_is_looked_up() {
    let query = Query::parse(
        "sum by (job, code) (rate(x_total{code=~\"5..|404\", route!=\"/r\"}[5m])) / sum(up) > 0.5 and y_seconds",
    );
    let names: Vec<&str> = query.selectors.iter().map(|selector| selector.metric.as_str()).collect();
    assert_eq!(
        (names, query.grouping.as_slice()),
        (vec!["x_total", "up", "y_seconds"], &["job", "code"].map(str::to_owned)[..])
    );
    let scrape = Scrape::parse(
        "x_total{code=\"503\",route=\"/r\"} 1\nx_total{code=\"404\",route=\"/r\"} 1\ny_seconds 1\n",
    );
    assert_eq!(query.missing(&scrape), Vec::<String>::new());
    let scrape = Scrape::parse("x_total{code=\"200\"} 1\n");
    let missing = ["x_total{code=~5..}", "x_total{code=~404}", "x_total{route!=/r}", "y_seconds"];
    assert_eq!(query.missing(&scrape), missing);
    assert_eq!(Query::parse("max by (pool) (x_total)").missing(&scrape), ["by (pool)"]);
}
