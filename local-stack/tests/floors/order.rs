//! The order of the rooms of a crate.

use super::imports::Imports;
use super::source::Source;

/// The rooms of a crate by floors, the top floor first.
pub struct Floors<'a>(Vec<Vec<&'a str>>);

impl<'a> Floors<'a> {
    /// Reads a list with a line for each floor and commas between the rooms of a floor.
    pub fn parse(list: &'a str) -> Self {
        let floors = list.lines().map(str::trim).filter(|line| !line.is_empty());
        Self(floors.map(|line| line.split(',').map(str::trim).collect()).collect())
    }

    fn rooms(&self) -> impl Iterator<Item = &'a str> {
        self.0.iter().flatten().copied()
    }

    fn floor_of(&self, room: &str) -> Option<usize> {
        self.0.iter().position(|floor| floor.contains(&room))
    }

    /// The rooms that are on no floor, on two, or not in the crate.
    pub fn misplaced(&self, source: &Source) -> Vec<String> {
        let present = source.rooms();
        let count = |room: &str| self.rooms().filter(|listed| *listed == room).count();
        let unlisted = present.iter().filter(|room| count(room) == 0);
        let unlisted = unlisted.map(|room| format!("`{room}` is on no floor: add it to the list"));
        let missing = self.rooms().filter(|room| !present.contains(room));
        let missing = missing
            .map(|room| format!("`{room}` is on the list, but not in the crate: remove it from the list"));
        let repeated = present.iter().filter(|room| count(room) > 1);
        let repeated = repeated.map(|room| format!("`{room}` is on the list twice"));
        unlisted.chain(missing).chain(repeated).collect()
    }

    /// The imports that do not lead to a room of a lower floor.
    pub fn violations(&self, source: &Source, imports: &Imports) -> Vec<String> {
        let mut violations = Vec::new();
        for import in &imports.all {
            let (from, to) = (source.room_of(&import.from), source.room_of(&import.to));
            // `lib.rs` and `main.rs` are above all rooms. Tests may stand on what is made for tests.
            let Some(from) = from else { continue };
            if to == Some(from) || import.in_test && to == Some("testing") {
                continue;
            }
            let reason = match to {
                Some(to) => self.reason(from, to),
                None => Some(root_reason(source, imports, &import.to)),
            };
            if let Some(reason) = reason {
                violations.push(format!("{}: {}: {reason}", import.place, import.written));
            }
        }
        violations
    }

    /// Why `from` may not import `to`. `None` if it may, or if one of them is not listed.
    fn reason(&self, from: &str, to: &str) -> Option<String> {
        let (from_floor, to_floor) = (self.floor_of(from)?, self.floor_of(to)?);
        if from_floor < to_floor {
            None
        } else if from_floor == to_floor {
            Some(format!("{from} and {to} are on one floor: neither may import the other"))
        } else {
            Some(format!("{from} is below {to}: {to} may import {from}, not the reverse"))
        }
    }
}

fn root_reason(source: &Source, imports: &Imports, to: &[String]) -> String {
    let definition = imports.definition(source, to);
    if source.room_of(&definition).is_some() {
        format!("lib.rs, the top floor, only re-exports it: name crate::{}", definition.join("::"))
    } else {
        "lib.rs, the top floor, defines it: move it into a room".to_owned()
    }
}
