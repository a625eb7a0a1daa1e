//! The counts that were accepted last, and the comparison with them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::process::Command;

use local_stack::workspace;
use serde_json::{Value, json};

/// How many percent more than in the baseline an operation may take: room for new releases of libraries and for small
/// changes. Counts of the same programs differ by less than one.
const ROOM: f64 = 10.0;

/// What to do about a count that is too high.
pub const REMEDY: &str = "If the cost is justified, accept it with `./dev bench instructions --accept` and commit \
     bench/instructions.json.";

/// Instructions of each operation.
pub type Counts = BTreeMap<String, u64>;

/// What counts are comparable on: another compiler or architecture generates other instructions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    architecture: String,
    compiler: String,
}

/// The accepted counts.
pub struct Baseline {
    pub platform: Platform,
    pub counts: Counts,
}

/// The comparison of one operation.
pub struct Verdict {
    name: String,
    /// `None`: it is in the baseline and was not counted.
    count: Option<u64>,
    /// `None`: it is not in the baseline.
    baseline: Option<u64>,
}

impl Platform {
    /// Returns that of this machine. The compiler is named without the last part of its version.
    pub fn current() -> Self {
        let output = Command::new("rustc").arg("--version").output().unwrap().stdout;
        let version = String::from_utf8(output).unwrap();
        let number = version.split_whitespace().nth(1).unwrap();
        let compiler = format!("rustc {}", number.rsplit_once('.').unwrap().0);
        Self { architecture: std::env::consts::ARCH.to_owned(), compiler }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.compiler, self.architecture)
    }
}

impl Baseline {
    pub fn read() -> Self {
        let text = std::fs::read_to_string(path()).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        let text = |name: &str| value[name].as_str().unwrap().to_owned();
        let counts = value["instructions"].as_object().unwrap().iter();
        Self {
            platform: Platform { architecture: text("architecture"), compiler: text("compiler") },
            counts: counts.map(|(name, count)| (name.clone(), count.as_u64().unwrap())).collect(),
        }
    }

    pub fn write(&self) {
        let Platform { architecture, compiler } = &self.platform;
        let value = json!({"architecture": architecture, "compiler": compiler, "instructions": self.counts});
        std::fs::write(path(), format!("{value:#}\n")).unwrap();
    }

    /// Compares counts with this baseline, each operation of either.
    pub fn compare(&self, counts: &Counts) -> Vec<Verdict> {
        let added = counts.keys().filter(|name| !self.counts.contains_key(*name));
        let verdict = |name: &String| Verdict {
            name: name.clone(),
            count: counts.get(name).copied(),
            baseline: self.counts.get(name).copied(),
        };
        self.counts.keys().chain(added).map(verdict).collect()
    }
}

fn path() -> PathBuf {
    workspace::root().unwrap().join("bench/instructions.json")
}

impl Verdict {
    /// The difference in percent of the baseline.
    fn difference(&self) -> Option<f64> {
        let (count, baseline) = (self.count?, self.baseline?);
        Some((count as f64 / baseline as f64 - 1.0) * 100.0)
    }

    /// Describes why the comparison fails, if it does.
    pub fn fault(&self) -> Option<String> {
        let name = &self.name;
        match (self.count, self.baseline) {
            (Some(count), Some(baseline)) => {
                let difference = self.difference().filter(|difference| *difference > ROOM)?;
                Some(format!(
                    "{name}: {count} instructions, {difference:.1} % more than the baseline of {baseline} ({ROOM} % are allowed)"
                ))
            }
            (Some(count), None) => {
                Some(format!("{name}: {count} instructions, and the baseline has no such operation"))
            }
            (None, _) => Some(format!("{name}: in the baseline, and not counted any more")),
        }
    }

    /// Suggests a new baseline if the operation takes notably fewer instructions: the old one would hide that it takes as
    /// many again.
    pub fn note(&self) -> Option<String> {
        let fewer = -self.difference()?;
        (fewer > ROOM).then(|| {
            format!("{}: {fewer:.1} % fewer instructions than the baseline. Run `./dev bench instructions --accept`.", self.name)
        })
    }

    /// The cells of its row in the table.
    pub fn cells(&self) -> [String; 4] {
        let number = |count: Option<u64>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
        let difference =
            self.difference().map_or_else(|| "-".to_owned(), |percent| format!("{percent:+.1} %"));
        [self.name.clone(), number(self.count), number(self.baseline), difference]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(counts: &[(&str, u64)]) -> Counts {
        counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    fn faults_and_notes(measured: &[(&str, u64)]) -> (Vec<String>, Vec<String>) {
        let platform = Platform { architecture: "x86_64".to_owned(), compiler: "rustc 1.95".to_owned() };
        let baseline = Baseline { platform, counts: counts(&[("mint", 2_000_000), ("verify", 100_000)]) };
        let verdicts = baseline.compare(&counts(measured));
        let collect = |of: fn(&Verdict) -> Option<String>| verdicts.iter().filter_map(of).collect();
        (collect(Verdict::fault), collect(Verdict::note))
    }

    #[test]
    fn an_operation_may_take_a_tenth_more_than_its_baseline() {
        let none: (Vec<String>, Vec<String>) = Default::default();
        assert_eq!(faults_and_notes(&[("mint", 2_000_000), ("verify", 109_000)]), none);
        assert_eq!(faults_and_notes(&[("mint", 1_820_000), ("verify", 91_000)]), none);
        let (faults, notes) = faults_and_notes(&[("mint", 2_000_000), ("verify", 111_000)]);
        let expected =
            "verify: 111000 instructions, 11.0 % more than the baseline of 100000 (10 % are allowed)";
        assert_eq!(faults, [expected]);
        assert!(notes.is_empty());
    }

    #[test]
    fn a_tenth_fewer_is_worth_a_note() {
        let (faults, notes) = faults_and_notes(&[("mint", 1_000_000), ("verify", 100_000)]);
        assert!(faults.is_empty());
        let [note] = &notes[..] else { panic!("{notes:?}") };
        assert!(note.starts_with("mint: 50.0 % fewer instructions"), "{note}");
    }

    #[test]
    fn an_operation_that_is_missing_on_one_side_is_a_fault() {
        let (faults, _) = faults_and_notes(&[("mint", 2_000_000), ("list", 1)]);
        assert_eq!(
            faults,
            [
                "verify: in the baseline, and not counted any more",
                "list: 1 instructions, and the baseline has no such operation",
            ]
        );
    }
}
