//! The emails that users receive.

use std::fmt;

use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use super::notices::Notice;
use crate::codes::Purpose;

/// An email to a user, by its occasion. Links are absolute and built from `BASE_URL` only. `Debug` shows no links, no codes
/// and no email addresses.
#[derive(Clone, Copy, Serialize, Deserialize, IntoStaticStr, VariantNames)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Message<'a> {
    /// Asks the user to verify the email address of a sign-up.
    VerifyEmail {
        /// The link that verifies the email address.
        link: &'a str,
    },
    /// Asks at the current email address whether to change it.
    ConfirmEmailChange {
        /// The requested email address.
        new_email: &'a str,
        /// The link that confirms the change.
        link: &'a str,
    },
    /// Asks at the new email address to verify it, which completes the change.
    VerifyNewEmail {
        /// The link that verifies the new email address.
        link: &'a str,
    },
    /// Reports a sign-in on a device that is new to the account.
    NewDevice,
    /// Reports at the previous email address that it was changed.
    EmailChanged {
        /// The new email address.
        new_email: &'a str,
    },
    /// Sends a link to set a new password.
    ResetPassword {
        /// The link to set a new password.
        link: &'a str,
    },
    /// Reports that the password was changed.
    PasswordChanged,
    /// Reports that an account at an identity provider can sign in.
    SignInMethodAdded {
        /// The name of the provider.
        method: &'a str,
    },
    /// Reports that an account at an identity provider, or the password, cannot sign in any more.
    SignInMethodRemoved {
        /// The name of the provider, or the password.
        method: &'a str,
    },
    /// Sends a code that proves the second factor of a sign-in.
    SecondFactorCode {
        /// The code.
        code: &'a str,
    },
    /// Reports that a sign-in asks for a second factor from now on.
    SecondFactorAdded,
    /// Reports that a sign-in no longer asks for a second factor.
    SecondFactorRemoved,
    /// Reports a sign-in with a backup code.
    BackupCodeUsed,
    /// Asks the user to confirm the deletion of the account.
    DeleteAccount {
        /// The link that deletes the account.
        link: &'a str,
    },
    /// Sends a link that signs in.
    MagicLink {
        /// The link.
        link: &'a str,
    },
    /// Sends a code to type in.
    EmailCode {
        /// The code.
        code: &'a str,
        /// What the code is for.
        purpose: Purpose,
    },
    /// Reports a sign-up with the email address of an existing account.
    AccountExists,
}

impl Message<'_> {
    /// The names of all occasions in the log.
    pub const OCCASIONS: &'static [&'static str] = <Self as VariantNames>::VARIANTS;

    /// The name of the occasion in the log.
    pub fn occasion(&self) -> &'static str {
        self.into()
    }

    /// What the email reports to the owner of the account, if it does. Such notices have rate limits of their own, so
    /// that emails that anyone can request do not suppress them.
    pub(super) fn notice(&self) -> Option<Notice> {
        match self {
            Self::NewDevice => Some(Notice::NewDevice),
            Self::PasswordChanged => Some(Notice::PasswordChanged),
            Self::EmailChanged { .. } => Some(Notice::EmailChanged),
            Self::SignInMethodAdded { .. }
            | Self::SignInMethodRemoved { .. }
            | Self::SecondFactorAdded
            | Self::SecondFactorRemoved
            | Self::BackupCodeUsed => Some(Notice::SignInMethods),
            Self::VerifyEmail { .. }
            | Self::ConfirmEmailChange { .. }
            | Self::VerifyNewEmail { .. }
            | Self::ResetPassword { .. }
            | Self::DeleteAccount { .. }
            | Self::SecondFactorCode { .. }
            | Self::MagicLink { .. }
            | Self::EmailCode { .. }
            | Self::AccountExists => None,
        }
    }
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.occasion())
    }
}

#[cfg(test)]
mod tests {
    use insta::{assert_snapshot, with_settings};

    use jiff::SignedDuration;

    use super::super::cause::Cause;
    use super::super::layout::{Action, Fact};
    use super::*;
    use crate::client_address::Network;
    use crate::limits::MailRequester;
    use strum::VariantArray;

    const LINK: &str =
        "https://auth.example.com/api/auth/verify-email?token=7Qm0Zk3sZ8vX&callbackURL=%2Fa%3Fb%3Dc%26d";

    const CODE: &str = "012345";

    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    fn all(link: &str) -> Vec<Message<'_>> {
        let new_email = "new@example.org";
        let codes =
            Purpose::VARIANTS.iter().map(|purpose| Message::EmailCode { code: CODE, purpose: *purpose });
        let others = [
            Message::VerifyEmail { link },
            Message::ConfirmEmailChange { new_email, link },
            Message::VerifyNewEmail { link },
            Message::NewDevice,
            Message::EmailChanged { new_email },
            Message::ResetPassword { link },
            Message::PasswordChanged,
            Message::SignInMethodAdded { method: "Google" },
            Message::SignInMethodRemoved { method: "Google" },
            Message::SecondFactorCode { code: CODE },
            Message::SecondFactorAdded,
            Message::SecondFactorRemoved,
            Message::BackupCodeUsed,
            Message::DeleteAccount { link },
            Message::MagicLink { link },
            Message::AccountExists,
        ];
        others.into_iter().chain(codes).collect()
    }

    /// The name of a snapshot.
    fn name(message: Message<'_>) -> String {
        match message {
            Message::EmailCode { purpose, .. } => format!("{}-{}", message.occasion(), purpose.as_str()),
            _ => message.occasion().to_owned(),
        }
    }

    /// The facts in a notice that a request from `user_agent` caused.
    fn facts(message: Message<'_>, user_agent: &'static str) -> Vec<Fact> {
        let value = actix_web::http::header::HeaderValue::from_static(user_agent);
        let address = Some("203.0.113.7".parse().unwrap());
        let requester = MailRequester {
            address,
            user_agent: Some(&value),
            ..MailRequester::new(Network::of(address), None)
        };
        let cause = Cause::new(&requester, "2026-03-01T09:05:59Z".parse().unwrap());
        message.notice().map(|_| cause.facts().to_vec()).unwrap_or_default()
    }

    #[test]
    fn each_is_as_reviewed_in_text_and_html() {
        for message in all(LINK) {
            let mail_text = message.mail_text("Example", HOUR);
            let facts =
                facts(message, "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0");
            let text = format!("Subject: {}\n\n{}", mail_text.subject, mail_text.text_body(&facts));
            with_settings!({ snapshot_path => "snapshots", omit_expression => true }, {
                assert_snapshot!(format!("{}.txt", name(message)), text);
                assert_snapshot!(format!("{}.html", name(message)), mail_text.html_body("Example", &facts));
            });
        }
    }

    #[test]
    fn each_explains_what_to_do_if_it_was_not_requested_and_how_long_its_link_is_valid() {
        for message in all(LINK) {
            let text = message.mail_text("Example", HOUR).text_body(&[]);
            assert!(text.contains("\n\nIf "), "{text}");
            assert_eq!(text.contains("This link expires in one hour"), text.contains(LINK), "{text}");
            assert_eq!(text.contains("This code expires in one hour"), text.contains(CODE), "{text}");
        }
    }

    #[test]
    fn a_long_link_is_on_one_line_of_its_own() {
        let link = format!("{LINK}{}", "%2Fdeep".repeat(200));
        for message in all(&link) {
            let mail_text = message.mail_text("Example", HOUR);
            let (text, html) = (mail_text.text_body(&[]), mail_text.html_body("Example", &[]));
            let is_link = matches!(mail_text.action, Action::Link(..));
            assert_eq!(text.lines().any(|line| line == link), is_link, "{text}");
            let href = format!("href=\"{}\"", link.replace('&', "&amp;"));
            assert_eq!(html.contains(&href), is_link, "{html}");
        }
    }

    #[test]
    fn what_comes_from_users_and_settings_is_no_markup_and_no_line_of_its_own() {
        let new_email =
            "<img src=x onerror=alert(1)>\"'&\r\nBcc: eve@example.com\r\n\r\n\u{202e}https://evil.example";
        let whole = "&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;";
        for (message, shown) in [
            (Message::EmailChanged { new_email }, "&lt;***@"),
            (Message::ConfirmEmailChange { new_email, link: LINK }, whole),
        ] {
            let mail_text = message.mail_text("A <b>&amp;", HOUR);
            let facts = [("Device", new_email.to_owned())];
            let (text, html) = (mail_text.text_body(&facts), mail_text.html_body("A <b>", &facts));
            assert!(!html.contains("<img") && !html.contains("<b>"), "{html}");
            assert!(html.contains(shown) && html.contains(whole), "{html}");
            assert!(
                text.lines().all(|line| !line.starts_with("Bcc") && !line.starts_with("https://evil")),
                "{text}"
            );
            assert!(!text.contains('\u{202e}') && !html.contains('\u{202e}'), "it changes no text direction");
        }
    }

    #[test]
    fn a_notice_has_no_link_and_nothing_of_the_client_that_could_be_one() {
        let new_email = "new@evil.example";
        for message in [Message::NewDevice, Message::PasswordChanged, Message::EmailChanged { new_email }] {
            let facts = facts(message, "https://evil.example/<b>Click-here</b>");
            let mail_text = message.mail_text("Example", HOUR);
            let bodies = mail_text.text_body(&facts) + &mail_text.html_body("Example", &facts);
            for part in ["evil", "://", "href", "Click", "<b>", "token", new_email] {
                assert!(!bodies.contains(part), "{part}: {bodies}");
            }
            for fact in ["1 March 2026, 09:05 UTC", "203.0.113.7"] {
                assert_eq!(bodies.matches(fact).count(), 2, "{bodies}");
            }
        }
    }

    #[test]
    fn the_mail_of_a_code_has_the_code_on_a_line_of_its_own_and_no_link() {
        for purpose in Purpose::VARIANTS {
            let message = Message::EmailCode { code: CODE, purpose: *purpose };
            let mail_text = message.mail_text("Example", HOUR);
            let (text, html) = (mail_text.text_body(&[]), mail_text.html_body("Example", &[]));
            assert!(text.lines().any(|line| line == CODE), "{text}");
            assert!(html.contains(&format!(">{CODE}<")), "{html}");
            for part in ["://", "href"] {
                assert!(!text.contains(part) && !html.contains(part), "{text}{html}");
            }
            assert!(!mail_text.subject.contains(CODE), "a locked screen shows subjects");
        }
    }

    #[test]
    fn debug_output_shows_no_secret() {
        for message in all(LINK) {
            let printed = format!("{message:?}");
            assert!(
                !printed.contains("token") && !printed.contains('@') && !printed.contains(CODE),
                "{printed}"
            );
        }
    }

    #[test]
    fn each_survives_a_serialization_round_trip() {
        for message in all("https://a.example/?q=\"\\\u{e9}") {
            let json = serde_json::to_value(message).unwrap();
            let read = Message::deserialize(&json).unwrap();
            assert_eq!(read.mail_text("P", HOUR).text_body(&[]), message.mail_text("P", HOUR).text_body(&[]));
        }
    }
}
