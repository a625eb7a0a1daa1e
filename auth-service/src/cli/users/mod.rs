//! `users`: looking up users, giving them access and taking it away.

mod acts;
mod args;
mod error;
mod list;
mod output;
mod password;
mod view;

use std::process::ExitCode;
use std::sync::Arc;

use service_kit::database::{self, DatabaseUrl, Timeouts};
use service_kit::telemetry;
use shared_claims::SystemClock;

use self::args::UsersCommand;
use self::error::UsersError;
use self::list::UserList;
use self::output::sessions;
use self::view::UserView;
use super::consent::Consent;
use super::output::{formatted, print};
use super::store_args::database_url;
use crate::administration::Administration;
use crate::server::NAME;

pub use args::UsersArgs;

/// Runs a command, prints its result and returns the exit code.
pub async fn run(args: UsersArgs) -> ExitCode {
    telemetry::init_to_stderr(args.log_format);
    match execute(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{NAME}: {error}");
            error.exit_code()
        }
    }
}

async fn execute(args: UsersArgs) -> Result<(), UsersError> {
    // Before anything is looked up.
    args.command.consent().map_or(Ok(()), Consent::check)?;
    let (url, file) = (args.database_url.as_ref(), args.database_url_file.as_deref());
    let address: DatabaseUrl = database_url::<UsersError>("DATABASE_URL", url, file)?;
    let pool = address.pool(1, Timeouts::COMMAND)?;
    database::wait_until_usable(&pool, &crate::migrations::runner(), NAME).await?;
    let administration = Administration { pool, clock: Arc::new(SystemClock) };
    Ok(print(&perform(&administration, args.command, args.json).await?)?)
}

/// Performs a command and returns what it prints.
async fn perform(
    administration: &Administration,
    command: UsersCommand,
    json: bool,
) -> Result<String, UsersError> {
    let now = administration.clock.now();
    let outcome = match command {
        UsersCommand::List(args) => {
            let (users, has_more) = administration.list(&args.filter(), args.limit).await?;
            let list = UserList::new(&users, has_more, now);
            return Ok(formatted(&list, json)?);
        }
        UsersCommand::Show { user, lifetime } => {
            let details = administration.details(&user.name(), lifetime.session_max_lifetime).await?;
            let view = UserView::detailed(&details, now);
            return Ok(formatted(&view, json)?);
        }
        UsersCommand::Sessions { user, lifetime } => {
            let details = administration.details(&user.name(), lifetime.session_max_lifetime).await?;
            return sessions(&details.sessions, json);
        }
        UsersCommand::Create(args) => acts::create(administration, args).await?,
        UsersCommand::Set { user, values, fields } => {
            acts::set(administration, &user.name(), &fields.user_fields, &values).await?
        }
        UsersCommand::SetPassword { user, passwords } => {
            acts::set_password(administration, &user.name(), &passwords).await?
        }
        UsersCommand::Ban(args) => acts::ban(administration, args).await?,
        UsersCommand::Unban { user } => acts::unban(administration, &user.name()).await?,
        UsersCommand::EndSessions { user, consent } => {
            acts::end_sessions(administration, &user.name(), &consent).await?
        }
        UsersCommand::RemoveSecondFactor { user, consent } => {
            acts::remove_second_factor(administration, &user.name(), &consent).await?
        }
        UsersCommand::Delete { user, consent } => {
            acts::delete(administration, &user.name(), &consent).await?
        }
    };
    Ok(formatted(&outcome, json)?)
}
