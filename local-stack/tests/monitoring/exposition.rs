//! Prometheus' text format.

use std::collections::{BTreeMap, BTreeSet};

/// A time series and its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

/// What a service answered.
#[derive(Debug, Clone, Default)]
pub(super) struct Scrape {
    pub samples: Vec<Sample>,
    /// Names and kinds.
    pub kinds: BTreeMap<String, String>,
    /// The names that have a description.
    pub described: BTreeSet<String>,
}

impl Scrape {
    pub(super) fn parse(text: &str) -> Self {
        let mut scrape = Self::default();
        for line in text.lines().filter(|line| !line.is_empty()) {
            match line.split(' ').collect::<Vec<_>>().as_slice() {
                ["#", "TYPE", name, kind] => {
                    scrape.kinds.insert((*name).to_owned(), (*kind).to_owned());
                }
                ["#", "HELP", name, ..] => {
                    scrape.described.insert((*name).to_owned());
                }
                _ => scrape.samples.push(sample(line).unwrap_or_else(|| panic!("no sample: {line}"))),
            }
        }
        scrape
    }

    /// The value of the series with this name and exactly these labels.
    pub(super) fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.samples.iter().find(|sample| sample.name == name && sample.labels == labels).map(|s| s.value)
    }

    /// The labels of each metric, but for those of the format itself.
    pub(super) fn labels(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut all = BTreeMap::new();
        for (name, kind) in &self.kinds {
            let is_part = |sample: &&Sample| {
                sample.name == *name || kind == "histogram" && sample.name.starts_with(&format!("{name}_"))
            };
            let labels = self.samples.iter().filter(is_part).flat_map(|sample| sample.labels.keys().cloned());
            all.insert(name.clone(), labels.filter(|label| label != "le").collect());
        }
        all
    }
}

fn sample(line: &str) -> Option<Sample> {
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = match series.split_once('{') {
        Some((name, labels)) => (name, pairs(labels.strip_suffix('}')?)?),
        None => (series, BTreeMap::new()),
    };
    Some(Sample { name: name.to_owned(), labels, value: value.parse().ok()? })
}

/// Reads `a="x",b="y"`. No value here has a quotation mark.
fn pairs(text: &str) -> Option<BTreeMap<String, String>> {
    let mut rest = text;
    let mut pairs = BTreeMap::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"")?;
        let (value, after) = after.split_once('"')?;
        pairs.insert(name.to_owned(), value.to_owned());
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    Some(pairs)
}

#[test]
fn samples_are_read_with_their_labels() {
    let scrape = Scrape::parse(
        "# HELP a What.\n# TYPE a histogram\na_bucket{route=\"/x/{id}\",le=\"+Inf\"} 3\n\nb 0.5\n",
    );
    assert_eq!(scrape.value("a_bucket", &[("route", "/x/{id}"), ("le", "+Inf")]), Some(3.0));
    assert_eq!((scrape.value("b", &[]), scrape.value("a_bucket", &[])), (Some(0.5), None));
    assert_eq!(scrape.labels()["a"].iter().collect::<Vec<_>>(), ["route"]);
    assert!(scrape.described.contains("a"));
}
