//! `import` and `export`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use jiff::SignedDuration;
use secrecy::SecretString;
use service_kit::database::{self, DatabaseUrl, Timeouts};
use service_kit::secret::{self, SecretError};
use service_kit::settings;
use shared_claims::{Clock, SharedClock, SystemClock};

use super::import_settings::SettingsArgs;
use super::output::{formatted, print};
use super::store_args::{StoreArgs, database_url};
use crate::import_export::{
    BetterAuth, Export, KeyOptions, Names, SourceSecrets, Target, TargetSettings, TransferError, import_csv,
    import_supabase,
};
use crate::progress::ProgressOutput;
use crate::server::NAME;

/// The source of an import.
#[derive(Subcommand)]
pub enum ImportCommand {
    /// Import users, passwords, linked accounts, sessions and keys of a Better Auth deployment on PostgreSQL
    BetterAuth(Box<BetterAuthArgs>),
    /// Import users of a CSV file with a header row: id, email, name, email_verified, image, password_hash,
    /// password_scheme, created_at, updated_at, banned, banned_at, ban_expires, ban_reason, username,
    /// display_username, fields, linked_accounts, and the
    /// names of USER_FIELDS. Only email is required
    Csv(CsvArgs),
    /// Import users of a Supabase project from its table auth.users
    Supabase(SupabaseArgs),
}

/// Options of every import.
#[derive(Args)]
struct TargetArgs {
    /// PostgreSQL database `auth` to import into, as the service role
    #[arg(long, env, hide_env_values = true)]
    database_url: Option<SecretString>,
    /// File that contains DATABASE_URL
    #[arg(long, env, value_parser = settings::file_path())]
    database_url_file: Option<PathBuf>,
    /// Read and validate everything, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Also write the report to this file, as JSON with the ids of all accounts that are not imported in full
    #[arg(long)]
    report: Option<PathBuf>,
    /// Number of accounts in one transaction
    #[arg(long, default_value = "500", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    batch_size: u16,
    /// Print the report as JSON, and no progress
    #[arg(long)]
    json: bool,
}

/// Options of an import from a database.
#[derive(Args)]
struct SourceArgs {
    /// Database to import from: postgres://user:...@host/database. It is only read
    #[arg(long = "from", env = "SOURCE_DATABASE_URL", hide_env_values = true)]
    source_database_url: Option<SecretString>,
    /// File that contains SOURCE_DATABASE_URL
    #[arg(long = "from-file", env = "SOURCE_DATABASE_URL_FILE", value_parser = settings::file_path())]
    source_database_url_file: Option<PathBuf>,
}

/// Options of `import better-auth`.
#[derive(Args)]
pub struct BetterAuthArgs {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    settings: SettingsArgs,
    /// Name of a table: user=users, session=auth.sessions. Can be repeated
    #[arg(long = "table", value_name = "TABLE=NAME")]
    tables: Vec<String>,
    /// Name of a column: user.emailVerified=email_verified. Can be repeated
    #[arg(long = "column", value_name = "TABLE.COLUMN=NAME")]
    columns: Vec<String>,
    /// Secret of the deployment, which decrypts its private keys and tokens. Without it, only public keys and tokens that are not
    /// encrypted are imported
    #[arg(long = "secret", env = "BETTER_AUTH_SECRET", hide_env_values = true)]
    better_auth_secret: Option<SecretString>,
    /// File that contains BETTER_AUTH_SECRET
    #[arg(long = "secret-file", env = "BETTER_AUTH_SECRET_FILE", value_parser = settings::file_path())]
    better_auth_secret_file: Option<PathBuf>,
    /// Secrets of the deployment, if it has several: 2:new,1:old
    #[arg(long = "secrets", env = "BETTER_AUTH_SECRETS", hide_env_values = true)]
    better_auth_secrets: Option<SecretString>,
    /// Don't import sessions: everybody has to sign in again
    #[arg(long)]
    without_sessions: bool,
    /// Don't import keys: issued tokens stop working
    #[arg(long)]
    without_keys: bool,
    /// Don't import keys that are not RS256
    #[arg(long)]
    rs256_only: bool,
    /// How long the imported keys are published: longer than the lifetime of the deployment's tokens
    #[arg(long, default_value = "168h", value_parser = settings::duration)]
    publish_keys_for: std::time::Duration,
    /// How long the deployment publishes an expired key: its `jwks.gracePeriod`
    #[arg(long, default_value = "720h", value_parser = settings::duration)]
    key_grace: std::time::Duration,
}

/// Options of `import csv`.
#[derive(Args)]
pub struct CsvArgs {
    /// File to import
    #[arg(long)]
    file: PathBuf,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    settings: SettingsArgs,
}

/// Options of `import supabase`.
#[derive(Args)]
pub struct SupabaseArgs {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    target: TargetArgs,
}

/// Options of `export`.
#[derive(Args)]
pub struct ExportArgs {
    /// Directory to write to. It must be new or empty
    #[arg(long)]
    to: PathBuf,
    /// Also export private keys. Anybody who can read them can sign tokens
    #[arg(long)]
    private_keys: bool,
    /// Also export the keys of authenticator apps. Anybody who can read them has the second factor of every user
    #[arg(long)]
    with_secrets: bool,
    /// Print JSON, and no progress
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArgs,
}

/// Runs an import and prints its report.
pub async fn import(command: ImportCommand) -> Result<(), TransferError> {
    match command {
        ImportCommand::BetterAuth(args) => {
            let (source, plan) = (args.source.address()?, args.plan()?);
            let mut run = Run::begin(&args.target, args.settings.settings()?, "better-auth").await?;
            let now = run.now();
            let outcome = plan.import(&source, &mut run.target, now).await;
            run.end(outcome)
        }
        ImportCommand::Csv(args) => {
            let mut run = Run::begin(&args.target, args.settings.settings()?, "csv").await?;
            let outcome = import_csv(&args.file, &mut run.target, args.target.batch_size).await;
            run.end(outcome)
        }
        ImportCommand::Supabase(args) => {
            let source = args.source.address()?;
            let mut run = Run::begin(&args.target, TargetSettings::none(), "supabase").await?;
            let now = run.now();
            let outcome = import_supabase(&source, &mut run.target, args.target.batch_size, now).await;
            run.end(outcome)
        }
    }
}

/// Runs an export and prints what it wrote.
pub async fn export(args: ExportArgs) -> Result<(), TransferError> {
    let source = args.store.address::<TransferError>()?;
    let encryption = args.store.encryption()?;
    let progress = ProgressOutput::unless(args.json);
    let (private_keys, secrets) = (args.private_keys, args.with_secrets);
    let export = Export { to: args.to, encryption, private_keys, secrets, progress };
    let pool = source.pool(1, Timeouts::COMMAND)?;
    database::wait_until_usable(&pool, &crate::migrations::runner(), NAME).await?;
    let summary = export.run(&source, SystemClock.now()).await?;
    Ok(print(&formatted(&summary, args.json)?)?)
}

/// A running import.
struct Run {
    target: Target,
    clock: SharedClock,
    report: Option<PathBuf>,
    json: bool,
}

impl Run {
    async fn begin(
        args: &TargetArgs,
        settings: TargetSettings,
        source: &'static str,
    ) -> Result<Self, TransferError> {
        let (url, file) = (args.database_url.as_ref(), args.database_url_file.as_deref());
        let pool = database_url::<TransferError>("DATABASE_URL", url, file)?.pool(1, Timeouts::COMMAND)?;
        database::wait_until_usable(&pool, &crate::migrations::runner(), NAME).await?;
        let clock: SharedClock = Arc::new(SystemClock);
        let progress = ProgressOutput::unless(args.json);
        let target = Target::new(pool, Arc::clone(&clock), settings, source, args.dry_run, progress);
        Ok(Self { target, clock, report: args.report.clone(), json: args.json })
    }

    fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    /// Prints the report, also of an import that failed after some accounts.
    fn end(&self, outcome: Result<(), TransferError>) -> Result<(), TransferError> {
        let report = &self.target.report;
        if outcome.is_ok() || report.users.seen() > 0 {
            print(&formatted(report, self.json)?)?;
        }
        if outcome.is_err() && report.users.copied > 0 && !report.dry_run {
            eprintln!(
                "The import was interrupted. Imported accounts stay. Run the same command again to continue."
            );
        }
        let Some(path) = &self.report else { return outcome };
        let written = serde_json::to_vec_pretty(report).map_err(std::io::Error::other);
        let written = written.and_then(|json| std::fs::write(path, json));
        outcome.and(written.map_err(|source| TransferError::File { path: path.clone(), source }))
    }
}

impl SourceArgs {
    fn address(&self) -> Result<DatabaseUrl, TransferError> {
        let (url, file) = (self.source_database_url.as_ref(), self.source_database_url_file.as_deref());
        database_url("SOURCE_DATABASE_URL", url, file)
    }
}

impl BetterAuthArgs {
    fn plan(&self) -> Result<BetterAuth, TransferError> {
        let keys = if self.without_keys { None } else { Some(self.keys()) };
        let (tables, columns, fields) = (&self.tables, &self.columns, &self.settings.user_fields);
        Ok(BetterAuth {
            names: Names::new(tables, columns, fields).map_err(TransferError::Schema)?,
            secrets: self.secrets()?,
            sessions: !self.without_sessions,
            keys,
            batch: self.target.batch_size,
        })
    }

    fn secrets(&self) -> Result<SourceSecrets, TransferError> {
        let (secret, file) = (self.better_auth_secret.as_ref(), self.better_auth_secret_file.as_deref());
        let secret = match secret::resolve("BETTER_AUTH_SECRET", secret, file) {
            Ok(secret) => Some(secret),
            Err(SecretError::Missing(_)) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(SourceSecrets::new(secret, self.better_auth_secrets.as_ref()))
    }

    fn keys(&self) -> KeyOptions {
        let span = |duration| SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
        KeyOptions {
            rs256_only: self.rs256_only,
            publish_for: span(self.publish_keys_for),
            grace: span(self.key_grace),
        }
    }
}
