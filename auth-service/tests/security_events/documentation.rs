//! Compares the tables in the documentation with the types that name the events.

use auth_service::security_event::SecurityEvent;
use strum::VariantArray;

#[test]
fn the_documentation_lists_every_event_and_no_other() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/OPERATIONS.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, section) = text.split_once("\n### Events of auth-service\n").unwrap();
    let section = section.split("\n#").next().unwrap();
    let documented: Vec<&str> =
        section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let named: Vec<&str> = SecurityEvent::VARIANTS.iter().map(|event| event.as_str()).collect();
    assert_eq!(documented, named);
}
