//! Links between the documents lead to files and headings that exist.

use std::collections::BTreeMap;
use std::path::Path;

use super::read;

/// The lines of a document that are not code, without what is code inside them.
fn prose(document: &str) -> Vec<String> {
    let mut in_code = false;
    let mut lines = Vec::new();
    for line in document.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            lines.push(line.to_owned());
        }
    }
    lines
}

/// The anchors that GitHub gives the headings of a document.
pub(super) fn anchors(document: &str) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let lines = prose(document);
    let headings = lines.iter().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let title = without_targets(line.trim_start_matches('#').trim()).to_lowercase();
            let kept = title.chars().filter(|sign| sign.is_alphanumeric() || " -_".contains(*sign));
            let anchor: String = kept.map(|sign| if sign == ' ' { '-' } else { sign }).collect();
            let count = seen.entry(anchor.clone()).or_default();
            *count += 1;
            if *count == 1 { anchor } else { format!("{anchor}-{}", *count - 1) }
        })
        .collect()
}

/// A heading with the texts of its links in place of the links.
fn without_targets(heading: &str) -> String {
    let mut parts = heading.split("](");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once(')').map_or(part, |(_, rest)| rest))
}

/// The targets of a document's links, but for those to other hosts.
pub(super) fn targets(document: &str) -> Vec<String> {
    let lines = prose(document);
    let after = lines.iter().flat_map(|line| line.split("](").skip(1).map(str::to_owned).collect::<Vec<_>>());
    let targets = after.filter_map(|rest| rest.split(')').next().map(str::to_owned));
    targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:")).collect()
}

/// The links of `document`, which is the file `name`, that lead nowhere.
fn broken(name: &str, document: &str) -> Vec<String> {
    let directory = Path::new(name).parent().unwrap();
    let leads_somewhere = |target: &String| {
        let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
        let path = directory.join(file);
        let text = if file.is_empty() { Some(document.to_owned()) } else { read(path.to_str().unwrap()) };
        match text {
            Some(text) => anchor.is_empty() || anchors(&text).iter().any(|found| found == anchor),
            None => anchor.is_empty() && super::path(path.to_str().unwrap()).exists(),
        }
    };
    targets(document).into_iter().filter(|target| !leads_somewhere(target)).collect()
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_exist() {
    let root = local_stack::workspace::root().unwrap();
    let mut git = std::process::Command::new("git");
    let tracked = git.args(["ls-files", "*.md"]).current_dir(root).output().unwrap();
    let names = String::from_utf8(tracked.stdout).unwrap();
    let mut links = 0;
    for name in names.lines() {
        let document = read(name).unwrap();
        links += targets(&document).len();
        assert_eq!(broken(name, &document), Vec::<String>::new(), "{name}");
    }
    assert!(links > 100, "{links}");
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let document = "# The `first` heading\n## Twice\n## Twice\n### A [link](API.md)'s, too\n\
                    ```md\n# code\n[b](nowhere.md)\n```\n";
    assert_eq!(anchors(document), ["the-first-heading", "twice", "twice-1", "a-links-too"]);
    for target in [
        "#twice-1",
        "#a-links-too",
        "API.md",
        "API.md#auth-service",
        "../README.md#settings",
        "adr",
        "https://a.example/x",
    ] {
        assert_eq!(broken("docs/PAGE.md", &format!("{document}[a]({target})")), Vec::<String>::new());
    }
    for target in ["#thrice", "#code", "nowhere.md", "API.md#nowhere", "CONTRIBUTING.md", "adr#twice"] {
        assert_eq!(broken("docs/PAGE.md", &format!("{document}[a]({target})")), [target]);
    }
}
