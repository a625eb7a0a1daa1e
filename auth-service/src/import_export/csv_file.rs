//! Imports the users of a CSV file with a header row. Invalid lines are reported by number; the rest are imported.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::account::{NewAccount, NewBan};
use super::error::TransferError;
use super::links::ForeignLink;
use super::second_factors::{ForeignFactor, base32};
use super::target::Target;
use crate::progress::Progress;
use crate::users::UserFields;

/// The columns, in the order an export writes them. Only `email` is required.
pub const COLUMNS: [&str; 19] = [
    "id",
    "email",
    "name",
    "email_verified",
    "image",
    "password_hash",
    "password_scheme",
    "created_at",
    "updated_at",
    "banned",
    "banned_at",
    "ban_expires",
    "ban_reason",
    "username",
    "display_username",
    SECOND_FACTOR,
    TOTP_SECRET,
    FIELDS,
    LINKED_ACCOUNTS,
];
const EMAIL: &str = "email";
/// The second factor: [`APP`], [`MAIL`], or nothing.
const SECOND_FACTOR: &str = "second_factor";
/// An authenticator app.
pub const APP: &str = "app";
/// Codes by mail.
pub const MAIL: &str = "mail";
/// The key of an authenticator app, in Base32.
const TOTP_SECRET: &str = "totp_secret";
/// Additional fields: a JSON object. Columns with the names of fields do as well.
const FIELDS: &str = "fields";
/// Accounts at identity providers: a JSON array of [`Link`]s.
const LINKED_ACCOUNTS: &str = "linked_accounts";
/// Some spreadsheets write it before the name of the first column.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Imports the users of a file, `batch` of them in a transaction. Fails if the file has unknown columns or no emails.
pub async fn import(path: &Path, target: &mut Target, batch: u16) -> Result<(), TransferError> {
    let file =
        std::fs::File::open(path).map_err(|source| TransferError::File { path: path.to_owned(), source })?;
    let bad = |problem: String| TransferError::Csv { path: path.to_owned(), problem };
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(std::io::BufReader::new(file));
    let header = reader.headers().map_err(|error| bad(error.to_string()))?;
    let columns = Columns::of(header, &target.settings.fields).map_err(bad)?;
    let mut progress = Progress::new(target.progress, "lines", None);
    let mut accounts = Vec::with_capacity(batch.into());
    for record in reader.into_records() {
        accounts.push(match record {
            Ok(record) => columns.account(&record),
            Err(error) if error.is_io_error() => return Err(bad(error.to_string())),
            // Not UTF-8.
            Err(error) => NewAccount::unreadable(label(error.position())),
        });
        if accounts.len() >= usize::from(batch) {
            progress.add(accounts.len() as u64);
            target.import(std::mem::take(&mut accounts)).await?;
        }
    }
    progress.add(accounts.len() as u64);
    target.import(accounts).await?;
    progress.finish();
    Ok(())
}

fn label(position: Option<&csv::Position>) -> String {
    format!("line {}", position.map_or(0, csv::Position::line))
}

/// The order of the columns in a file.
struct Columns {
    places: [Option<usize>; COLUMNS.len()],
    /// Those of additional fields.
    fields: Vec<(String, usize)>,
    count: usize,
}

/// An account at an identity provider, as an export writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    provider: String,
    subject: String,
    #[serde(default)]
    scopes: Vec<String>,
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
}

impl Columns {
    /// An unknown column may be a misspelled one, so it is refused.
    fn of(header: &StringRecord, described: &UserFields) -> Result<Self, String> {
        let (places, fields) = ([None; COLUMNS.len()], Vec::new());
        let mut columns = Self { places, fields, count: header.len() };
        for (place, name) in header.iter().enumerate() {
            let name = name.trim_start_matches(BYTE_ORDER_MARK).trim();
            // A deployment without usernames may have a field with that name.
            let known = COLUMNS.iter().position(|known| *known == name);
            let known = known.filter(|_| described.find(name).is_none());
            let is_again = match known.and_then(|known| columns.places.get_mut(known)) {
                Some(slot) => slot.replace(place).is_some(),
                None if described.find(name).is_some() => {
                    let is_again = columns.fields.iter().any(|(known, _)| known == name);
                    columns.fields.push((name.to_owned(), place));
                    is_again
                }
                None => {
                    let known = COLUMNS.join(", ");
                    return Err(format!(
                        "unknown column {name:?}. The columns are {known}, and the names of USER_FIELDS"
                    ));
                }
            };
            if is_again {
                return Err(format!("the column {name} appears twice"));
            }
        }
        if columns.place(EMAIL).is_none() {
            return Err(format!("no column {EMAIL}. The first line must name the columns"));
        }
        Ok(columns)
    }

    fn place(&self, name: &str) -> Option<usize> {
        let known = COLUMNS.iter().position(|known| *known == name)?;
        *self.places.get(known)?
    }

    fn account(&self, record: &StringRecord) -> NewAccount {
        self.read(record).unwrap_or_else(|| NewAccount::unreadable(label(record.position())))
    }

    /// Reads a line. `None` if it has more or fewer fields than the header, or an invalid boolean, time or JSON.
    fn read(&self, record: &StringRecord) -> Option<NewAccount> {
        if record.len() != self.count {
            return None;
        }
        let text = |name: &str| self.place(name).and_then(|place| record.get(place)).unwrap_or_default();
        let owned = |name: &str| Some(text(name).to_owned());
        if [text("password_hash"), text("id")].iter().any(|text| text.contains('\0')) {
            return None;
        }
        let ban = NewBan {
            since: time(text("banned_at"))?,
            until: time(text("ban_expires"))?,
            reason: owned("ban_reason"),
        };
        Some(NewAccount {
            label: label(record.position()),
            id: owned("id"),
            email: owned(EMAIL),
            name: owned("name"),
            email_verified: boolean(text("email_verified"))?,
            image: owned("image"),
            created_at: time(text("created_at"))?,
            updated_at: time(text("updated_at"))?,
            password: owned("password_hash").map(Into::into),
            scheme: owned("password_scheme"),
            ban: boolean(text("banned"))?.then_some(ban),
            username: owned("username"),
            display_username: owned("display_username"),
            second_factor: second_factor(text(SECOND_FACTOR), text(TOTP_SECRET))?,
            links: links(text(LINKED_ACCOUNTS))?,
            fields: self.fields(text(FIELDS), record)?,
            ..NewAccount::default()
        })
    }

    /// The additional fields, of which an empty text is none.
    fn fields(&self, object: &str, record: &StringRecord) -> Option<Map<String, Value>> {
        let mut fields: Map<String, Value> =
            if object.is_empty() { Map::new() } else { serde_json::from_str(object).ok()? };
        for (name, place) in &self.fields {
            let text = record.get(*place).unwrap_or_default();
            if !text.is_empty() {
                fields.insert(name.clone(), text.into());
            }
        }
        Some(fields)
    }
}

/// An app without its key is lost.
fn second_factor(kind: &str, secret: &str) -> Option<ForeignFactor> {
    match (kind, secret) {
        ("", "") => Some(ForeignFactor::None),
        (MAIL, "") => Some(ForeignFactor::Mail),
        (APP, "") => Some(ForeignFactor::Lost),
        (APP | "", secret) => {
            let key = base32(secret).filter(|key| !key.expose().is_empty())?;
            Some(ForeignFactor::App { key, backup_codes: None })
        }
        _ => None,
    }
}

fn links(text: &str) -> Option<Vec<ForeignLink>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let links: Vec<Link> = serde_json::from_str(text).ok()?;
    let link = |Link { provider, subject, scopes, created_at, updated_at }| ForeignLink {
        provider,
        subject,
        scopes,
        created_at,
        updated_at,
        ..ForeignLink::default()
    };
    Some(links.into_iter().map(link).collect())
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "1" | "yes" => Some(true),
        "" | "false" | "f" | "0" | "no" => Some(false),
        _ => None,
    }
}

/// RFC 3339, or the format of PostgreSQL with a space in the middle and a short offset.
fn time(text: &str) -> Option<Option<Timestamp>> {
    if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import_export::reason::SkipReason;

    fn read(text: &str) -> Result<Vec<NewAccount>, String> {
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let described = r#"{"role": {"type": "string"}, "age": {"type": "number"}}"#.parse().unwrap();
        let columns = Columns::of(reader.headers().unwrap(), &described)?;
        Ok(reader.into_records().map(|record| columns.account(&record.unwrap())).collect())
    }

    #[test]
    fn columns_have_any_order_and_only_the_email_is_required() {
        let text = "\u{feff}email,name,email_verified,created_at\na@b.co,\"A, \"\"B\"\"\",yes,2024-01-02 03:04:05+00\n";
        let accounts = read(text).unwrap();
        let [only] = accounts.as_slice() else { panic!("{}", accounts.len()) };
        assert_eq!(only.label, "line 2");
        assert_eq!(only.name.as_deref(), Some("A, \"B\""));
        assert!(only.email_verified);
        assert_eq!(only.created_at, Some("2024-01-02T03:04:05Z".parse().unwrap()));
    }

    #[test]
    fn an_invalid_line_is_reported_by_its_number_and_the_rest_are_read() {
        let text = "email,email_verified,created_at\n\
                    a@b.co,maybe,\nb@b.co,,yesterday\nc@b.co,true\n\"d@b.co\",1,2024-01-02T03:04:05Z\n";
        let accounts = read(text).unwrap();
        let skipped: Vec<_> = accounts.iter().map(|account| (account.label.as_str(), account.skip)).collect();
        let unreadable = Some(SkipReason::Unreadable);
        assert_eq!(
            skipped,
            [("line 2", unreadable), ("line 3", unreadable), ("line 4", unreadable), ("line 5", None)]
        );
    }

    #[test]
    fn fields_and_linked_accounts_are_read_from_their_columns() {
        let text = "email,role,fields,linked_accounts,age\n\
                    a@b.co,admin,\"{\"\"age\"\":7,\"\"role\"\":\"\"user\"\"}\",\"[{\"\"provider\"\":\"\"google\"\",\"\"subject\"\":\"\"1\"\"}]\",\n\
                    b@b.co,,,,7\nc@b.co,,[],,\nd@b.co,,,{},\n\
                    e@b.co,,,\"[{\"\"provider\"\":\"\"google\"\",\"\"subject\"\":\"\"1\"\",\"\"token\"\":\"\"x\"\"}]\",\n";
        let accounts = read(text).unwrap();
        let skipped: Vec<_> = accounts.iter().map(|account| account.skip.is_some()).collect();
        assert_eq!(skipped, [false, false, true, true, true]);
        assert_eq!(Value::Object(accounts[0].fields.clone()), serde_json::json!({"age": 7, "role": "admin"}));
        assert_eq!((accounts[0].links[0].provider.as_str(), accounts[0].links.len()), ("google", 1));
        assert_eq!(Value::Object(accounts[1].fields.clone()), serde_json::json!({"age": "7"}), "typed later");
    }

    #[test]
    fn a_second_factor_has_its_kind_and_the_key_of_an_app() {
        let text = "email,second_factor,totp_secret\na@b.co,app,MFRGG\nb@b.co,,mfrgg===\nc@b.co,app,\nd@b.co,mail,\n\
                    e@b.co,,\nf@b.co,sms,\ng@b.co,app,!\nh@b.co,mail,MFRGG\n";
        let accounts = read(text).unwrap();
        let kinds: Vec<_> = accounts
            .iter()
            .map(|account| match (&account.skip, &account.second_factor) {
                (Some(_), _) => "unreadable",
                (None, ForeignFactor::None) => "none",
                (None, ForeignFactor::Lost) => "lost",
                (None, ForeignFactor::Mail) => "mail",
                (None, ForeignFactor::App { .. }) => "app",
            })
            .collect();
        assert_eq!(kinds, ["app", "app", "lost", "mail", "none", "unreadable", "unreadable", "unreadable"]);
    }

    #[test]
    fn a_header_that_may_be_misspelt_is_refused() {
        for (header, word) in [
            ("email,emailVerified\n", "emailVerified"),
            ("id,name\n", "no column email"),
            ("email,email\n", "twice"),
            ("email,age,age\n", "twice"),
            ("email,plan\n", "plan"),
            ("a@b.co,A\n", "a@b.co"),
            ("", "no column email"),
        ] {
            let problem = read(header).err().unwrap();
            assert!(problem.contains(word), "{header}: {problem}");
        }
    }
}
