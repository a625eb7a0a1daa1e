//! The auth-service program.

use std::process::ExitCode;

#[actix_web::main]
async fn main() -> ExitCode {
    auth_service::cli::run(std::env::args_os()).await
}
