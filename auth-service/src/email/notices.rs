//! The mails that tell the owner of an account what happened to it, and which of them a deployment sends.

use std::str::FromStr;

use strum::{EnumString, IntoStaticStr, VariantArray};

/// The value of the setting that turns all of them off.
const NONE: &str = "none";

/// What the owner of an account is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Notice {
    /// Somebody signed in on a device that is new to the account.
    NewDevice,
    /// The password was changed or reset.
    PasswordChanged,
    /// The email address was changed.
    EmailChanged,
    /// A way to sign in, or a second factor, was added or removed.
    SignInMethods,
}

/// The notices that are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notices(Vec<Notice>);

impl Notices {
    /// Every notice.
    pub fn all() -> Self {
        Self(Notice::VARIANTS.to_vec())
    }

    /// Whether this notice is sent.
    pub fn contain(&self, notice: Notice) -> bool {
        self.0.contains(&notice)
    }
}

impl FromStr for Notices {
    type Err = String;

    /// Reads a comma-separated list, or `none`. An empty text is an error: it is more often a mistake than a decision to
    /// tell nobody.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim() == NONE {
            return Ok(Self(Vec::new()));
        }
        let notices = text.split(',').map(|name| name.trim().parse::<Notice>().map_err(|_| expected()));
        notices.collect::<Result<_, _>>().map(Self)
    }
}

fn expected() -> String {
    let names: Vec<&str> = Notice::VARIANTS.iter().map(Into::into).collect();
    format!("must be {NONE}, or a comma-separated list of {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_names_the_notices_it_sends() {
        let read = |text: &str| text.parse::<Notices>();
        assert_eq!(read("new-device,password-changed,email-changed,sign-in-methods"), Ok(Notices::all()));
        let some = read(" password-changed , email-changed ").unwrap();
        let sent = |notice| some.contain(notice);
        assert_eq!(
            [Notice::NewDevice, Notice::PasswordChanged, Notice::EmailChanged, Notice::SignInMethods]
                .map(sent),
            [false, true, true, false]
        );
        assert_eq!(read("none"), Ok(Notices(Vec::new())));
        for wrong in ["", ",", "none,new-device", "new-device,", "true", "New-Device"] {
            let error = read(wrong).unwrap_err();
            assert!(
                error.ends_with(
                    "none, or a comma-separated list of new-device, password-changed, email-changed, sign-in-methods"
                )
            );
        }
    }
}
