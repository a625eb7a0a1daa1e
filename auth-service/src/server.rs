//! Building and running the HTTP server. Lists the features, and nothing else.

use std::future;
use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpResponse, get, web};
use serde::Serialize;
use service_kit::cors::{AllowedHeaders, refuse_preflight};
use service_kit::database::{Address, DatabaseError, Timeouts};
use service_kit::guard::guard;
use service_kit::health::{self, DatabaseDependency, Readiness};
use service_kit::lifecycle::ConnectionLimit;
use service_kit::metrics::MetricsError;
use service_kit::response_headers::{Hsts, response_headers};
use service_kit::secret::SecretError;
use service_kit::telemetry::RequestSpan;
use service_kit::{database, envelope, lifecycle, metrics, openapi};
use shared_claims::SharedClock;
use tracing_actix_web::TracingLogger;
use utoipa::{OpenApi, ToSchema};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::capabilities::Capabilities;
use crate::config::{
    Config, CookieError, MailError, MailNeeded, NoPasswordFits, PolledTooLate, PublicCredentials, UnknownPath,
};
use crate::document::{self, Document};
use crate::email::{Delivery, Mailer, Outbox, Worker};
use crate::error::ApiError;
use crate::keys::{
    ContractError, Keeper, KeyContract, KeyEncryptionKeys, KeyRefresher, KeyRing, KeysDependency, Metadata,
};
use crate::limits::Limits;
use crate::limits::rate_limit;
use crate::passwords::{BreachServiceError, HashPool, PasswordPolicy};
use crate::protocol::PREFIX;
use crate::protocol::auth_secrets::AuthSecrets;
use crate::protocol::cookies::{CookieSettings, Cookies};
use crate::protocol::cors::cors;
use crate::protocol::disabled_paths::refuse_disabled_paths;
use crate::protocol::error_page;
use crate::protocol::issuer_path::issuer_path;
use crate::protocol::origin::TrustedOrigins;
use crate::state::{Settings, State};
use crate::status_lists::{Keeping, StatusLists};
use crate::tokens::TokenCache;
use crate::verifications::Links;
use crate::{addresses, capabilities, forward_auth, keys, passwords, sessions, status_lists, tokens, users};

/// The name in messages to the operator.
pub const NAME: &str = "auth-service";
/// Connections to PostgreSQL that mail uses: never while a mail server talks, so one is enough.
const MAIL_CONNECTIONS: usize = 1;
/// Connections to PostgreSQL that the status lists use: one looks, one sweeps.
const STATUS_CONNECTIONS: usize = 2;
/// Connections to PostgreSQL that look after the signing keys, whatever requests do.
const KEY_CONNECTIONS: usize = 1;

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A secret is missing or weak.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Cookies cannot be as they are set.
    #[error(transparent)]
    Cookies(#[from] CookieError),
    /// A public URL has credentials in it.
    #[error(transparent)]
    PublicCredentials(#[from] PublicCredentials),
    /// The settings of mail cannot be used.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// Links could be over before their mail arrives.
    #[error(transparent)]
    PolledTooLate(#[from] PolledTooLate),
    /// A setting is on that needs mail.
    #[error(transparent)]
    MailNeeded(#[from] MailNeeded),
    /// No password has the length that is set.
    #[error(transparent)]
    NoPasswordFits(#[from] NoPasswordFits),
    /// No breach service can be asked.
    #[error(transparent)]
    BreachService(#[from] BreachServiceError),
    /// A setting names a path that there is not.
    #[error(transparent)]
    UnknownPath(#[from] UnknownPath),
    /// Keys would sign before verifiers know them.
    #[error(transparent)]
    KeyContract(#[from] ContractError),
    /// The signing key cannot be made or read.
    #[error("signing key: {0}")]
    Key(#[from] ApiError),
    /// Figures cannot be served.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// The address cannot be listened on.
    #[error("BIND: cannot listen on {0}: {1}")]
    Bind(SocketAddr, std::io::Error),
    /// The operating system refused.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// A service that has all it needs but a socket.
pub struct Prepared {
    address: Address,
    connections: usize,
    limit: ConnectionLimit,
    state: State,
    mail: Option<Worker>,
    status: status_lists::Keeper,
    allowed_headers: AllowedHeaders,
    hsts: Hsts,
}

/// The parts of a service that follow from its settings alone.
struct Configured {
    address: Address,
    secrets: AuthSecrets,
    encryption: Arc<KeyEncryptionKeys>,
    cookies: CookieSettings,
    mailer: Option<Arc<Mailer>>,
    limits: Option<Arc<Limits>>,
    outbox: Option<Arc<Outbox>>,
    capabilities: Arc<Capabilities>,
    password_policy: Arc<PasswordPolicy>,
    settings: Settings,
}

fn configure(config: &Config) -> Result<Configured, StartError> {
    config.check_identity()?;
    let address = Address::parse("DATABASE_URL", &config.database_url()?, NAME)?;
    let address = address.behind(config.database_pooler);
    let (secrets, encryption) = (config.auth_secrets()?, Arc::new(config.key_encryption_keys()?));
    let cookies = config.sessions.cookies(&config.base_url)?;
    let mailer = config.mail.mailer(&config.base_url)?.map(Arc::new);
    let product = match &mailer {
        Some(mailer) => mailer.sender.product(),
        None => config.base_url.host_str().unwrap_or_default(),
    };
    let password_policy = Arc::new(config.passwords.policy(product)?);
    config.routes.check(&paths_of_protocol())?;
    let limits = config.rate_limit_enabled.then(|| Arc::new(Limits::new(secrets.derive("limits"))));
    let outbox = mailer.is_some().then(|| Arc::new(Outbox::new(Arc::clone(&encryption), limits.clone())));
    let settings = Settings {
        sessions: config.sessions.settings(),
        tokens: config.tokens.settings(&config.base_url),
        passwords: config.accounts.password_rules()?,
        accounts: config.accounts.settings(outbox.is_some())?,
        links: Links::new(&config.base_url),
        link_lifetimes: config.links.lifetimes(config.mail.mail_poll_interval)?,
        rate_rules: config.routes.rate_rules(),
        disabled_paths: config.routes.disabled_paths.clone(),
        trusted_proxies: config.trusted_proxies.clone().reading(config.client_address_headers.clone()),
    };
    let capabilities = Arc::new(Capabilities::new(
        &settings.accounts,
        settings.passwords,
        outbox.is_some(),
        &settings.disabled_paths,
    ));
    Ok(Configured {
        address,
        secrets,
        encryption,
        cookies,
        mailer,
        limits,
        outbox,
        capabilities,
        password_policy,
        settings,
    })
}

/// Checks the settings as a start does, without connecting to anything.
///
/// # Errors
/// What the operator has to change.
pub fn check(config: &Config) -> Result<(), StartError> {
    config.keys.contract(config.tokens.clock_skew)?;
    configure(config)?;
    Ok(())
}

/// Checks the configuration, waits for the database and loads the signing keys.
///
/// # Errors
/// What the operator has to mend.
pub async fn prepare(config: &Config, clock: SharedClock) -> Result<Prepared, StartError> {
    let contract = config.keys.contract(config.tokens.clock_skew)?;
    prepare_with(config, clock, contract).await
}

/// The same with a contract of the caller's own, which nothing checks: for tests alone.
///
/// # Errors
/// What the operator has to mend.
pub async fn prepare_with(
    config: &Config,
    clock: SharedClock,
    contract: KeyContract,
) -> Result<Prepared, StartError> {
    let Configured {
        address,
        secrets,
        encryption,
        cookies,
        mailer,
        limits,
        outbox,
        capabilities,
        password_policy,
        settings,
    } = configure(config)?;
    // A connection of its own, so that `/readyz` does not wait in line with the requests.
    let own = address.pool(1, Timeouts::REQUEST)?;
    database::wait_until_usable(&own, &crate::migrations(), NAME).await?;
    address.refuse_undeclared_pooler().await?;
    let slots = match config.hash_concurrency {
        Some(slots) => slots,
        None => std::thread::available_parallelism()?,
    };
    let keeper = Keeper {
        pool: address.pool(KEY_CONNECTIONS, Timeouts::BACKGROUND)?,
        encryption,
        clock: Arc::clone(&clock),
        contract,
        size: config.keys.rsa_key_bits,
        token_life: settings.tokens.ttl,
    };
    let state = State {
        tokens: Arc::new(TokenCache::new(settings.tokens.ttl)),
        status_lists: Arc::new(StatusLists::new(
            config.tokens.status_list_prefix(&config.base_url),
            config.tokens.status_list_interval,
        )),
        keys: Arc::new(KeyRing::open(keeper).await?),
        metadata: Metadata::new(&settings.tokens, &config.base_url).map(Arc::new),
        passwords: Arc::new(HashPool::new(slots, config.bcrypt_cost)?),
        cookies: Arc::new(Cookies::new(secrets, &cookies)),
        origins: Arc::new(TrustedOrigins::new(&config.base_url, &config.trusted_origins)),
        outbox,
        limits,
        throttle: Arc::default(),
        capabilities,
        password_policy,
        settings: Arc::new(settings),
        pool: own,
        clock,
    };
    let mail = match (&state.outbox, mailer) {
        (Some(outbox), Some(mailer)) => {
            let (outbox, clock) = (Arc::clone(outbox), Arc::clone(&state.clock));
            let poll_interval = config.mail.mail_poll_interval;
            Some(Worker {
                outbox,
                mailer,
                pool: address.pool(MAIL_CONNECTIONS, Timeouts::BACKGROUND)?,
                clock,
                poll_interval,
            })
        }
        _ => None,
    };
    let mut status = {
        let (lists, keys) = (Arc::clone(&state.status_lists), Arc::clone(&state.keys));
        let pool = address.pool(STATUS_CONNECTIONS, Timeouts::BACKGROUND)?;
        status_lists::Keeper::new(lists, keys, pool, Arc::clone(&state.clock), &state.settings.tokens)
    };
    status.look().await?;
    let (connections, limit) = (config.database_pool_size.get(), config.connection_limit);
    let allowed_headers = config.cors_allowed_headers.clone();
    let hsts = config.hsts.unwrap_or_else(|| Hsts::of(&config.base_url));
    Ok(Prepared { address, connections, limit, state, mail, status, allowed_headers, hsts })
}

/// Binds the service. Nothing is served until the returned server is awaited; mail is sent and keys are looked after from
/// now on.
///
/// # Errors
/// When the address cannot be listened on.
pub fn bind(prepared: Prepared, bind: SocketAddr) -> Result<Bound, StartError> {
    let Prepared { address, connections, limit, state, mail, status, allowed_headers, hsts } = prepared;
    let keys_there = KeysDependency(Arc::clone(&state.keys));
    let readiness =
        Readiness::new(vec![Box::new(DatabaseDependency(state.pool.clone())), Box::new(keys_there)]);
    let ring = Arc::clone(&state.keys);
    let watched = readiness.clone();
    let app = move || {
        let (address, state, headers) = (address.clone(), state.clone(), allowed_headers.clone());
        let disabled = state.settings.disabled_paths.clone();
        let origins = Arc::clone(&state.origins);
        let of_worker = move || {
            let pool = address.worker_pool(connections);
            future::ready(pool.map(|pool| State { pool, ..state.clone() }))
        };
        let (app, mut document) = App::new()
            .into_utoipa_app()
            .openapi(Document::openapi())
            .data_factory(of_worker)
            .configure(health::routes(watched.clone()))
            .configure(keys::well_known)
            .configure(status_lists::well_known)
            .service(
                utoipa_actix_web::scope(PREFIX)
                    .configure(protocol_routes)
                    .default_service(web::to(nothing_here))
                    .wrap(from_fn(sessions::tell_device))
                    .wrap(from_fn(status_lists::notice_changes))
                    .wrap(from_fn(rate_limit))
                    .wrap(from_fn(refuse_disabled_paths)),
            )
            .split_for_parts();
        document.paths.paths.retain(|path, _| !disabled.contain(path));
        document::complete(&mut document);
        app.configure(openapi::routes(&document))
            .configure(openapi::method_not_allowed(&document))
            .default_service(web::to(envelope::not_found))
            .wrap(from_fn(guard))
            .wrap(cors(origins, &headers))
            .wrap(from_fn(refuse_preflight))
            .wrap(response_headers(hsts))
            .wrap(TracingLogger::<RequestSpan>::new())
            .wrap(from_fn(issuer_path))
    };
    let (server, addresses) =
        lifecycle::bind(app, bind, limit).map_err(|error| StartError::Bind(bind, error))?;
    let keys = KeyRefresher::start(ring);
    Ok(Bound { server, addresses, readiness, keys, mail: mail.map(Worker::start), status: status.start() })
}

/// Adds everything that stands under the prefix.
fn protocol_routes(cfg: &mut ServiceConfig<'_>) {
    cfg.configure(passwords::routes)
        .configure(sessions::routes)
        .configure(users::routes)
        .configure(addresses::routes)
        .configure(tokens::routes)
        .configure(keys::routes)
        .configure(capabilities::routes)
        .configure(forward_auth::routes)
        .service(error_page::error)
        .service(ok);
}

/// The paths under the prefix, without it.
fn paths_of_protocol() -> Vec<String> {
    let scope = utoipa_actix_web::scope("").configure(protocol_routes);
    let (_, document) = App::new().into_utoipa_app().service(scope).split_for_parts();
    document.paths.paths.into_keys().collect()
}

/// A service that holds its socket.
pub struct Bound {
    /// Serves once awaited.
    pub server: Server,
    /// Where it listens.
    pub addresses: Vec<SocketAddr>,
    /// What `/readyz` says.
    pub readiness: Readiness,
    /// What looks after the signing keys.
    pub keys: KeyRefresher,
    /// What sends mail, if any is sent.
    pub mail: Option<Delivery>,
    /// What keeps the status lists up to date.
    pub status: Keeping,
}

/// Starts the service and runs it until it is told to stop.
///
/// # Errors
/// What the operator has to mend.
pub async fn serve(config: Config, clock: SharedClock) -> Result<(), StartError> {
    if let Some(address) = config.metrics_bind {
        metrics::serve(address)?;
    }
    let bound = bind(prepare(&config, clock).await?, config.bind)?;
    let Bound { server, addresses, readiness, keys, mail, status } = bound;
    let outcome = lifecycle::run(server, &addresses, readiness, config.shutdown_delay).await;
    status.stop();
    let mail = async {
        if let Some(mail) = mail {
            mail.stop().await;
        }
    };
    tokio::join!(mail, keys.stop());
    Ok(outcome?)
}

/// The response of a running service.
#[derive(Serialize, ToSchema)]
struct Ok {
    /// Always true.
    ok: bool,
}

/// Check that the service responds.
///
/// The health check of the Better Auth protocol.
#[utoipa::path(tag = "health", responses((status = 200, body = Ok, description = "The service responds")))]
#[get("/ok")]
async fn ok() -> HttpResponse {
    HttpResponse::Ok().json(Ok { ok: true })
}

/// Under `/api/auth` an unknown path, a wrong method and a trailing slash are all the same empty 404.
async fn nothing_here() -> HttpResponse {
    HttpResponse::NotFound().finish()
}
