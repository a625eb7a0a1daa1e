//! Every place that takes a credential, and how it refuses an unknown value.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use local_stack::Service;
use local_stack::testing;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::person::{client, new_password};
use super::population::Population;
use super::stack::{Stack, auth_service};

/// How often a request is sent before the test gives up on an overloaded service.
const MOST_TRIES: usize = 10;

/// A place that takes one credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryPoint {
    /// `Authorization: Bearer` of auth-service: a session token, as it is or signed.
    BearerOfAuthService,
    /// The same, for a reverse proxy.
    ForwardAuth,
    /// `Authorization: Bearer` of task-service: an access token.
    BearerOfTaskService,
    /// An access token that is signed with the value as the secret of HS256.
    SecretOfAccessTokens,
    /// A link to reset a password.
    ResetPassword,
    /// A link about an email, opened with GET.
    OpenEmailLink,
    /// A link about an email, confirmed with POST.
    ConfirmEmailLink,
    /// A link that signs in, confirmed with POST.
    MagicLink,
    /// A link to delete an account, with a session of that account.
    DeleteUser,
    /// The password of the account at this index of `Services::emails`.
    Password(usize),
}

impl EntryPoint {
    /// All but those of passwords.
    pub const FOR_TOKENS: [Self; 9] = [
        Self::BearerOfAuthService,
        Self::ForwardAuth,
        Self::BearerOfTaskService,
        Self::SecretOfAccessTokens,
        Self::OpenEmailLink,
        Self::ConfirmEmailLink,
        Self::MagicLink,
        Self::ResetPassword,
        Self::DeleteUser,
    ];
}

/// Both services, without limits on requests.
pub struct Services {
    pub auth: Service,
    /// With limits on wrong passwords, from which a known device is exempt.
    pub limited: Service,
    /// With `REQUIRE_EMAIL_VERIFICATION`.
    pub verifying: Service,
    pub tasks: Service,
    pub http: Client,
    /// Emails of all accounts and sign-ups.
    pub emails: Vec<String>,
    /// The session token of an account with an outstanding link to delete it.
    owner: String,
    /// The header and the claims of an access token.
    access_token: (Value, Value),
}

impl Services {
    pub async fn start(stack: &Stack, all: &Population) -> Self {
        let (cluster, mailbox) = (&stack.cluster, &stack.mailbox);
        let auth = auth_service(cluster, mailbox, &[]).await;
        let unlimited = [("RATE_LIMIT_ENABLED", "true"), ("RATE_LIMIT_RULES", "/**=off")];
        let limited = auth_service(cluster, mailbox, &unlimited).await;
        let verifying = auth_service(cluster, mailbox, &[("REQUIRE_EMAIL_VERIFICATION", "true")]).await;
        let tasks = testing::task_service(cluster.tasks(), auth.url(), &[]).await;
        let (emails, owner) = (all.emails.clone(), all.dora.session.clone());
        let access_token = (all.alice.part_of_jwt(0), all.alice.part_of_jwt(1));
        Self { auth, limited, verifying, tasks, http: client(), emails, owner, access_token }
    }

    /// The status of the response, if it is not the one to an unknown value.
    pub async fn accepts(&self, entry: EntryPoint, value: &str) -> Option<String> {
        let response = respond(&self.request(entry, value)?).await;
        let (status, is_refused) = (response.status(), refuses(entry, response).await);
        (!is_refused).then(|| format!("{status}"))
    }

    /// The request with the value; `None` if no header can hold it.
    fn request(&self, entry: EntryPoint, value: &str) -> Option<RequestBuilder> {
        let (auth, http) = (format!("{}/api/auth", self.auth.url()), &self.http);
        let tasks = format!("{}/api/me/tasks", self.tasks.url());
        Some(match entry {
            EntryPoint::BearerOfAuthService => bearer(http.get(format!("{auth}/get-session")), value)?,
            EntryPoint::ForwardAuth => bearer(http.get(format!("{auth}/forward-auth")), value)?,
            EntryPoint::BearerOfTaskService => bearer(http.get(tasks), value)?,
            EntryPoint::SecretOfAccessTokens => bearer(http.get(tasks), &self.forge(value.as_bytes()))?,
            EntryPoint::ResetPassword => {
                let form = json!({"token": value, "newPassword": new_password()});
                http.post(format!("{auth}/reset-password")).json(&form)
            }
            EntryPoint::OpenEmailLink => http.get(link(&format!("{auth}/verify-email"), value)),
            EntryPoint::ConfirmEmailLink => {
                http.post(format!("{auth}/verify-email")).json(&json!({"token": value}))
            }
            EntryPoint::MagicLink => {
                http.post(format!("{auth}/magic-link/verify")).json(&json!({"token": value}))
            }
            EntryPoint::DeleteUser => {
                let callback = link(&format!("{auth}/delete-user/callback"), value);
                http.get(callback).bearer_auth(&self.owner)
            }
            EntryPoint::Password(index) => {
                let form = json!({"email": self.emails[index], "password": value});
                http.post(format!("{}/api/auth/sign-in/email", self.verifying.url())).json(&form)
            }
        })
    }

    /// An access token of HS256 with this secret.
    fn forge(&self, secret: &[u8]) -> String {
        let (header, claims) = &self.access_token;
        let mut header = header.clone();
        header["alg"] = json!("HS256");
        let [header, claims] = [&header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let message = format!("{header}.{claims}");
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    /// An access token of the active key, up to its signature.
    pub fn message(&self) -> String {
        let (header, claims) = &self.access_token;
        [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".")
    }
}

/// The response to a request, which is sent again if the service is overloaded.
pub async fn respond(request: &RequestBuilder) -> Response {
    for _ in 0..MOST_TRIES {
        let response = request.try_clone().unwrap().send().await.unwrap();
        if response.status() != StatusCode::SERVICE_UNAVAILABLE {
            return response;
        }
    }
    panic!("the service stays overloaded");
}

fn bearer(request: RequestBuilder, value: &str) -> Option<RequestBuilder> {
    let value = HeaderValue::from_bytes(format!("Bearer {value}").as_bytes()).ok()?;
    Some(request.header(AUTHORIZATION, value))
}

fn link(endpoint: &str, token: &str) -> Url {
    Url::parse_with_params(endpoint, [("token", token)]).unwrap()
}

/// Whether this is the response to an unknown value. Any other response is a finding: one that asks for more proof confirms
/// that the link exists.
async fn refuses(entry: EntryPoint, response: Response) -> bool {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null);
    let code = body["code"].as_str().unwrap_or_default();
    match entry {
        EntryPoint::BearerOfAuthService => {
            status == 200 && body.is_null() && !headers.contains_key("set-auth-jwt")
        }
        EntryPoint::ForwardAuth => status == 401 && code == "UNAUTHORIZED",
        EntryPoint::BearerOfTaskService | EntryPoint::SecretOfAccessTokens => {
            status == 401 && code == "UNAUTHORIZED"
        }
        EntryPoint::ResetPassword => status == 400 && code == "INVALID_TOKEN",
        EntryPoint::OpenEmailLink | EntryPoint::ConfirmEmailLink | EntryPoint::MagicLink => {
            status == 401 && code == "INVALID_TOKEN"
        }
        EntryPoint::DeleteUser => status == 404 && code == "INVALID_TOKEN",
        EntryPoint::Password(_) => {
            (status == 401 && code == "INVALID_EMAIL_OR_PASSWORD")
                || (status == 400 && code == "PASSWORD_TOO_LONG")
        }
    }
}
