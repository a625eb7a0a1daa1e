//! From the README, three links at most lead a newcomer to the answer of each of these questions.

use std::path::{Component, Path, PathBuf};

use super::links::{anchors, targets};
use super::read;

const MOST_LINKS: usize = 3;

/// A question, the links to follow as they are written, and a text that the place they lead to must contain.
type Question = (&'static str, &'static [&'static str], &'static str);

const QUESTIONS: [Question; 6] = [
    (
        "Where is sign-in handled?",
        &["CONTRIBUTING.md", "auth-service/src/passwords/handlers/sign_in.rs"],
        r#"#[post("/sign-in/email")]"#,
    ),
    (
        "How is a token revoked?",
        &["docs/ARCHITECTURE.md#revocation", "../migrations/auth/V7__status_lists.sql"],
        "CREATE TRIGGER sessions_revoke_status",
    ),
    ("How do I add a setting?", &["CONTRIBUTING.md#add-a-setting"], "UPDATE_DOCS=1"),
    ("How do I run one test?", &["CONTRIBUTING.md#write-a-test"], "cargo nextest run -p auth-service -E"),
    (
        "What does a setting mean?",
        &["docs/CONFIGURATION.md", "#sessions"],
        "| `SESSION_TTL` | duration | `168h` |",
    ),
    ("Which documents are there?", &["docs/README.md", "GLOSSARY.md"], "**Credential epoch.**"),
];

/// The part of a document below the heading with this anchor, up to the next heading that is not below it.
pub(crate) fn section(document: &str, anchor: &str) -> Option<String> {
    let place = anchors(document).iter().position(|found| found == anchor)?;
    let mut in_code = false;
    let mut headings = 0;
    let mut level = None;
    let mut lines = Vec::new();
    for line in document.lines() {
        in_code ^= line.trim_start().starts_with("```");
        if !in_code && line.starts_with('#') {
            let depth = line.chars().take_while(|sign| *sign == '#').count();
            if level.is_some_and(|level| depth <= level) {
                break;
            }
            if headings == place {
                level = Some(depth);
            }
            headings += 1;
        }
        if level.is_some() {
            lines.push(line);
        }
    }
    Some(lines.join("\n"))
}

/// `target` as seen from the file `from`, without `.` and `..`.
fn resolved(from: &Path, target: &str) -> PathBuf {
    let mut path = from.parent().unwrap().to_path_buf();
    for component in Path::new(target).components() {
        match component {
            Component::ParentDir => assert!(path.pop(), "{target}"),
            other => path.push(other),
        }
    }
    path
}

/// Follows the links from the README. Returns what is wrong.
fn fault(links: &[&str], keyword: &str) -> Option<String> {
    if links.len() > MOST_LINKS {
        return Some(format!("{} links", links.len()));
    }
    let mut file = PathBuf::from("README.md");
    // What the reader sees: a section, or all of a file.
    let mut seen = read("README.md")?;
    for link in links {
        if !targets(&seen).iter().any(|target| target == link) {
            return Some(format!("no link to {link} in {}", file.display()));
        }
        let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
        if !target.is_empty() {
            file = resolved(&file, target);
        }
        let Some(document) = read(file.to_str().unwrap()) else {
            return Some(format!("no file {}", file.display()));
        };
        let place = if anchor.is_empty() { Some(document) } else { section(&document, anchor) };
        let Some(place) = place else { return Some(format!("no heading #{anchor} in {}", file.display())) };
        seen = place;
    }
    (!seen.contains(keyword)).then(|| format!("no {keyword} in {}", file.display()))
}

#[test]
fn a_newcomer_finds_each_answer_within_three_links() {
    for (question, links, keyword) in QUESTIONS {
        assert_eq!(fault(links, keyword), None, "{question}");
    }
}

#[test]
fn a_way_that_does_not_lead_to_the_answer_is_found() {
    let settings = "CONTRIBUTING.md#add-a-setting";
    for (links, keyword, expected) in [
        (&["docs/NOWHERE.md"][..], "", "no link to docs/NOWHERE.md in README.md"),
        // Linked in the document, but not in the section that the first link leads to.
        (&[settings, "docs/TESTING.md"], "", "no link to docs/TESTING.md in CONTRIBUTING.md"),
        (&[settings], "cargo nextest run -p auth-service -E 'test(sign_in", "no cargo nextest"),
        (&["docs/README.md"; 4], "", "4 links"),
    ] {
        let found = fault(links, keyword).unwrap_or_default();
        assert!(found.starts_with(expected), "{links:?}: {found}");
    }
}

#[test]
fn a_section_ends_at_the_next_heading_of_its_level() {
    let document = "# A\n## B\nb\n```\n# code\n```\n### C\nc\n## D\nd\n";
    assert_eq!(section(document, "b").unwrap(), "## B\nb\n```\n# code\n```\n### C\nc");
    assert_eq!(section(document, "d").unwrap(), "## D\nd");
    assert_eq!(section(document, "code"), None);
}

/// The settings in the first cells of a document's tables.
fn settings(document: &str) -> Vec<&str> {
    let cells = document.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let names = cells.flat_map(|cell| cell.split('`').step_by(2));
    names.filter(|name| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')).collect()
}

#[test]
fn the_readme_names_settings_that_exist() {
    let (readme, configuration) = (read("README.md").unwrap(), read("docs/CONFIGURATION.md").unwrap());
    let known = settings(&configuration);
    let named = section(&readme, "settings").unwrap();
    let named = settings(&named);
    assert!(named.len() > 10, "{named:?}");
    for name in named {
        assert!(known.contains(&name), "{name}");
    }
}
