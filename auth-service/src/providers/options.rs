//! The setting that describes providers, by Better Auth's names.

use std::sync::Arc;

use serde_json::Value;
use service_kit::errors::with_causes;
use service_kit::outgoing::Reach;
use url::Url;

use super::authorization::RequestOptions;
use super::cached::Cached;
use super::description::{Authentication, Described, OneOrMany, Options, Secret};
use super::endpoints::{Endpoints, Metadata, is_discovery_url};
use super::http::Http;
use super::presets::{self, Preset};
use super::provider::{Kind, Provider, SignUpRule};
use super::tokens::{ClientAuthentication, ClientCredentials};

/// Maximum number of providers: a sign-in page shows a button for each.
const MAX_PROVIDERS: usize = 32;
/// Maximum length of the id of a provider.
const MAX_ID: usize = 32;
/// The provider id of passwords.
const CREDENTIAL: &str = "credential";

/// The options that every provider has.
const COMMON: [&str; 9] = [
    "name",
    "clientId",
    "clientSecret",
    "prompt",
    "redirectURI",
    "disableSignUp",
    "disableImplicitSignUp",
    "disableIdTokenSignIn",
    "allowPrivateNetwork",
];
const OF_PRESETS: [&str; 4] = ["scope", "disableDefaultScope", "authorizationEndpoint", "tokenEndpoint"];
const OF_OTHERS: [&str; 9] = [
    "discoveryUrl",
    "authorizationUrl",
    "tokenUrl",
    "userInfoUrl",
    "scopes",
    "accessType",
    "authentication",
    "authorizationUrlParams",
    "responseMode",
];

/// The providers of a deployment, in the order of the setting.
#[derive(Debug, Clone, Default)]
pub struct Providers(Arc<Vec<Provider>>);

impl Providers {
    /// Reads the JSON object of `SOCIAL_PROVIDERS`. An empty text is none.
    ///
    /// # Errors
    /// What is wrong, and with which provider. Contains no secret.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        // The position only: the error could repeat a secret.
        let Described(described) = serde_json::from_str(text).map_err(|error| {
            format!("not a JSON object (line {}, column {})", error.line(), error.column())
        })?;
        if described.len() > MAX_PROVIDERS {
            return Err(format!("there may be up to {MAX_PROVIDERS} providers"));
        }
        let mut providers: Vec<Provider> = Vec::with_capacity(described.len());
        for (id, options) in described {
            if providers.iter().any(|known| known.id == id) {
                return Err(format!("{id}: is described twice"));
            }
            providers.push(provider(&id, options).map_err(|error| format!("{id}: {error}"))?);
        }
        Ok(Self(Arc::new(providers)))
    }

    /// The provider with this id.
    pub fn find(&self, id: &str) -> Option<&Provider> {
        self.iter().find(|provider| provider.id == id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.0.iter()
    }
}

fn provider(id: &str, options: Value) -> Result<Provider, String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if id.is_empty() || id.len() > MAX_ID || !id.bytes().all(is_plain) || id == CREDENTIAL {
        return Err(format!("an id has up to {MAX_ID} letters, digits, - and _, and is not {CREDENTIAL}"));
    }
    let names: Vec<String> =
        options.as_object().ok_or("its options must be an object")?.keys().cloned().collect();
    let options: Options = serde_json::from_value(options).map_err(|error| rule(&error))?;
    let preset =
        presets::find(id, &options).transpose().map_err(|error| format!("a URL is not valid: {error}"))?;
    let known: Vec<&str> = match &preset {
        Some(preset) => [&COMMON[..], &OF_PRESETS, preset.options].concat(),
        None => [&COMMON[..], &OF_OTHERS].concat(),
    };
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("has no option {unknown}"));
    }
    if options.tenant_id.as_deref().is_some_and(|tenant| !is_tenant(tenant)) {
        return Err("tenantId must be an id, common, organizations or consumers".to_owned());
    }
    match preset {
        Some(preset) => of_preset(id, options, preset),
        None => of_other(id, options),
    }
}

/// Tokens name a tenant by its id. A domain of it could not be compared with them.
fn is_tenant(text: &str) -> bool {
    ["common", "organizations", "consumers"].contains(&text) || uuid::Uuid::try_parse(text).is_ok()
}

/// The error of a value of the wrong type, without the value.
fn rule(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.starts_with("missing field") { text } else { "an option has a value of another type".to_owned() }
}

fn of_preset(id: &str, options: Options, preset: Preset) -> Result<Provider, String> {
    if preset.needs_secret && options.client_secret.is_none() {
        return Err("clientSecret is missing".to_owned());
    }
    let urls = Urls::new(options.allow_private_network);
    let mut metadata = preset.metadata;
    for (name, given, place) in [
        ("authorizationEndpoint", &options.authorization_endpoint, &mut metadata.authorization),
        ("tokenEndpoint", &options.token_endpoint, &mut metadata.token),
    ] {
        if let Some(given) = given {
            *place = urls.parse(name, given)?;
        }
    }
    for (name, given, place) in [
        ("jwksUri", &options.jwks_uri, &mut metadata.jwks),
        ("userInfoEndpoint", &options.user_info_endpoint, &mut metadata.user_info),
        ("emailsEndpoint", &options.emails_endpoint, &mut metadata.emails),
    ] {
        if let Some(given) = given {
            *place = Some(urls.parse(name, given)?);
        }
    }
    urls.check("authority", metadata.token.as_str())?;
    let defaults = preset.scopes.iter().filter(|_| !options.disable_default_scope);
    let scopes = defaults.map(|scope| (*scope).to_owned()).chain(options.scope.iter().cloned()).collect();
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let request = RequestOptions {
        scopes,
        prompt: options.prompt.clone(),
        hosted_domain: options.hd.clone(),
        access_type: options.access_type.clone(),
        response_type: preset.response_type,
        response_mode: preset.response_mode.map(str::to_owned),
        parameters: preset.parameters.iter().map(own).collect(),
        ..RequestOptions::default()
    };
    let reach = urls.reach(&metadata.token);
    assemble(id, preset.name, options, preset.kind, request, Endpoints::Fixed(Box::new(metadata)), reach)
}

fn of_other(id: &str, options: Options) -> Result<Provider, String> {
    let urls = Urls::new(options.allow_private_network);
    let (kind, endpoints, reach) = match &options.discovery_url {
        Some(text) => {
            let url = urls.parse("discoveryUrl", text)?;
            if !is_discovery_url(&url) {
                return Err("discoveryUrl must end with /.well-known/openid-configuration".to_owned());
            }
            if options.authorization_endpoint.is_some()
                || options.token_endpoint.is_some()
                || options.user_info_endpoint.is_some()
            {
                return Err("has either a discoveryUrl or the other URLs".to_owned());
            }
            let reach = urls.reach(&url);
            (Kind::OpenId, Endpoints::Discovered { url, kept: Cached::default() }, reach)
        }
        None => {
            let required = |name: &'static str, given: &Option<String>| {
                urls.parse(name, given.as_deref().ok_or(format!("{name} is missing"))?)
            };
            let metadata = Metadata {
                authorization: required("authorizationUrl", &options.authorization_endpoint)?,
                token: required("tokenUrl", &options.token_endpoint)?,
                user_info: Some(required("userInfoUrl", &options.user_info_endpoint)?),
                emails: None,
                issuer: None,
                jwks: None,
                algorithms: Vec::new(),
                always_sends_issuer: false,
            };
            let reach = urls.reach(&metadata.token);
            (Kind::OAuth2, Endpoints::Fixed(Box::new(metadata)), reach)
        }
    };
    let text = |(name, value): (&String, &Value)| {
        let value = value.as_str().ok_or("authorizationUrlParams must have texts")?;
        Ok::<_, String>((name.clone(), value.to_owned()))
    };
    let request = RequestOptions {
        scopes: options.scope.clone(),
        prompt: options.prompt.clone(),
        access_type: options.access_type.clone(),
        response_type: "code",
        response_mode: options.response_mode.clone(),
        parameters: options.authorization_url_params.iter().map(text).collect::<Result<_, _>>()?,
        callers_scopes_first: true,
        is_openid: matches!(kind, Kind::OpenId),
        hosted_domain: None,
    };
    assemble(id, id, options, kind, request, endpoints, reach)
}

fn assemble(
    id: &str,
    name: &str,
    options: Options,
    kind: Kind,
    request: RequestOptions,
    endpoints: Endpoints,
    reach: Reach,
) -> Result<Provider, String> {
    let ids = match options.client_id {
        OneOrMany::One(id) => vec![id],
        OneOrMany::Many(ids) => ids,
    };
    if ids.is_empty() || ids.iter().any(String::is_empty) {
        return Err("clientId is empty".to_owned());
    }
    let sign_up = match (options.disable_sign_up, options.disable_implicit_sign_up) {
        (true, _) => SignUpRule::Closed,
        (false, true) => SignUpRule::OnRequest,
        (false, false) => SignUpRule::Open,
    };
    let authentication = match options.authentication {
        Some(Authentication::Basic) => ClientAuthentication::Basic,
        Some(Authentication::Post) | None => ClientAuthentication::Post,
    };
    let secret = options.client_secret.map(|Secret(secret)| secret);
    Ok(Provider {
        id: id.to_owned(),
        name: options.name.unwrap_or_else(|| name.to_owned()),
        sign_up,
        kind,
        client: ClientCredentials { ids, secret, authentication },
        request,
        redirect_uri: options.redirect_uri,
        accepts_id_tokens: !options.disable_id_token_sign_in,
        endpoints,
        keys: Cached::default(),
        http: Http::new(reach)
            .map_err(|error| format!("no client can be created: {}", with_causes(&error)))?,
    })
}

/// Reads the URLs of a provider, which are public unless it may be in a private network.
struct Urls {
    allow_private: bool,
}

impl Urls {
    fn new(allow_private: bool) -> Self {
        Self { allow_private }
    }

    fn parse(&self, name: &str, text: &str) -> Result<Url, String> {
        let url = Reach::parse(text, self.allow_private).map(|(url, _)| url);
        url.map_err(|error| {
            let hint = if self.allow_private {
                ""
            } else {
                " (allowPrivateNetwork allows http and private addresses)"
            };
            format!("{name} {error}{hint}")
        })
    }

    fn check(&self, name: &str, text: &str) -> Result<(), String> {
        self.parse(name, text).map(drop)
    }

    /// Where requests to the provider may go.
    fn reach(&self, url: &Url) -> Reach {
        match (self.allow_private, url.scheme()) {
            (false, _) => Reach::PublicHttps,
            (true, "http") => Reach::AnyHttp,
            (true, _) => Reach::AnyHttps,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Providers::parse(text).unwrap_err()
    }

    #[test]
    fn a_provider_is_described_by_the_names_of_better_auth() {
        let providers = Providers::parse(
            r#"{"google": {"clientId": ["web", "android"], "clientSecret": "s"},
                "acme": {"name": "Acme", "clientId": "me", "discoveryUrl": "https://acme.example/.well-known/openid-configuration"},
                "plain": {"clientId": "me", "authorizationUrl": "https://a.example/a", "tokenUrl": "https://a.example/t", "userInfoUrl": "https://a.example/u"}}"#,
        )
        .unwrap();
        let names: Vec<_> = providers.iter().map(|provider| (&*provider.id, &*provider.name)).collect();
        assert_eq!(names, [("google", "Google"), ("acme", "Acme"), ("plain", "plain")]);
        assert!(providers.find("acme").unwrap().accepts_id_tokens());
        assert!(!providers.find("plain").unwrap().accepts_id_tokens());
        assert!(Providers::parse("").unwrap().iter().next().is_none());
    }

    #[test]
    fn a_mistake_is_named_and_a_secret_is_not() {
        for (text, expected) in [
            ("[", "not a JSON object (line 1, column 0)"),
            (r#"{"plain": {}, "plain": {}}"#, "plain: missing field `clientId`"),
            (r#"{"google": 1}"#, "google: its options must be an object"),
            (r#"{"google": {"clientId": "a"}}"#, "google: clientSecret is missing"),
            (r#"{"google": {"clientSecret": "topsecret"}}"#, "google: missing field `clientId`"),
            (r#"{"google": {"clientId": "", "clientSecret": "topsecret"}}"#, "google: clientId is empty"),
            (
                r#"{"google": {"clientId": "a", "clientSecret": "topsecret", "tenantId": "x"}}"#,
                "google: has no option tenantId",
            ),
            (
                r#"{"google": {"clientId": "a", "clientSecret": 7}}"#,
                "google: an option has a value of another type",
            ),
            (
                r#"{"microsoft": {"clientId": "a", "tenantId": "contoso.com"}}"#,
                "microsoft: tenantId must be an id, common, organizations or consumers",
            ),
            (r#"{"acme": {"clientId": "a"}}"#, "acme: authorizationUrl is missing"),
            (
                r#"{"acme": {"clientId": "a", "discoveryUrl": "https://acme.example/"}}"#,
                "acme: discoveryUrl must end with /.well-known/openid-configuration",
            ),
            (
                r#"{"acme": {"clientId": "a", "discoveryUrl": "http://acme.example/.well-known/openid-configuration"}}"#,
                "acme: discoveryUrl must begin with https:// (allowPrivateNetwork allows http and private addresses)",
            ),
            (
                r#"{"microsoft": {"clientId": "a", "authority": "https://127.0.0.1"}}"#,
                "microsoft: authority 127.0.0.1 is not a public address (allowPrivateNetwork allows http and private addresses)",
            ),
            (
                r#"{"credential": {"clientId": "a"}}"#,
                "credential: an id has up to 32 letters, digits, - and _, and is not credential",
            ),
            (
                r#"{"a b": {"clientId": "a"}}"#,
                "a b: an id has up to 32 letters, digits, - and _, and is not credential",
            ),
        ] {
            let error = refused(text);
            assert_eq!(error, expected);
            assert!(!error.contains("topsecret"));
        }
    }
}
