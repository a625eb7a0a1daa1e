//! Out of a CSV file with a header row. A line that does not fit is told by its number, and the rest comes.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord};
use jiff::Timestamp;

use super::account::NewAccount;
use super::error::TransferError;
use super::progress::Progress;
use super::reason::Reason;
use super::target::Target;

/// The columns, in the order an export writes them. Only `email` is needed.
pub const COLUMNS: [&str; 9] = [
    "id",
    "email",
    "name",
    "email_verified",
    "image",
    "password_hash",
    "password_scheme",
    "created_at",
    "updated_at",
];
const EMAIL: &str = "email";
/// What spreadsheets put before the first column's name.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Copies the users of a file, `batch` of them in a transaction.
///
/// # Errors
/// When the file cannot be read, has unknown columns or none for the address; or the database cannot.
pub async fn import(path: &Path, target: &mut Target, batch: u16) -> Result<(), TransferError> {
    let file =
        std::fs::File::open(path).map_err(|source| TransferError::File { path: path.to_owned(), source })?;
    let bad = |problem: String| TransferError::Csv { path: path.to_owned(), problem };
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(std::io::BufReader::new(file));
    let header = reader.headers().map_err(|error| bad(error.to_string()))?;
    let columns = Columns::of(header).map_err(bad)?;
    let mut progress = Progress::new("lines", None);
    let mut accounts = Vec::with_capacity(batch.into());
    for record in reader.into_records() {
        accounts.push(match record {
            Ok(record) => columns.account(&record),
            Err(error) if error.is_io_error() => return Err(bad(error.to_string())),
            // Not UTF-8.
            Err(error) => unreadable(error.position().map_or(0, csv::Position::line)),
        });
        if accounts.len() >= usize::from(batch) {
            progress.add(accounts.len() as u64);
            target.take(std::mem::take(&mut accounts)).await?;
        }
    }
    progress.add(accounts.len() as u64);
    target.take(accounts).await?;
    progress.finish();
    Ok(())
}

fn unreadable(line: u64) -> NewAccount {
    NewAccount { label: label(line), stays: Some(Reason::Unreadable), ..NewAccount::default() }
}

fn label(line: u64) -> String {
    format!("line {line}")
}

/// Which of the columns stands where.
struct Columns {
    places: [Option<usize>; COLUMNS.len()],
    count: usize,
}

impl Columns {
    /// A column with a name that is not known may be a known one misspelt, so it is refused.
    fn of(header: &StringRecord) -> Result<Self, String> {
        let mut columns = Self { places: [None; COLUMNS.len()], count: header.len() };
        for (place, name) in header.iter().enumerate() {
            let name = name.trim_start_matches(BYTE_ORDER_MARK).trim();
            let known = COLUMNS.iter().position(|known| *known == name);
            let slot = known.and_then(|known| columns.places.get_mut(known)).ok_or_else(|| {
                format!("unknown column {name:?}; the header row may hold {}", COLUMNS.join(", "))
            })?;
            if slot.replace(place).is_some() {
                return Err(format!("the column {name} stands there twice"));
            }
        }
        if columns.place(EMAIL).is_none() {
            return Err(format!("no column {EMAIL}; the first line must name the columns"));
        }
        Ok(columns)
    }

    fn place(&self, name: &str) -> Option<usize> {
        let known = COLUMNS.iter().position(|known| *known == name)?;
        *self.places.get(known)?
    }

    fn account(&self, record: &StringRecord) -> NewAccount {
        let line = record.position().map_or(0, csv::Position::line);
        self.read(record, line).unwrap_or_else(|| unreadable(line))
    }

    /// `None` when the line has more or fewer fields than the header, or a field is not what it should be.
    fn read(&self, record: &StringRecord, line: u64) -> Option<NewAccount> {
        if record.len() != self.count {
            return None;
        }
        let text = |name: &str| self.place(name).and_then(|place| record.get(place)).unwrap_or_default();
        let given = |name: &str| Some(text(name)).filter(|text| !text.is_empty()).map(str::to_owned);
        if [text("password_hash"), text("id")].iter().any(|text| text.contains('\0')) {
            return None;
        }
        Some(NewAccount {
            label: label(line),
            id: given("id"),
            email: given(EMAIL),
            name: given("name"),
            email_verified: truth(text("email_verified"))?,
            image: given("image"),
            created_at: moment(text("created_at"))?,
            updated_at: moment(text("updated_at"))?,
            password: given("password_hash").map(Into::into),
            scheme: given("password_scheme"),
            ..NewAccount::default()
        })
    }
}

fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "1" | "yes" => Some(true),
        "" | "false" | "f" | "0" | "no" => Some(false),
        _ => None,
    }
}

/// RFC 3339, also with a space in the middle and a short offset, as PostgreSQL writes it.
fn moment(text: &str) -> Option<Option<Timestamp>> {
    if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<NewAccount>, String> {
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let columns = Columns::of(reader.headers().unwrap())?;
        Ok(reader.into_records().map(|record| columns.account(&record.unwrap())).collect())
    }

    #[test]
    fn columns_stand_in_any_order_and_only_the_address_is_needed() {
        let text = "\u{feff}email,name,email_verified,created_at\na@b.co,\"A, \"\"B\"\"\",yes,2024-01-02 03:04:05+00\n";
        let accounts = read(text).unwrap();
        let [only] = accounts.as_slice() else { panic!("{}", accounts.len()) };
        assert_eq!(only.label, "line 2");
        assert_eq!(only.name.as_deref(), Some("A, \"B\""));
        assert!(only.email_verified && only.id.is_none() && only.password.is_none());
        assert_eq!(only.created_at, Some("2024-01-02T03:04:05Z".parse().unwrap()));
    }

    #[test]
    fn a_bad_line_is_told_by_its_number_and_the_rest_comes() {
        let text = "email,email_verified,created_at\n\
                    a@b.co,maybe,\nb@b.co,,yesterday\nc@b.co,true\n\"d@b.co\",1,2024-01-02T03:04:05Z\n";
        let stays: Vec<_> = read(text).unwrap().into_iter().map(|one| (one.label, one.stays)).collect();
        let bad = |line: u64| (label(line), Some(Reason::Unreadable));
        assert_eq!(stays, [bad(2), bad(3), bad(4), (label(5), None)]);
    }

    #[test]
    fn a_header_that_may_be_misspelt_is_refused() {
        for (header, word) in [
            ("email,emailVerified\n", "emailVerified"),
            ("id,name\n", "no column email"),
            ("email,email\n", "twice"),
            ("a@b.co,A\n", "a@b.co"),
            ("", "no column email"),
        ] {
            let problem = read(header).err().unwrap();
            assert!(problem.contains(word), "{header}: {problem}");
        }
    }
}
