//! The binary: parse the command line, run it.

use std::process::ExitCode;

#[actix_web::main]
async fn main() -> ExitCode {
    task_service::cli::run(std::env::args_os()).await
}
