//! Who needs a second factor, and where it is asked for.

use std::str::FromStr;

use jiff::SignedDuration;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::users::{User, UserFields};

/// The value of a setting that names nobody.
const NOBODY: &str = "nobody";
/// The value of a setting that names all users.
const EVERYBODY: &str = "everybody";
/// The additional field of users with their roles, as in Better Auth's plugin `admin`: separated by commas.
pub const ROLE: &str = "role";

/// The rules of a deployment.
#[derive(Debug, Clone)]
pub struct TwoFactorSettings {
    /// Whether users can have a second factor, and are asked for it.
    pub enabled: bool,
    /// Who must have one.
    pub required: Required,
    /// The ways to sign in that do not ask for one.
    pub exempt: ExemptWays,
    /// The name in authenticator apps.
    pub issuer: String,
    /// The path of the page that asks for the code, for sign-ins that redirect.
    pub page: String,
    /// How long a device is trusted after its last sign-in.
    pub device_ttl: SignedDuration,
}

/// The users who must have a second factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Required {
    Nobody,
    Everybody,
    /// Users with one of these roles.
    Roles(Vec<String>),
}

impl Required {
    /// Whether `user` must have one.
    pub fn includes(&self, user: &User, fields: &UserFields) -> bool {
        match self {
            Self::Nobody => false,
            Self::Everybody => true,
            Self::Roles(required) => {
                let field = fields.find(ROLE);
                let value = field.and_then(|field| field.value(&user.fields));
                let roles = value.and_then(serde_json::Value::as_str).unwrap_or_default();
                roles.split(',').any(|role| required.iter().any(|name| name == role.trim()))
            }
        }
    }
}

impl FromStr for Required {
    type Err = String;

    /// Reads `nobody`, `everybody` or a comma-separated list of roles.
    fn from_str(text: &str) -> Result<Self, String> {
        let names: Vec<_> = text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        match names.as_slice() {
            [] => Err(format!("must be {NOBODY}, {EVERYBODY}, or roles, comma-separated")),
            [NOBODY] => Ok(Self::Nobody),
            [EVERYBODY] => Ok(Self::Everybody),
            names if names.contains(&NOBODY) || names.contains(&EVERYBODY) => {
                Err(format!("{NOBODY} and {EVERYBODY} stand alone"))
            }
            names => Ok(Self::Roles(names.iter().map(|name| (*name).to_owned()).collect())),
        }
    }
}

/// A way to sign in that a deployment can exempt. The password is none of them: then nothing would ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum ExemptWay {
    /// At an identity provider.
    Social,
    /// By a link in a mail.
    MagicLink,
    /// By a code in a mail.
    EmailOtp,
    /// By verifying the email.
    VerifiedEmail,
}

/// The ways to sign in that do not ask for a second factor. The default is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExemptWays(Vec<ExemptWay>);

impl ExemptWays {
    /// Whether this way does not ask.
    pub fn contain(&self, way: ExemptWay) -> bool {
        self.0.contains(&way)
    }
}

impl FromStr for ExemptWays {
    type Err = String;

    /// Reads a comma-separated list, which may be empty.
    fn from_str(text: &str) -> Result<Self, String> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        let known: Vec<&str> = ExemptWay::VARIANTS.iter().map(Into::into).collect();
        let read = |name: &str| {
            name.parse()
                .map_err(|_| format!("{name}: must be a comma-separated list of {}", known.join(", ")))
        };
        names.map(read).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_must_have_one_is_named() {
        let read = |text: &str| text.parse::<Required>();
        assert_eq!(read("nobody"), Ok(Required::Nobody));
        assert_eq!(read("everybody"), Ok(Required::Everybody));
        assert_eq!(
            read(" admin , owner "),
            Ok(Required::Roles(vec!["admin".to_owned(), "owner".to_owned()]))
        );
        for wrong in ["", ",", "nobody,admin", "everybody,nobody"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn exempt_ways_are_named_and_the_password_is_none() {
        let read = |text: &str| text.parse::<ExemptWays>();
        assert_eq!(read(""), Ok(ExemptWays::default()));
        let some = read("social, verified-email").unwrap();
        assert!(some.contain(ExemptWay::Social) && some.contain(ExemptWay::VerifiedEmail));
        assert!(!read("social").unwrap().contain(ExemptWay::VerifiedEmail));
        for wrong in ["password", "sign-in", "Social", "social;verified-email"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
