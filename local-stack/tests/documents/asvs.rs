//! docs/SECURITY.md has a row for each requirement of OWASP ASVS 5.0.0, levels 1 and 2, and names tests that exist.

use std::collections::{BTreeMap, BTreeSet};

use super::proofs::proof_fault;
use super::read;

const PAGE: &str = "docs/SECURITY.md";
/// Id and level of each requirement. Later versions of the standard have other ids.
const REQUIREMENTS: &str = include_str!("asvs-5.0.0.txt");
/// How many requirements levels 1 and 2 have together.
const COUNT: usize = 253;
const STATES: [&str; 4] = ["met", "setting", "not met", "n/a"];

/// A row of the table.
struct Row<'a> {
    id: &'a str,
    level: &'a str,
    requirement: &'a str,
    state: &'a str,
    /// How the requirement is met, or why not.
    how: &'a str,
    /// Tests and files that prove it.
    proofs: Vec<&'a str>,
}

fn cells(line: &str) -> Vec<&str> {
    line.trim().trim_matches('|').split('|').map(str::trim).collect()
}

fn is_id(text: &str) -> bool {
    let numbers = text.strip_prefix('V').map(|rest| rest.split('.').collect::<Vec<_>>());
    numbers.is_some_and(|numbers| numbers.len() == 3 && numbers.iter().all(|part| part.parse::<u8>().is_ok()))
}

fn rows(page: &str) -> Vec<Row<'_>> {
    let lines = page.lines().filter(|line| line.starts_with("| V")).map(cells);
    lines
        .filter(|cells| is_id(cells[0]))
        .map(|cells| {
            let [id, level, requirement, state, how, proofs] = cells[..] else {
                panic!("{}: {} cells", cells[0], cells.len())
            };
            let proofs = proofs.split('`').skip(1).step_by(2).collect();
            Row { id, level, requirement, state, how, proofs }
        })
        .collect()
}

fn row_faults(row: &Row<'_>) -> Vec<String> {
    let mut faults: Vec<String> = row.proofs.iter().filter_map(|proof| proof_fault(proof)).collect();
    let is_claimed = matches!(row.state, "met" | "setting");
    if !STATES.contains(&row.state) {
        faults.push(format!("unknown state {}", row.state));
    }
    if row.requirement.is_empty() {
        faults.push("no requirement".to_owned());
    }
    if is_claimed && row.proofs.is_empty() {
        faults.push("no proof".to_owned());
    }
    if row.state != "met" && row.how.is_empty() {
        faults.push("no reason".to_owned());
    }
    faults.into_iter().map(|fault| format!("{}: {fault}", row.id)).collect()
}

/// Requirements without a row, rows without a requirement, rows that come twice, and wrong levels.
fn id_faults(rows: &[Row<'_>]) -> Vec<String> {
    let required: BTreeMap<&str, &str> =
        REQUIREMENTS.lines().map(|line| line.split_once(' ').unwrap()).collect();
    assert_eq!(required.len(), COUNT);
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for row in rows {
        if required.get(row.id).is_none_or(|level| *level != row.level) {
            faults.push(format!("{}: unknown, or of another level", row.id));
        }
        if !seen.insert(row.id) {
            faults.push(format!("{}: twice", row.id));
        }
    }
    let missing = required.keys().filter(|id| !seen.contains(*id));
    faults.extend(missing.map(|id| format!("{id}: no row")));
    faults
}

/// The counts that the page states, and those of its rows: by chapter, and over all.
fn count_faults(page: &str, rows: &[Row<'_>]) -> Vec<String> {
    let mut counts: BTreeMap<&str, [usize; 5]> = BTreeMap::new();
    for row in rows {
        let chapter = row.id.split('.').next().unwrap();
        let state = STATES.iter().position(|state| *state == row.state);
        for name in [chapter, "all"] {
            let count = counts.entry(name).or_default();
            count[0] += 1;
            if let Some(state) = state {
                count[state + 1] += 1;
            }
        }
    }
    let stated: BTreeMap<&str, Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| [V") || line.starts_with("| all |"))
        .map(|line| {
            let mut cells = cells(line);
            let name = cells.remove(0).trim_start_matches('[').split(' ').next().unwrap();
            (name, cells)
        })
        .collect();
    let counted = counts.iter().map(|(name, counts)| (*name, counts.map(|count| count.to_string())));
    let wrong = counted.filter(|(name, counts)| stated.get(name).is_none_or(|stated| stated != counts));
    wrong.map(|(name, counts)| format!("{name}: counted {}", counts.join(", "))).collect()
}

fn faults(page: &str) -> Vec<String> {
    let rows = rows(page);
    let mut faults = id_faults(&rows);
    faults.extend(rows.iter().flat_map(row_faults));
    faults.extend(count_faults(page, &rows));
    faults
}

#[test]
fn every_requirement_has_a_row_and_every_row_its_proof() {
    let faults = faults(&read(PAGE).unwrap());
    assert!(faults.is_empty(), "{PAGE}:\n{}", faults.join("\n"));
}

#[test]
fn a_row_that_claims_too_much_is_found() {
    let row = "| V1.2.4 | 1 | Parameterize SQL | met | Statements are constants | `auth-service/time: fr_012_a_session_in_use_is_extended_once_a_day` |";
    let of = |row: &str| rows(row).iter().flat_map(row_faults).collect::<Vec<_>>();
    assert_eq!(of(row), Vec::<String>::new());
    for (right, wrong, fault) in [
        ("is_extended_once_a_day", "is_extended_twice_a_day", "no test"),
        ("fr_012_a_session_in_use_is_extended_once_a_day", "config_of", "no test"),
        ("auth-service/time", "auth-service/tim", "no file"),
        ("auth-service/time", "auth-service/src/time", "no file"),
        ("auth-service/time: fr", "web/e2e/callback: fr", "no test"),
        ("auth-service/time: fr_012_a_session_in_use_is_extended_once_a_day", "nowhere.toml", "no file"),
        ("auth-service/time: ", "", "no file"),
        ("`auth-service/time: fr_012_a_session_in_use_is_extended_once_a_day`", "", "no proof"),
        ("| met |", "| good |", "unknown state"),
        ("Parameterize SQL", "", "no requirement"),
        ("met | Statements are constants", "not met |", "no reason"),
        ("met | Statements are constants", "n/a |", "no reason"),
        ("met | Statements are constants", "setting |", "no reason"),
    ] {
        let faulty = row.replacen(right, wrong, 1);
        assert_ne!(faulty, row, "{right}");
        let found = of(&faulty);
        assert!(found.len() == 1 && found[0].contains(fault), "{faulty}: {found:?}");
    }
    let title = "`web/e2e/callback: does not go to a page that the service does not trust`";
    let (head, _) = row.split_once('`').unwrap();
    assert_eq!(of(&format!("{head}{title}, `Cargo.toml` |")), Vec::<String>::new());
}

#[test]
fn a_missing_a_doubled_and_a_miscounted_row_are_found() {
    let page = read(PAGE).unwrap();
    let row = page.lines().find(|line| line.starts_with("| V9.1.1 ")).unwrap();
    let of = |page: &str| {
        let rows = rows(page);
        let faults = [id_faults(&rows), count_faults(page, &rows)].concat();
        faults.into_iter().map(|fault| fault.split(", or").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let with = |other: &str| page.replacen(row, other, 1);
    for (faulty, fault) in [
        (with(""), "V9.1.1: no row"),
        (with(&format!("{row}\n{row}")), "V9.1.1: twice"),
        (with(&row.replacen("| 1 |", "| 2 |", 1)), "V9.1.1: unknown"),
        (with(&row.replacen("V9.1.1", "V9.1.9", 1)), "V9.1.9: unknown"),
        (with(&row.replacen("| met |", "| n/a |", 1)), "V9: counted"),
        (page.replacen("| all | 253 |", "| all | 254 |", 1), "all: counted"),
    ] {
        assert_ne!(faulty, page, "{fault}");
        assert!(of(&faulty).iter().any(|found| found.starts_with(fault)), "{fault}: {:?}", of(&faulty));
    }
}
