//! Every value in a text: whole, in parts, and decoded.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

/// The minimum length of a part of a text, in bytes. Passwords have eight characters, and other credentials more.
const SHORTEST_PART: usize = 8;
/// The minimum length of decoded bytes: keys and tokens have 128 bits or more.
const SHORTEST_CODE: usize = 16;
/// How many codes within each other are decoded, such as base64 in a percent-encoded query.
const DEEPEST: usize = 2;
/// Where texts are split, apart from spaces. Each step makes smaller parts: at quotes, at punctuation, in URLs and
/// assignments, and within tokens.
const SEPARATORS: [&str; 4] =
    ["\"'`", "\"'`,;()[]{}<>|\\", "\"'`,;()[]{}<>|\\=:&?#@$/", "\"'`,;()[]{}<>|\\=:&?#@$/.~%+*!"];

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

/// Texts and bytes, each once, with the place where it was found first.
#[derive(Default, Clone)]
pub struct Values {
    pub texts: BTreeMap<String, String>,
    pub bytes: BTreeMap<Vec<u8>, String>,
}

impl Values {
    /// Adds every value in the text of a column or line.
    pub fn read(&mut self, place: &str, text: &str) {
        match serde_json::from_str::<Value>(text) {
            Ok(json @ (Value::Object(_) | Value::Array(_))) => self.read_json(place, &json),
            _ => self.read_text(place, text, 0),
        }
    }

    /// Removes the values in `known`.
    pub fn without(mut self, known: &Self) -> Self {
        self.texts.retain(|text, _| !known.texts.contains_key(text));
        self.bytes.retain(|bytes, _| !known.bytes.contains_key(bytes));
        self
    }

    /// Removes values that differ from another one in numbers alone. A log repeats each message with thousands of times,
    /// durations and ports; no two tokens are so similar.
    pub fn without_other_numbers(mut self) -> Self {
        let mut seen = BTreeSet::new();
        self.texts.retain(|text, _| seen.insert(shape(text)));
        let mut seen = BTreeSet::new();
        self.bytes.retain(|bytes, _| match std::str::from_utf8(bytes) {
            Ok(text) => seen.insert(shape(text)),
            Err(_) => true,
        });
        self
    }

    fn read_json(&mut self, place: &str, json: &Value) {
        match json {
            Value::Object(members) => {
                for (name, value) in members {
                    self.read_text(place, name, 0);
                    self.read_json(&format!("{place}, {name}"), value);
                }
            }
            Value::Array(elements) => elements.iter().for_each(|element| self.read_json(place, element)),
            Value::String(text) => self.read(place, text),
            Value::Null => {}
            other => self.read_text(place, &other.to_string(), 0),
        }
    }

    fn read_text(&mut self, place: &str, text: &str, depth: usize) {
        self.add(place, text, depth);
        for separators in SEPARATORS {
            let parts = text.split(|char: char| char.is_whitespace() || separators.contains(char));
            let parts = parts.flat_map(|part| [part, assigned(part), part.trim_matches(is_punctuation)]);
            for part in parts.filter(|part| part.len() >= SHORTEST_PART) {
                self.add(place, part, depth);
            }
        }
    }

    /// Adds one value, and what it decodes to.
    fn add(&mut self, place: &str, text: &str, depth: usize) {
        if text.is_empty() || self.texts.contains_key(text) {
            return;
        }
        self.texts.insert(text.to_owned(), place.to_owned());
        self.bytes.entry(text.into()).or_insert_with(|| place.to_owned());
        if depth == DEEPEST {
            return;
        }
        if text.contains('%') {
            let decoded = url::form_urlencoded::parse(text.as_bytes());
            decoded.for_each(|(name, value)| {
                self.read_text(place, &name, depth + 1);
                self.read_text(place, &value, depth + 1);
            });
        }
        for (code, bytes) in decoded(text) {
            self.add_bytes(&format!("{place}, {code}"), bytes, depth + 1);
        }
    }

    /// Adds bytes, and the texts that encode them.
    fn add_bytes(&mut self, place: &str, bytes: Vec<u8>, depth: usize) {
        if self.bytes.contains_key(&bytes) {
            return;
        }
        match std::str::from_utf8(&bytes) {
            Ok(text) if !text.contains(char::is_control) => self.read_text(place, text, depth),
            _ => {}
        }
        // A token is random bytes in base64. Its hash in base64 must not be accepted in its place.
        for text in [URL_SAFE_NO_PAD.encode(&bytes), STANDARD.encode(&bytes), hex(&bytes)] {
            self.texts.entry(text).or_insert_with(|| format!("{place}, encoded again"));
        }
        self.bytes.insert(bytes, place.to_owned());
    }
}

/// The value in `name=value` or `name:value`, whole: base64 has separators of its own.
fn assigned(part: &str) -> &str {
    part.split_once(['=', ':']).map_or(part, |(_, value)| value)
}

fn is_punctuation(char: char) -> bool {
    char.is_ascii_punctuation()
}

/// A text with each number in it as one digit.
fn shape(text: &str) -> String {
    let mut shape = String::new();
    for char in text.chars().map(|char| if char.is_ascii_digit() { '0' } else { char }) {
        if char != '0' || !shape.ends_with('0') {
            shape.push(char);
        }
    }
    shape
}

/// The bytes that a text encodes, and how: as `bytea`, hexadecimal digits, or either form of base64.
fn decoded(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut found = Vec::new();
    // An id reads as base64url, too, and each request has one.
    if is_uuid(text) {
        return found;
    }
    let digits = text.strip_prefix("\\x").unwrap_or(text);
    if let Some(bytes) = from_hex(digits) {
        found.push(("as hexadecimal digits", bytes));
    }
    for alphabet in [&alphabet::STANDARD, &alphabet::URL_SAFE] {
        let decode = GeneralPurpose::new(alphabet, LENIENT).decode(text);
        found.extend(decode.ok().map(|bytes| ("as base64", bytes)));
    }
    found.retain(|(_, bytes)| bytes.len() >= SHORTEST_CODE);
    found
}

/// Whether a text is a UUID as it is written everywhere.
fn is_uuid(text: &str) -> bool {
    let groups = text.split('-').map(str::len);
    groups.eq([8, 4, 4, 4, 12]) && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    (digits.len().is_multiple_of(2)).then(|| pairs.map(byte).collect::<Option<Vec<u8>>>())?
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
