//! `two-factor/*`: setting up second factors, proving them, and the devices that go without.

mod codes;
mod handlers;
mod metrics;
mod proving;
mod service;

pub use metrics::create as create_metrics;
pub use service::TwoFactor;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds `two-factor/*`.
pub fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(handlers::enable::enable)
        .service(handlers::disable::disable)
        .service(handlers::enable::get_totp_uri)
        .service(handlers::backup_codes::generate_backup_codes)
        .service(handlers::send::send_otp)
        .service(handlers::verify::verify_totp)
        .service(handlers::verify::verify_otp)
        .service(handlers::verify::verify_backup_code)
        .service(handlers::devices::trusted_devices)
        .service(handlers::devices::revoke_trusted_device);
}
