//! Additional fields, which are columns of the table of users.

use std::collections::BTreeSet;

use super::names::{Names, USER};
use super::tables::Table;
use crate::import_export::error::TransferError;
use crate::import_export::target::Target;

/// The values of the described fields as a JSON object, of the table with the alias `u`. Notes the fields that the table does
/// not have, and the columns that nothing describes.
pub fn expression(user: &Table<'_>, names: &Names, target: &mut Target) -> Result<String, TransferError> {
    let report = &mut target.report.fields;
    let mut known: BTreeSet<&str> = names.known_columns(USER).collect();
    let mut members = Vec::new();
    for name in target.settings.fields.names() {
        let column = names.column(USER, name);
        if !names.is_set(USER, Some(name)) && !user.columns().any(|existing| existing == column) {
            report.missing.insert(name.to_owned());
            continue;
        }
        known.insert(column);
        members.push(format!("'{name}', to_jsonb(u.{})", user.column(name)?));
    }
    report.unknown.extend(user.columns().filter(|column| !known.contains(column)).map(str::to_owned));
    Ok(format!("jsonb_build_object({})", members.join(", ")))
}
