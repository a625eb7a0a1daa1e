//! The options of `users`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use service_kit::settings;
use service_kit::telemetry::LogFormat;

use super::super::consent::Consent;
use super::super::time::time;
use super::password::PasswordArgs;
use crate::administration::UserRef;
use crate::config::lifetime;
use crate::protocol::email_address::{Email, MAX_EMAIL};
use crate::users::{MAX_BAN_REASON, MAX_NAME, UserFields, UserFilter};

/// Maximum of `--limit`: some hundred kilobytes of output.
const MAX_LIMIT: i64 = 1000;

/// Options of `users`.
#[derive(Args)]
pub struct UsersArgs {
    /// PostgreSQL database `auth`, as the service role
    #[arg(long, env, hide_env_values = true)]
    pub(super) database_url: Option<SecretString>,
    /// File that contains DATABASE_URL
    #[arg(long, env, value_parser = settings::file_path())]
    pub(super) database_url_file: Option<PathBuf>,
    /// Format of the log, which is written to standard error
    #[arg(long, env, value_enum, default_value = "text")]
    pub(super) log_format: LogFormat,
    /// Print JSON
    #[arg(long, global = true)]
    pub(super) json: bool,
    #[command(subcommand)]
    pub(super) command: UsersCommand,
}

#[derive(Subcommand)]
pub(super) enum UsersCommand {
    /// List users by email
    List(ListArgs),
    /// Show a user
    Show {
        #[command(flatten)]
        user: UserArg,
        #[command(flatten)]
        lifetime: LifetimeArg,
    },
    /// List the live sessions of a user, oldest first
    Sessions {
        #[command(flatten)]
        user: UserArg,
        #[command(flatten)]
        lifetime: LifetimeArg,
    },
    /// Create a user, with a password from the terminal or from the first line of standard input
    Create(CreateArgs),
    /// Set additional fields of a user, as USER_FIELDS describes them. Revokes the user's access tokens, so that new ones are
    /// issued
    Set {
        #[command(flatten)]
        user: UserArg,
        /// Name and value. Without a value, the field gets its default
        #[arg(value_name = "NAME=VALUE", required = true, value_parser = field_value)]
        values: Vec<FieldValue>,
        #[command(flatten)]
        fields: FieldsArg,
    },
    /// Set the password of a user, from the terminal or from the first line of standard input. Ends all sessions
    SetPassword {
        #[command(flatten)]
        user: UserArg,
        #[command(flatten)]
        passwords: PasswordArgs,
    },
    /// Ban a user: end all sessions and prevent new ones. Replaces an earlier ban
    Ban(BanArgs),
    /// Remove the ban of a user
    Unban {
        #[command(flatten)]
        user: UserArg,
    },
    /// End all sessions of a user, who can sign in again
    EndSessions {
        #[command(flatten)]
        user: UserArg,
        #[command(flatten)]
        consent: Consent,
    },
    /// Remove the second factor of a user who has lost it, with the backup codes and the trusted devices. Ends all sessions
    RemoveSecondFactor {
        #[command(flatten)]
        user: UserArg,
        #[command(flatten)]
        consent: Consent,
    },
    /// Delete a user with the password and the sessions. This cannot be undone
    Delete {
        #[command(flatten)]
        user: UserArg,
        #[command(flatten)]
        consent: Consent,
    },
}

impl UsersCommand {
    /// How the operator consents to a command that takes something away.
    pub(super) fn consent(&self) -> Option<&Consent> {
        match self {
            Self::Ban(BanArgs { consent, .. })
            | Self::EndSessions { consent, .. }
            | Self::RemoveSecondFactor { consent, .. }
            | Self::Delete { consent, .. } => Some(consent),
            Self::List(_)
            | Self::Show { .. }
            | Self::Sessions { .. }
            | Self::Create(_)
            | Self::Set { .. }
            | Self::SetPassword { .. }
            | Self::Unban { .. } => None,
        }
    }
}

#[derive(Args)]
pub(super) struct ListArgs {
    /// Only users with this text in the email or the name, in upper or lower case
    #[arg(long)]
    search: Option<String>,
    /// Only users who are banned now
    #[arg(long)]
    banned: bool,
    /// Only users whose email comes after this one, which is the last of the previous page
    #[arg(long, value_parser = email)]
    after: Option<Email>,
    /// Maximum number of users
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=MAX_LIMIT))]
    pub(super) limit: u16,
}

impl ListArgs {
    pub(super) fn filter(&self) -> UserFilter {
        UserFilter { search: self.search.clone(), banned: self.banned, after: self.after.clone() }
    }
}

#[derive(Args)]
pub(super) struct UserArg {
    /// Id or email of the user, or @ and the username
    // An imported id may begin with a hyphen.
    #[arg(allow_hyphen_values = true)]
    user: String,
}

impl UserArg {
    pub(super) fn name(&self) -> UserRef {
        UserRef::parse(&self.user)
    }
}

/// A field and what it is set to.
#[derive(Debug, Clone)]
pub(super) struct FieldValue {
    pub(super) name: String,
    pub(super) text: String,
}

fn field_value(argument: &str) -> Result<FieldValue, String> {
    let (name, text) = argument.split_once('=').ok_or("must be NAME=VALUE")?;
    Ok(FieldValue { name: name.to_owned(), text: text.to_owned() })
}

#[derive(Args)]
pub(super) struct FieldsArg {
    /// Additional fields of users, as for `serve`
    #[arg(long, env, default_value = "")]
    pub(super) user_fields: UserFields,
}

#[derive(Args)]
pub(super) struct LifetimeArg {
    /// Maximum lifetime of a session, as for `serve` [default: unlimited]
    #[arg(long, env, value_parser = lifetime)]
    pub(super) session_max_lifetime: Option<SignedDuration>,
}

#[derive(Args)]
pub(super) struct CreateArgs {
    /// Email of the user
    #[arg(value_parser = new_email)]
    pub(super) email: Email,
    /// Name of the user
    #[arg(long, value_parser = name)]
    pub(super) name: String,
    /// Mark the email as verified
    #[arg(long)]
    pub(super) verified: bool,
    /// Set no password. The user sets one by a link for a forgotten password
    #[arg(long)]
    pub(super) no_password: bool,
    #[command(flatten)]
    pub(super) passwords: PasswordArgs,
}

#[derive(Args)]
pub(super) struct BanArgs {
    #[command(flatten)]
    pub(super) user: UserArg,
    /// Why, for operators. The user does not see it
    #[arg(long, value_parser = reason)]
    pub(super) reason: Option<String>,
    /// When the ban ends: 2026-12-24T08:00:00Z, or a date, which means midnight in UTC [default: never]
    #[arg(long, value_parser = time)]
    pub(super) until: Option<Timestamp>,
    #[command(flatten)]
    pub(super) consent: Consent,
}

fn email(text: &str) -> Result<Email, String> {
    Email::parse(text).ok_or_else(|| "is not an email".to_owned())
}

fn new_email(text: &str) -> Result<Email, String> {
    if text.len() > MAX_EMAIL {
        return Err(format!("is longer than {MAX_EMAIL} characters"));
    }
    email(text)
}

fn name(text: &str) -> Result<String, String> {
    if text.encode_utf16().count() > MAX_NAME || text.contains('\0') {
        return Err(format!("must have up to {MAX_NAME} characters"));
    }
    Ok(text.to_owned())
}

fn reason(text: &str) -> Result<String, String> {
    // PostgreSQL cannot store a NUL, and a line break would end the line that shows it.
    if text.chars().count() > MAX_BAN_REASON || text.contains(char::is_control) {
        return Err(format!("must be one line of up to {MAX_BAN_REASON} characters"));
    }
    Ok(text.to_owned())
}
