//! The authorization request: where the browser goes to sign in (RFC 6749, section 4.1.1; PKCE, RFC 7636).

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;
use url::form_urlencoded::{Serializer, parse};

/// The scope that asks for an ID token.
const OPENID: &str = "openid";

/// The parameters that callers must not set: they tie the response to this request.
pub const RESERVED_PARAMETERS: [&str; 8] = [
    "state",
    "client_id",
    "redirect_uri",
    "response_type",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "scope",
];

/// What a user asks for.
#[derive(Debug, Default)]
pub struct AuthorizationRequest<'a> {
    pub state: &'a str,
    pub code_verifier: &'a str,
    pub nonce: &'a str,
    pub redirect_uri: &'a str,
    /// Scopes besides those of the provider.
    pub scopes: &'a [String],
    /// The user whom the provider should sign in.
    pub login_hint: Option<&'a str>,
    /// More parameters. Reserved ones are left out.
    pub parameters: &'a [(String, String)],
}

/// What every request to a provider has.
#[derive(Debug, Clone, Default)]
pub(super) struct RequestOptions {
    pub(super) scopes: Vec<String>,
    pub(super) prompt: Option<String>,
    /// The domain of Google Workspace whose users may sign in.
    pub(super) hosted_domain: Option<String>,
    pub(super) access_type: Option<String>,
    pub(super) response_type: &'static str,
    pub(super) response_mode: Option<String>,
    pub(super) parameters: Vec<(String, String)>,
    /// Whether the scopes of a caller come before those of the provider, as in Better Auth's generic plugin.
    pub(super) callers_scopes_first: bool,
    /// Whether the scope `openid` is always among them.
    pub(super) is_openid: bool,
}

/// Returns the URL, with the parameters in the order in which Better Auth writes them.
pub(super) fn url(
    endpoint: &Url,
    client_id: &str,
    options: &RequestOptions,
    request: &AuthorizationRequest<'_>,
    with_nonce: bool,
) -> Url {
    let challenge = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, request.code_verifier.as_bytes()));
    let scope = scopes(options, request.scopes).join(" ");
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let own = [
        ("response_type", some(options.response_type)),
        ("client_id", some(client_id)),
        ("state", some(request.state)),
        ("scope", some(&scope)),
        ("redirect_uri", some(request.redirect_uri)),
        ("login_hint", request.login_hint.and_then(some)),
        ("nonce", with_nonce.then(|| request.nonce.to_owned())),
        ("prompt", options.prompt.clone()),
        ("hd", options.hosted_domain.clone()),
        ("access_type", options.access_type.clone()),
        ("response_mode", options.response_mode.clone()),
        ("code_challenge_method", some("S256")),
        ("code_challenge", Some(challenge)),
    ];
    let mut parameters: Vec<(String, String)> =
        own.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    let more = options.parameters.iter().chain(request.parameters);
    for (name, value) in more.filter(|(name, _)| !RESERVED_PARAMETERS.contains(&name.as_str())) {
        match parameters.iter_mut().find(|(found, _)| found == name) {
            Some((_, old)) => old.clone_from(value),
            None => parameters.push((name.clone(), value.clone())),
        }
    }
    with_query(endpoint, &parameters)
}

fn scopes<'a>(options: &'a RequestOptions, asked: &'a [String]) -> Vec<&'a str> {
    let (first, last) =
        if options.callers_scopes_first { (asked, &*options.scopes) } else { (&*options.scopes, asked) };
    let scopes: Vec<&str> = first.iter().chain(last).map(String::as_str).collect();
    let is_missing = options.is_openid && !scopes.contains(&OPENID);
    is_missing.then_some(OPENID).into_iter().chain(scopes).collect()
}

/// Adds parameters to the query of an endpoint, in place of those that it has. The rest of the query stays as it is written.
fn with_query(endpoint: &Url, parameters: &[(String, String)]) -> Url {
    let is_kept = |pair: &&str| {
        let name = parse(pair.as_bytes()).next().map(|(name, _)| name.into_owned());
        name.is_some_and(|name| !parameters.iter().any(|(set, _)| *set == name))
    };
    let kept: Vec<&str> = endpoint.query().unwrap_or_default().split('&').filter(is_kept).collect();
    let added = Serializer::new(String::new()).extend_pairs(parameters).finish();
    let query: Vec<&str> = kept.into_iter().chain([added.as_str()]).collect();
    let mut url = endpoint.clone();
    url.set_query(Some(&query.join("&")));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: AuthorizationRequest<'_> = AuthorizationRequest {
        state: "the-state",
        // The example of RFC 7636, appendix B.
        code_verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        nonce: "the-nonce",
        redirect_uri: "https://auth.example.com/api/auth/callback/acme",
        scopes: &[],
        login_hint: None,
        parameters: &[],
    };

    fn options() -> RequestOptions {
        RequestOptions {
            scopes: vec!["openid".to_owned(), "email".to_owned()],
            response_type: "code",
            ..RequestOptions::default()
        }
    }

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        let endpoint = "https://acme.example/authorize?tenant=a%20b&scope=old".parse().unwrap();
        let url = url(&endpoint, "me", &options(), &REQUEST, true);
        assert_eq!(
            url.as_str(),
            "https://acme.example/authorize?tenant=a%20b&response_type=code&client_id=me&state=the-state\
             &scope=openid+email&redirect_uri=https%3A%2F%2Fauth.example.com%2Fapi%2Fauth%2Fcallback%2Facme\
             &nonce=the-nonce&code_challenge_method=S256\
             &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn callers_add_parameters_but_change_none_that_tie_the_response() {
        let parameters: Vec<_> = RESERVED_PARAMETERS
            .iter()
            .chain(&["prompt", "hd"])
            .map(|name| ((*name).to_owned(), "x".to_owned()))
            .collect();
        let options = RequestOptions { prompt: Some("consent".to_owned()), ..options() };
        let request = AuthorizationRequest { parameters: &parameters, ..REQUEST };
        let url = url(&"https://acme.example/".parse().unwrap(), "me", &options, &request, false);
        let changed: Vec<_> =
            url.query_pairs().filter(|(_, value)| value == "x").map(|(name, _)| name.into_owned()).collect();
        assert_eq!(changed, ["prompt", "hd"]);
    }
}
