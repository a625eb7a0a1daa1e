//! The page that asks for a click before it signs in.

use actix_web::HttpResponse;
use maud::html;

use crate::error::RedirectTarget;
use crate::protocol::email_address::Email;
use crate::protocol::page::{Page, allow_forms};
use crate::protocol::redirect::CheckedTarget;

/// The redirect targets of a link, with the names of their parameters.
pub(super) type Targets<'a> = [(RedirectTarget, &'a Option<CheckedTarget>); 3];

/// Renders the button that signs in to the account with `email`, by a link with this token and these targets.
pub(super) fn ask(token: &str, targets: &Targets<'_>, email: &Email) -> HttpResponse {
    let content = html! {
        p { "Sign in as " strong { (email.as_str()) } "?" }
        p { "If you did not request this, or if this is not your email address, close this page." }
        // This page's own URL, without the query.
        form method="post" action="verify" {
            input type="hidden" name="token" value=(token);
            @for (target, url) in targets {
                @if let Some(url) = url {
                    input type="hidden" name=(target.name()) value=(url.as_str());
                }
            }
            button type="submit" { "Sign in" }
        }
    };
    let form_action = Some(allow_forms(targets.iter().filter_map(|(_, url)| url.as_ref())));
    Page { title: "Sign in", content, form_action }.respond(None)
}
