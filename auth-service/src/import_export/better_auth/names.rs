//! The names of a deployment's tables and columns. They are always quoted.

use std::collections::BTreeMap;

use crate::users::UserFields;

/// A table of Better Auth, and the columns that are read.
struct Model {
    name: &'static str,
    columns: &'static [&'static str],
}

/// The table that additional fields are columns of.
pub const USER: &str = "user";

const MODELS: [Model; 5] = [
    Model {
        name: USER,
        columns: &[
            "id",
            "name",
            "email",
            "emailVerified",
            "image",
            "createdAt",
            "updatedAt",
            "banned",
            "banReason",
            "banExpires",
            "twoFactorEnabled",
            "isAnonymous",
            "username",
            "displayUsername",
        ],
    },
    Model {
        name: "account",
        columns: &[
            "userId",
            "providerId",
            "password",
            "accountId",
            "accessToken",
            "refreshToken",
            "idToken",
            "accessTokenExpiresAt",
            "refreshTokenExpiresAt",
            "scope",
            "createdAt",
            "updatedAt",
        ],
    },
    Model {
        name: "session",
        columns: &["userId", "token", "createdAt", "updatedAt", "expiresAt", "ipAddress", "userAgent"],
    },
    Model { name: "twoFactor", columns: &["userId", "secret", "backupCodes", "verified"] },
    Model { name: "jwks", columns: &["id", "publicKey", "privateKey", "createdAt", "expiresAt", "alg"] },
];

/// The names of a deployment: Better Auth's defaults, unless the operator sets others.
#[derive(Debug, Clone, Default)]
pub struct Names {
    tables: BTreeMap<String, String>,
    columns: BTreeMap<String, String>,
}

impl Names {
    /// Reads `table=name` and `table.column=name`, where the name of a table may be `schema.name`. Fails if Better Auth
    /// has no such table or column. `fields` are the names of additional fields, which are columns of the table `user`.
    pub fn new(tables: &[String], columns: &[String], fields: &UserFields) -> Result<Self, String> {
        let mut names = Self::default();
        for given in tables {
            let (model, name) = pair(given)
                .ok_or_else(|| format!("--table {given}: must be TABLE=NAME, such as user=users"))?;
            if !MODELS.iter().any(|known| known.name == model) {
                let known: Vec<&str> = MODELS.iter().map(|known| known.name).collect();
                return Err(format!("--table {given}: {model} is not one of {}", known.join(", ")));
            }
            names.tables.insert(model.to_owned(), name.to_owned());
        }
        for given in columns {
            let (place, name) = pair(given).ok_or_else(|| {
                format!("--column {given}: must be TABLE.COLUMN=NAME, such as user.email=mail")
            })?;
            let known = place.split_once('.').is_some_and(|(model, column)| {
                MODELS.iter().any(|known| known.name == model && known.columns.contains(&column))
                    || model == USER && fields.find(column).is_some()
            });
            if !known {
                let mut known: Vec<String> = MODELS.iter().flat_map(Model::places).collect();
                known.extend(fields.names().map(|name| format!("{USER}.{name}")));
                return Err(format!("--column {given}: {place} is not one of {}", known.join(", ")));
            }
            names.columns.insert(place.to_owned(), name.to_owned());
        }
        Ok(names)
    }

    /// The quoted name of a table.
    pub fn table(&self, model: &str) -> String {
        let name = self.tables.get(model).map_or(model, String::as_str);
        name.split('.').map(quoted).collect::<Vec<_>>().join(".")
    }

    /// The name of a column, not quoted.
    pub fn column<'a>(&'a self, model: &str, column: &'a str) -> &'a str {
        self.columns.get(&format!("{model}.{column}")).map_or(column, String::as_str)
    }

    /// The names of the columns of a table that have a meaning of their own.
    pub fn known_columns(&self, model: &'static str) -> impl Iterator<Item = &str> {
        let known = MODELS.iter().filter(move |known| known.name == model);
        known.flat_map(move |known| known.columns.iter().map(move |column| self.column(model, column)))
    }

    /// Whether the operator set this name, so that the table or column must exist.
    pub fn is_set(&self, model: &str, column: Option<&str>) -> bool {
        match column {
            None => self.tables.contains_key(model),
            Some(column) => self.columns.contains_key(&format!("{model}.{column}")),
        }
    }
}

impl Model {
    fn places(&self) -> impl Iterator<Item = String> {
        self.columns.iter().map(|column| format!("{}.{column}", self.name))
    }
}

fn pair(given: &str) -> Option<(&str, &str)> {
    given.split_once('=').filter(|(place, name)| !place.is_empty() && !name.is_empty())
}

/// Quotes an SQL identifier.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_better_auths_unless_given_and_always_quoted() {
        let names = Names::default();
        assert_eq!(names.table("user"), "\"user\"");
        assert_eq!(names.column("user", "emailVerified"), "emailVerified");
        let given = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let names = Names::new(
            &given(&["user=app.users", "session=a\"; DROP TABLE x; --"]),
            &given(&["user.emailVerified=email_verified"]),
            &UserFields::default(),
        )
        .unwrap();
        assert_eq!(names.table("user"), "\"app\".\"users\"");
        assert_eq!(names.table("session"), "\"a\"\"; DROP TABLE x; --\"");
        assert_eq!(names.column("user", "emailVerified"), "email_verified");
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
        assert!(names.is_set("user", None) && !names.is_set("jwks", None));
    }

    #[test]
    fn an_unknown_table_or_column_is_refused_with_the_known_ones() {
        let one = |text: &str| vec![text.to_owned()];
        let fields: UserFields = r#"{"role": {"type": "string"}}"#.parse().unwrap();
        let names = |tables: &[String], columns: &[String]| Names::new(tables, columns, &fields);
        assert!(
            names(&one("users=people"), &[]).unwrap_err().contains("user, account, session, twoFactor, jwks")
        );
        let refusal = names(&[], &one("user.mail=m")).unwrap_err();
        assert!(refusal.contains("user.email,") && refusal.contains("user.role"), "{refusal}");
        assert_eq!(names(&[], &one("user.role=rank")).unwrap().column("user", "role"), "rank");
        assert!(names(&[], &one("account.role=rank")).is_err());
        for bad in ["", "user", "user=", "=x"] {
            assert!(names(&one(bad), &[]).is_err(), "{bad}");
            assert!(names(&[], &one(bad)).is_err(), "{bad}");
        }
    }
}
