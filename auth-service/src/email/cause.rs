//! What a notice says about the request that caused it: when it was sent, from where and by which program.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use service_kit::headers::for_display;

use crate::limits::MailRequester;

/// The browsers that are named, by a part of their `User-Agent`. Those that contain the name of another come first.
const BROWSERS: [(&str, &str); 9] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("Mozilla/", "a browser"),
];
/// The systems that are named, in the same way.
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];
/// Maximum length of the name of another program: enough to recognize it, too little for a message.
const MAX_PROGRAM: usize = 24;
const UNKNOWN: &str = "unknown";

/// The request that caused a notice.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Cause {
    at: Timestamp,
    address: Option<IpAddr>,
    device: String,
}

impl Cause {
    /// The request of `requester` at the time `now`.
    pub(super) fn new(requester: &MailRequester<'_>, now: Timestamp) -> Self {
        let device = requester.user_agent.map(|value| device_name(&for_display(value)));
        let device = device.unwrap_or_else(|| UNKNOWN.to_owned());
        Self { at: now, address: requester.address, device }
    }

    /// Labels and values, as the mail lists them.
    pub(super) fn facts(&self) -> [(&'static str, String); 3] {
        let address = self.address.map_or_else(|| UNKNOWN.to_owned(), |address| address.to_string());
        let time = self.at.strftime("%-d %B %Y, %H:%M UTC").to_string();
        [("Time", time), ("IP address", address), ("Device", self.device.clone())]
    }
}

/// Names the browser and the system of a `User-Agent`, such as `Firefox on Linux`, or the program that it begins with. The
/// client can send any text, so nothing of it is repeated but a short word, which is neither a link nor a sentence.
fn device_name(user_agent: &str) -> String {
    let named = |names: &[(&str, &'static str)]| {
        names.iter().find(|(part, _)| user_agent.contains(part)).map(|(_, name)| *name)
    };
    let is_of_program = |character: &char| character.is_ascii_alphanumeric() || "-_".contains(*character);
    let program = || user_agent.chars().take_while(is_of_program).take(MAX_PROGRAM).collect::<String>();
    let program = named(&BROWSERS).map_or_else(program, str::to_owned);
    match (program.as_str(), named(&SYSTEMS)) {
        ("", None) => UNKNOWN.to_owned(),
        ("", Some(system)) => system.to_owned(),
        (_, None) => program,
        (_, Some(system)) => format!("{program} on {system}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_named_by_its_browser_and_system() {
        for (user_agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 \
                 Safari/537.36 Edg/126.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 \
                 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile \
                 Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 CriOS/126.0 Mobile/15E148 Safari/604.1",
                "Chrome on iPhone",
            ),
            ("Mozilla/5.0 (compatible)", "a browser"),
            ("curl/8.5.0", "curl"),
            ("python-requests/2.32.3", "python-requests"),
            ("okhttp/4.12.0 Android", "okhttp on Android"),
            ("", "unknown"),
            ("(Windows)", "Windows"),
        ] {
            assert_eq!(device_name(user_agent), name, "{user_agent}");
        }
    }

    #[test]
    fn of_any_other_text_a_short_word_remains() {
        for (user_agent, name) in [
            ("https://evil.example/login", "https"),
            ("evil.example", "evil"),
            ("Call 555-0100 now", "Call"),
            ("<img src=x onerror=alert(1)>", "unknown"),
            ("\u{202e}elpmaxe.live", "unknown"),
            ("Your-account-is-locked-visit-us-now-or-lose-it", "Your-account-is-locked-v"),
        ] {
            assert_eq!(device_name(user_agent), name, "{user_agent}");
        }
    }
}
