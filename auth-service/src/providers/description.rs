//! How a provider is described: the JSON of the setting, before anything is checked.

use std::fmt;

use secrecy::SecretString;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// One text, or several.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// A text that is never shown.
pub(super) struct Secret(pub(super) SecretString);

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(text.into()))
    }
}

/// The options of a provider.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Options {
    pub(super) name: Option<String>,
    pub(super) client_id: OneOrMany,
    pub(super) client_secret: Option<Secret>,
    pub(super) prompt: Option<String>,
    #[serde(rename = "redirectURI")]
    pub(super) redirect_uri: Option<String>,
    #[serde(default)]
    pub(super) disable_sign_up: bool,
    #[serde(default)]
    pub(super) disable_implicit_sign_up: bool,
    #[serde(default)]
    pub(super) disable_id_token_sign_in: bool,
    #[serde(default)]
    pub(super) allow_private_network: bool,
    #[serde(default, alias = "scopes")]
    pub(super) scope: Vec<String>,
    #[serde(default)]
    pub(super) disable_default_scope: bool,
    pub(super) hd: Option<String>,
    pub(super) access_type: Option<String>,
    pub(super) app_bundle_identifier: Option<String>,
    pub(super) tenant_id: Option<String>,
    pub(super) authority: Option<String>,
    #[serde(alias = "authorizationUrl")]
    pub(super) authorization_endpoint: Option<String>,
    #[serde(alias = "tokenUrl")]
    pub(super) token_endpoint: Option<String>,
    #[serde(alias = "userInfoUrl")]
    pub(super) user_info_endpoint: Option<String>,
    pub(super) emails_endpoint: Option<String>,
    pub(super) jwks_uri: Option<String>,
    pub(super) discovery_url: Option<String>,
    pub(super) authentication: Option<Authentication>,
    #[serde(default)]
    pub(super) authorization_url_params: Map<String, Value>,
    pub(super) response_mode: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Authentication {
    Post,
    Basic,
}

/// The members of an object in their order, which is that of the buttons on a sign-in page.
pub(super) struct Described(pub(super) Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Described {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Described;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Described, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Described(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}
