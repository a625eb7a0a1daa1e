//! The summary that is printed when the stack is up.

use std::path::Path;

use super::settings::Settings;
use crate::error::Result;

/// Formats the table of URLs and an example to paste, which creates a new account each time.
pub(super) fn text(
    settings: &Settings,
    postgres_port: Option<u16>,
    secrets_file: &Path,
    mail: Option<&Path>,
    with_page: bool,
) -> Result<String> {
    let auth = settings.public_url(settings.auth_port);
    let tasks = settings.public_url(settings.tasks_port);
    let page = if with_page {
        settings.public_url(settings.web_port)
    } else {
        format!("none: {} contains no built page", settings.page_directory()?.display())
    };
    let postgres = match postgres_port {
        Some(port) => format!("127.0.0.1:{port}, passwords in {}", secrets_file.display()),
        None => "as set in the environment".to_owned(),
    };
    let mail = match mail {
        Some(directory) => format!("{}; new links are also shown here", directory.display()),
        None => "as set in the environment".to_owned(),
    };
    Ok(format!(
        r#"
Latchkey is up. Ctrl-C stops it.

  page           {page}
  auth-service   {auth}   {auth}/docs
  task-service   {tasks}   {tasks}/docs
  PostgreSQL     {postgres}
  mail           {mail}

Try it: sign up, create a task, list your tasks.

EMAIL="ada-$$-$(date +%s)@example.com"
TOKEN=$(curl -s -D - -o /dev/null {auth}/api/auth/sign-up/email -H 'Content-Type: application/json' \
  -d "{{\"name\":\"Ada\",\"email\":\"$EMAIL\",\"password\":\"correct horse battery\"}}" | tr -d '\r' | sed -n 's/^set-auth-jwt: //p')
curl -s {tasks}/api/me/tasks -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{{"title":"Try Latchkey"}}'
curl -s {tasks}/api/me/tasks -H "Authorization: Bearer $TOKEN"
"#
    ))
}
