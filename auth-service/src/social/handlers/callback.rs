//! `callback/{id}`: where the provider sends the browser back to (RFC 6749, section 4.1.2).

use actix_web::http::header::SET_COOKIE;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use url::form_urlencoded::{Serializer, parse};
use utoipa::ToSchema;

use super::super::pending::{Found, Pending, State};
use super::super::refusal::{Failure, Refusal};
use super::super::service::Social;
use super::super::signing_in::Identity;
use crate::error::ApiError;
use crate::protocol::body::ForeignForm;
use crate::protocol::cookies::Mark;
use crate::protocol::redirect::{self, CheckedTarget};
use crate::providers::{CodeExchange, GivenName, Provider};
use crate::sessions::Entry;

/// The names of the members, in the order in which Better Auth writes them.
const PARAMETERS: [&str; 6] = ["code", "error", "error_description", "state", "user", "iss"];
/// Maximum length of what a provider says of an error, in characters: it ends in a URL.
const MAX_DESCRIPTION: usize = 500;

/// An authorization response (RFC 6749, section 4.1.2). Other members are ignored.
#[derive(Default, ToSchema)]
#[schema(example = json!({"code": "SplxlOBeZQQYbYS6WxSbIA", "state": "af0ifjsldkj"}))]
pub struct AuthorizationResponse {
    /// The authorization code.
    code: Option<String>,
    /// Why the provider issued no code.
    error: Option<String>,
    /// The same for people.
    error_description: Option<String>,
    /// The state of the request.
    state: Option<String>,
    /// The user's name as JSON, from Apple.
    user: Option<String>,
    /// The provider's issuer (RFC 9207).
    iss: Option<String>,
}

impl AuthorizationResponse {
    /// Reads a query; `None` if a parameter occurs twice, which is ambiguous. An empty one counts as absent.
    fn of_query(query: &str) -> Option<Self> {
        let mut response = Self::default();
        for (name, value) in parse(query.as_bytes()) {
            if let Some(place) = response.place(&name)
                && place.replace(value.into_owned()).is_some()
            {
                return None;
            }
        }
        for name in PARAMETERS {
            let place = response.place(name)?;
            *place = place.take().filter(|text| !text.is_empty());
        }
        Some(response)
    }

    fn place(&mut self, name: &str) -> Option<&mut Option<String>> {
        match name {
            "code" => Some(&mut self.code),
            "error" => Some(&mut self.error),
            "error_description" => Some(&mut self.error_description),
            "state" => Some(&mut self.state),
            "user" => Some(&mut self.user),
            "iss" => Some(&mut self.iss),
            _ => None,
        }
    }
}

/// Come back from a provider.
///
/// Starts the session, or links the account, and redirects to the page. With an `error`, if that is not possible.
#[utoipa::path(tag = "social",
    params(
        ("id" = String, Path, description = "The provider's id"),
        ("code" = Option<String>, Query, description = "The authorization code"),
        ("state" = Option<String>, Query, description = "The state of the request"),
        ("error" = Option<String>, Query, description = "Why the provider issued no code"),
        ("iss" = Option<String>, Query, description = "The provider's issuer (RFC 9207)"),
    ),
    responses((status = 302, description = "Redirects to the page, with an `error` if no session was started")))]
#[get("/callback/{id}")]
pub async fn callback(
    request: HttpRequest,
    social: web::Data<Social>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let error_page = CheckedTarget::endpoint("/error", &social.origins);
    let to_error_page = |code| redirect::found(&error_page.with_parameter("error", code));
    let Some(response) = AuthorizationResponse::of_query(request.query_string()) else {
        return Ok(to_error_page("invalid_callback_request"));
    };
    let Some(state) = response.state.as_deref() else { return Ok(to_error_page("state_not_found")) };
    let found = social.take_pending(request.headers(), &State::from(state), social.clock.now()).await?;
    let pending = match found {
        Found::Pending(pending) => pending,
        Found::Mismatch { page, is_own } => {
            social.record_refusal(&request, Refusal::StateMismatch.code());
            let page = page.as_ref().unwrap_or(&error_page);
            let page = page.with_parameter("error", Refusal::StateMismatch.code());
            return Ok(if is_own { social.leave(&page) } else { redirect::found(&page) });
        }
    };
    let page = pending.error_callback.as_ref().unwrap_or(&error_page);
    match social.complete(&request, &id, &pending, &response).await {
        Ok(answer) => Ok(answer),
        Err(Failure::Failed(error)) => Err(error),
        Err(Failure::Refused(refusal)) => {
            social.record_refusal(&request, refusal.code());
            let page = page.with_parameter("error", refusal.code());
            let described = refusal.description().map(|text| page.with_parameter("error_description", text));
            Ok(social.leave(&described.unwrap_or(page)))
        }
    }
}

impl Social {
    /// Redirects, and clears the cookie of the state, which was used.
    fn leave(&self, target: &CheckedTarget) -> HttpResponse {
        self.without_state(redirect::found(target))
    }

    fn without_state(&self, mut answer: HttpResponse) -> HttpResponse {
        if let Some(cookie) = self.cookies.clear_mark(Mark::State) {
            answer.headers_mut().append(SET_COOKIE, cookie);
        }
        answer
    }

    async fn complete(
        &self,
        request: &HttpRequest,
        id: &str,
        pending: &Pending,
        response: &AuthorizationResponse,
    ) -> Result<HttpResponse, Failure> {
        if pending.provider != id {
            return Err(Refusal::StateMismatch.into());
        }
        if let Some(error) = &response.error {
            self.record_refusal(request, "refused_by_provider");
            let error_page = CheckedTarget::endpoint("/error", &self.origins);
            let page = pending.error_callback.as_ref().unwrap_or(&error_page);
            return Ok(self.leave(&with_error(page, error, response.error_description.as_deref())));
        }
        let code = response.code.as_deref().ok_or(Refusal::NoCode)?;
        let provider = self.providers.find(id).ok_or(Refusal::ProviderNotFound)?;
        let now = self.clock.now();
        provider.check_issuer(response.iss.as_deref(), now).await.map_err(Refusal::Issuer)?;
        let redirect_uri = self.callback_url(provider);
        let exchange =
            CodeExchange { code, code_verifier: &pending.code_verifier, redirect_uri: &redirect_uri };
        let tokens = provider.exchange(&exchange, now).await.map_err(|error| {
            tracing::warn!(provider = provider.id, %error, "authorization code could not be exchanged");
            Refusal::InvalidCode
        })?;
        let given = given_name(provider, response);
        let profile = provider.profile(&tokens, pending.nonce(), &given, now).await.map_err(|error| {
            tracing::warn!(provider = provider.id, %error, "profile could not be read");
            Refusal::NoProfile
        })?;
        let identity = Identity {
            provider,
            profile: &profile,
            tokens,
            is_presented: false,
            sign_up: pending.sign_up,
            callback: Some(&pending.callback),
        };
        if let Some(link) = &pending.link {
            self.link(request, link, &identity).await?;
            return Ok(self.leave(&pending.callback));
        }
        let entered = self.enter(request, identity).await?;
        let new_user = pending.new_user_callback.as_ref().filter(|_| entered.is_new);
        let target = new_user.unwrap_or(&pending.callback);
        let client = self.log.client(request);
        match &entered.entry {
            Entry::Started(started) => {
                started.record(client);
                let mut answer = self.leave(target);
                self.sessions.respond_with(&mut answer, request, started, &entered.user).await?;
                Ok(answer)
            }
            Entry::Challenged(challenged) => {
                challenged.record(client);
                Ok(self.without_state(self.sessions.redirect_to(challenged, target)))
            }
        }
    }
}

/// The page with the error of the provider. Its text is shortened: pages must not show it as their own.
fn with_error(page: &CheckedTarget, error: &str, description: Option<&str>) -> CheckedTarget {
    let short = |text: &str| text.chars().take(MAX_DESCRIPTION).collect::<String>();
    let page = page.with_parameter("error", &short(error));
    match description {
        Some(description) => page.with_parameter("error_description", &short(description)),
        None => page,
    }
}

/// The name beside the code, which only Apple sends.
fn given_name(provider: &Provider, response: &AuthorizationResponse) -> GivenName {
    let text = response.user.as_deref().filter(|_| provider.sends_name());
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// Come back from a provider that posts a form.
///
/// Redirects to the same path with the parameters in the query. The request comes from the provider's site, so it has no
/// cookies (`SameSite=Lax`), and its origin is not checked: it changes nothing, and the state decides afterwards.
#[utoipa::path(tag = "social",
    params(("id" = String, Path, description = "The provider's id")),
    request_body(content(
        (AuthorizationResponse = "application/json"),
        (AuthorizationResponse = "application/x-www-form-urlencoded"),
    )),
    responses((status = 302, description = "Redirects to the same path with the parameters in the query")))]
#[post("/callback/{id}")]
pub async fn post_callback(
    request: HttpRequest,
    social: web::Data<Social>,
    id: web::Path<String>,
    ForeignForm(form): ForeignForm,
) -> Result<HttpResponse, ApiError> {
    let Some(mut query) = AuthorizationResponse::of_query(request.query_string()) else {
        let error_page = CheckedTarget::endpoint("/error", &social.origins);
        return Ok(redirect::found(&error_page.with_parameter("error", "invalid_callback_request")));
    };
    let mut parameters = Serializer::new(String::new());
    for name in PARAMETERS {
        let posted = form.get(name).and_then(serde_json::Value::as_str);
        let in_query = query.place(name).and_then(Option::take);
        if let Some(value) = in_query.as_deref().or(posted) {
            parameters.append_pair(name, value);
        }
    }
    let target = CheckedTarget::endpoint(&format!("/callback/{id}"), &social.origins);
    Ok(redirect::found(&target.with_query(&parameters.finish())))
}
